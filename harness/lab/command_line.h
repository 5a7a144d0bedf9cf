// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "lab/machine.h"

namespace rogate::lab {

/// The device model's own words for its disks; `files[i]` names disk i as the device model is to open it. A wish that
/// the subject has no word for is left out. `domain` is that of Configuration::xenstore.
std::vector<std::string> device_model_words(const DeviceModel& model, const std::vector<std::string>& files,
                                            unsigned domain = 0);

/// Whether the wish of `disk` can be told to the device model.
bool wish_expressible(const DeviceModel& model, const Disk& disk);

/// nbdkit's command line around those words; the socket comes by activation.
std::vector<std::string> nbdkit_words(const Tools& tools, const DeviceModel& model, const std::filesystem::path& request_log,
                                      const std::vector<std::string>& device_model);

/// An export as QEMU attaches it.
struct Attached {
    BusDisk disk;
    std::string socket;       ///< abstract name
    std::string export_name;
};

/// The words that make nodes of the exports.
std::vector<std::string> node_words(const std::vector<Attached>& disks);

/// The words that make nodes of the exports and hang them on their buses.
std::vector<std::string> disk_words(const std::vector<Attached>& disks);

/// What the guest says before it has found its virtio console, in QEMU's working folder.
inline constexpr const char* kDebugConsole = "debugcon";

/// The pools of the buses that the disks hang on, joined by commas: what a guest is to look for.
std::string driven_buses(const std::vector<Attached>& disks);

/// The words that tell a guest what to do.
std::string guest_words(const Tools& tools, const std::vector<Attached>& disks, const std::string& nonce);

/// QEMU's whole command line for the probe guest; its report comes on stdout.
std::vector<std::string> probe_words(const Tools& tools, const std::vector<Attached>& disks, const std::string& nonce);

/// The command lines as a person can paste them into terminals in the machine's kept folder, each nbdkit first, with a
/// socket file there instead of the abstract one that is handed over. `sockets` are the abstract names in nbdkits' order.
std::string by_hand(const std::vector<std::vector<std::string>>& nbdkits, const std::vector<std::string>& sockets,
                    const std::vector<std::string>& qemu);

}  // namespace rogate::lab
