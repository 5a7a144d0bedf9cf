// SPDX-License-Identifier: GPL-2.0-or-later
// lab: runs one machine (device model, QEMU, guest) and brings back what six independent witnesses saw of its disks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/sector.h"

namespace rogate::lab {

/// What a command is meant to do, as the guest's command table has it.
/// `change`: changes an image without writing data of the guest's (a snapshot, another size).
/// `recheck` is no command: a written place that held something else when it was read again at the end.
enum class CommandClass { identify, read, verify, write, trim, flush, absent, setup, change, recheck };

/// One command the guest gave to one disk, with the registers as it found them; the guest does not judge.
struct GuestCommand {
    std::string disk;                        ///< bus address as the guest names it: ide0.1
    CommandClass command_class = CommandClass::read;
    std::string name;                        ///< WRITE_DMA
    std::string protocol;                    ///< pio, dma, ...
    unsigned opcode = 0;
    uint64_t lba = 0;                        ///< first sector
    unsigned sectors = 0;
    std::optional<uint64_t> source;          ///< of a copy: first sector of what it copies within the disk
    std::string kind = "ata";                ///< of the disk: ata, atapi, scsi, scsi-cd, virtio, nvme, floppy; of a
                                             ///< host's own: monitor, tool
    unsigned status = 0;                     ///< raw: what it is depends on the kind, see accepted()
    unsigned error = 0;                      ///< raw: ATA error register, SCSI transport's answer, floppy ST1
    std::string sense;                       ///< hex: key, asc, ascq of SCSI and ATAPI; floppy ST2; empty = none
    std::optional<unsigned> bus_master;      ///< bus master status, DMA only
    bool timed_out = false;                  ///< the device did not finish in the guest's own time limit
    std::string read_back;                   ///< writes: new, old, same (new is old), zero, other, none
    std::optional<uint32_t> crc;             ///< CRC-32 of the data read, or of the read-back

    /// The device said in time that it was done. ATA: neither ERR nor DF in the status; ATAPI: no CHECK; SCSI: status GOOD
    /// and nothing wrong below it; virtio: S_OK; NVMe: status code type and code 0; floppy: interrupt code of ST0 is 0;
    /// monitor: errno 0; tool: exit status 0.
    /// Never of a kind that is unknown. Sources: ATA-6 7.15, SAM-4 5.3.1, virtio 1.1 5.2.6, NVMe 1.4 4.6.1, 82077AA 6.2.
    [[nodiscard]] bool accepted() const;
    [[nodiscard]] bool changes_data() const
    {
        return command_class == CommandClass::write || command_class == CommandClass::trim;
    }
    [[nodiscard]] bool changes_image() const { return changes_data() || command_class == CommandClass::change; }
};

struct GuestDisk {
    std::string id;       ///< ide0.1
    unsigned index = 0;
    std::string kind;     ///< as in GuestCommand
    uint64_t sectors = 0;
    std::string model;
};

/// What the guest said, whole. A guest that stopped in the middle has `complete` false.
struct GuestReport {
    std::string nonce;                   ///< 16 hex digits
    bool writes_enabled = true;
    std::vector<GuestDisk> disks;
    std::vector<GuestCommand> commands;
    bool complete = false;               ///< the `end` line came and its counts agree
    std::string problem;                 ///< a panic line, or what is wrong with the report; empty when fine
};

/// One request that reached the block layer, from nbdkit's log filter.
struct WireRequest {
    std::string export_name;
    std::string operation;               ///< Read, Write, Flush, Trim, Zero, ...
    uint64_t offset_bytes = 0;
    uint64_t count_bytes = 0;
    bool answered = false;
    std::string error;                   ///< errno's name, empty = success

    [[nodiscard]] bool succeeded() const { return answered && error.empty(); }
    [[nodiscard]] bool changes_data() const
    {
        return operation == "Write" || operation == "Trim" || operation == "Zero";
    }
};

/// An image file open in the device model, or mapped into it.
struct OpenFile {
    std::string file;                    ///< relative to the disk's folder
    bool writable = false;
    bool mapping = false;                ///< a shared mapping, not a descriptor
    std::string detail;                  ///< "fd 7 O_RDWR", "mapped rw-s"

    bool operator==(const OpenFile&) const = default;
};

/// An inotify event of the disk's folder.
struct KernelEvent {
    std::string file;
    std::string what;                    ///< CLOSE_WRITE, MODIFY, ATTRIB, CREATE, DELETE, MOVED_FROM, MOVED_TO, OVERFLOW

    bool operator==(const KernelEvent&) const = default;
};

/// One file of the image's chain, before and after.
struct FileEvidence {
    std::string file;
    bool backing = false;                ///< not the active image
    std::string digest_before;           ///< hex SHA-256, see image/digest.h
    std::string digest_after;            ///< empty when the file is gone
    std::vector<image::SectorRange> changed;    ///< 512-byte sectors of the file, not of the guest's disk
    std::vector<std::string> stat_changes;  ///< "mtime", "size 100 -> 200", ...

    [[nodiscard]] bool content_changed() const { return digest_before != digest_after; }
};

/// What the independent reader found on a read-write disk.
struct ReaderEvidence {
    std::string command;                 ///< empty when the file itself was read
    std::string failure;                 ///< why there is no content to compare; empty = compared
    std::vector<image::SectorRange> wrong;      ///< sectors that are not what they should be
};

/// How a process of the machine ended.
struct ProcessEvidence {
    std::vector<std::string> argv;
    std::string ending;                  ///< "exit status 33", "killed by SIGSEGV", ...
    int exit_status = -1;
    int signal = 0;
    bool timed_out = false;
    std::string stderr_text;
};

/// All that one case left behind. The verdict follows from it and from nothing else.
struct Evidence {
    std::string case_id;
    std::string subject;                 ///< tree id
    std::string nonce;
    bool wish_expressible = true;        ///< the subject has a word for what the configuration asks
    std::string environment_error;       ///< the lab itself failed; empty = the rest is valid
    std::string environment_hint;
    std::string subject_refusal;         ///< the device model would not start with this disk: its words
    ProcessEvidence device_model;
    ProcessEvidence qemu;
    std::string disk;                    ///< the guest's name of this case's disk
    unsigned disk_index = 0;             ///< its number in payloads, as the guest told it
    std::string export_name;
    std::vector<std::string> company;    ///< the other cases in the same machine
    bool guest_complete = false;
    std::string guest_problem;
    std::string console;                 ///< the whole report as the guest sent it
    std::vector<GuestCommand> commands;  ///< of this disk only
    std::vector<WireRequest> requests;   ///< of this export only
    std::vector<OpenFile> open_files;
    std::vector<KernelEvent> events;
    std::vector<FileEvidence> files;
    std::optional<ReaderEvidence> reader;  ///< read-write cases only
    uint64_t duration_us = 0;            ///< of the machine, start of the device model to its end
};

}  // namespace rogate::lab
