// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace rogate::lab {

/// What a machine with the Linux guest (guests/linux) is made of.
struct LinuxFiles {
    std::filesystem::path qemu;
    std::filesystem::path vmlinux;
    std::filesystem::path initramfs;
    std::string identity;  ///< digests of the two, as their build wrote them
};

/// The guest that was built into `folder`. Errors: not_found, with what brings it.
Result<LinuxFiles> linux_files(const std::filesystem::path& qemu, const std::filesystem::path& folder);

/// A disk as a machine has it: what its devices call it, and how large it is.
struct LinuxDisk {
    std::string node;  ///< name of its -blockdev
    uint64_t bytes = 0;
};

/// QEMU's words for a node that holds zeros and forgets what is written.
std::vector<std::string> empty_disk_words(const LinuxDisk& disk);

/// All that must be the same in a machine and in the template that it is restored from.
struct LinuxShape {
    std::vector<std::string>
        devices;                   ///< QEMU's words for controllers and disks: "-device", "scsi-hd,...,drive=NODE", ...
    std::vector<LinuxDisk> disks;  ///< in the order of their devices
    std::string needs;             ///< what the guest loads modules for, with commas: "lsi,uhci,fs"; empty = all it has
};

/// Whether machines of this shape can be saved and restored; QEMU 7.2 marks its nvme as one that cannot migrate.
bool can_restore(const LinuxShape& shape);

/// What a template of the shape is named by: the guest, the QEMU, the words, the sizes; not the names of nodes.
/// Errors: not_found when QEMU is not there.
Result<std::string> shape_key(const LinuxFiles& files, const LinuxShape& shape);

/// How a machine comes up.
enum class LinuxStart {
    boot,     ///< from its kernel
    save,     ///< likewise, with its memory in the file `ram`, to become a template
    restore,  ///< from a template, whose memory `ram` is; the file stays as it is
};

/// The descriptors under which QEMU finds its two channels: the order in which they are handed over (Spec::pass_fds).
inline constexpr int kMonitorFd = 3;
inline constexpr int kConsoleFd = 4;

/// QEMU's command line. `disk_words` makes the nodes that the shape's devices name ("-blockdev", ...). A machine that
/// resets ends instead, unless `resets`.
std::vector<std::string> linux_words(const LinuxFiles& files, const LinuxShape& shape, LinuxStart start,
                                     const std::filesystem::path& ram, const std::vector<std::string>& disk_words,
                                     bool resets = false);

}  // namespace rogate::lab
