// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "image/recipe.h"
#include "image/state.h"
#include "lab/bus.h"
#include "lab/evidence.h"

namespace rogate::lab {

class XenStore;

/// The programs and files a machine is made of; all absolute.
struct Tools {
    std::filesystem::path nbdkit;
    std::filesystem::path qemu;
    std::filesystem::path guest;           ///< the probe's ELF file
    std::vector<std::string> guest_words;  ///< put behind the nonce on the guest's command line
    std::filesystem::path linux_guest;     ///< the folder of the Linux guest
    std::filesystem::path cache;           ///< keeps the templates that it is restored from
};

/// A golden image and what the witnesses say of it before anything is done to a copy.
struct Original {
    image::Golden golden;
    std::vector<image::FileWitness> files;
};

/// How a disk is told to the device model.
enum class Configuration {
    drive,      ///< -drive file=..,if=..
    hda,        ///< -hda FILE..-hdd FILE
    cdrom,      ///< -cdrom FILE
    fda,        ///< -fda FILE, -fdb FILE
    usbdevice,  ///< -usbdevice disk:FILE
    board,      ///< a file of the fixed name that the board's SCSI adapter takes for its disk
    board_cd,   ///< the same, for its CD
    xenstore,   ///< a disk of a domain
};

/// What a domain's disk says of itself in xenstore.
struct XenWords {
    std::optional<std::string> mode;        ///< nothing = the key is left out
    bool cdrom = false;                     ///< `device-type`
    enum class Params { file, phy, tap, phantom } params = Params::file;  ///< `type`; or the device of a phantom
    const Original* first_medium = nullptr; ///< what is in the drive at first; the case's image comes by a change of
                                            ///< `params` while the device model runs; null = the image is there at once
};

/// One disk of a device model: one case.
struct Disk {
    std::string case_id;                 ///< empty for a companion that is not under test
    const Original* original = nullptr;  ///< what its image is a copy of; outlives the machine
    Configuration configuration = Configuration::drive;
    std::string slot;                    ///< its place in the device model and the name of its export: hda, sdb, fda, usb0
    bool read_only = false;              ///< the wish put into the configuration, where it has a word for it
    bool snapshot = false;               ///< writes go to a temporary file of the device model's; but for
                                         ///< Configuration::drive the same for all disks of a device model
    XenWords xen = {};
    const Bus* bus = nullptr;            ///< where it hangs in QEMU
    size_t place = 0;                    ///< on that bus, unique in the machine within the bus's pool
};

/// One built subject serving disks: one nbdkit.
struct DeviceModel {
    std::filesystem::path bridge;      ///< the subject's nbdkit plugin
    std::filesystem::path image_tool;  ///< the subject's ioemu-img, for GuestKind::image_tool
    std::string subject;               ///< its tree id, for the evidence
    bool knows_ro = false;             ///< its -drive has a word for read-only
    bool knows_usb_ro = false;         ///< its -usbdevice has one
    XenStore* xenstore = nullptr;      ///< for Configuration::xenstore; outlives the machine
    std::vector<Disk> disks;
};

/// One guest with the disks of one or more device models; all of their buses have the same GuestKind.
struct Machine {
    std::vector<DeviceModel> models;
    std::chrono::milliseconds deadline{20'000};
    bool keep = false;  ///< its folder stays: the command lines go there too, in the file by-hand
};

/// Copies the images below `folder` (an empty folder of the machine's own), runs the machine and asks the witnesses.
/// Returns one Evidence a disk, in order of the device models and their disks; whatever goes wrong in the lab itself is
/// told in environment_error.
/// Thread safe for different folders; the calling thread must outlive the call's programs, which end with it.
std::vector<Evidence> run_machine(const Tools& tools, const Machine& machine, const std::filesystem::path& folder);

}  // namespace rogate::lab
