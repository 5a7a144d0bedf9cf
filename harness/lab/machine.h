// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "image/recipe.h"
#include "image/state.h"
#include "lab/evidence.h"

namespace rogate::lab {

class XenStore;

/// The programs and files a machine is made of; all absolute.
struct Tools {
    std::filesystem::path nbdkit;
    std::filesystem::path qemu;
    std::filesystem::path guest;           ///< the probe's ELF file
    std::vector<std::string> guest_words;  ///< put behind the nonce on the guest's command line
};

/// A golden image and what the witnesses say of it before anything is done to a copy.
struct Original {
    image::Golden golden;
    std::vector<image::FileWitness> files;
};

/// One disk of a machine: one case.
struct Disk {
    std::string case_id;
    const Original* original = nullptr;  ///< what its image is a copy of; outlives the machine
    bool read_only = false;              ///< the wish put into the configuration
    bool without_mode = false;           ///< Configuration::xenstore: the key that holds the wish is left out
    bool snapshot = false;               ///< writes go to a temporary file of the device model's; but for
                                         ///< Configuration::drive the same for all disks of a machine
};

/// How the disks are told to the device model: -drive for each, -hda.. for each, or a domain's disks in xenstore.
enum class Configuration { drive, hda, xenstore };

/// One machine: a device model, a QEMU and a guest with up to kIdeDisks disks.
struct Machine {
    std::filesystem::path bridge;  ///< the subject's nbdkit plugin
    std::string subject;           ///< its tree id, for the evidence
    bool knows_ro = false;         ///< its -drive has a word for read-only
    Configuration configuration = Configuration::drive;
    XenStore* xenstore = nullptr;  ///< for Configuration::xenstore; outlives the machine
    std::vector<Disk> disks;       ///< in slot order: hda, hdb, hdc, hdd
    std::chrono::milliseconds deadline{20'000};
};

inline constexpr size_t kIdeDisks = 4;

/// Copies the images below `folder` (an empty folder of the machine's own), runs the machine and asks the witnesses.
/// Returns one Evidence a disk, in order; whatever goes wrong in the lab itself is told in environment_error.
/// Thread safe for different folders; the calling thread must outlive the call's programs, which end with it.
std::vector<Evidence> run_machine(const Tools& tools, const Machine& machine, const std::filesystem::path& folder);

}  // namespace rogate::lab
