// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "lab/machine.h"

namespace rogate::lab {

/// The device model's own words for these disks; `files[i]` names disk i. A wish that the subject has
/// no word for is left out. `domain` is that of Configuration::xenstore.
std::vector<std::string> device_model_words(const Machine& machine, const std::vector<std::string>& files,
                                            unsigned domain = 0);

/// nbdkit's command line around those words; the socket comes by activation.
std::vector<std::string> nbdkit_words(const Tools& tools, const Machine& machine, const std::filesystem::path& request_log,
                                      const std::vector<std::string>& device_model);

/// QEMU's command line: `disks` IDE disks served on the abstract socket `socket`.
std::vector<std::string> qemu_words(const Tools& tools, size_t disks, const std::string& nonce, const std::string& socket);

/// Both command lines as a person can paste them into two terminals in the machine's kept folder, with a socket file
/// there instead of the abstract one that is handed over.
std::string by_hand(const std::vector<std::string>& nbdkit, const std::vector<std::string>& qemu);

/// hda, hdb, ...
std::string export_name(size_t slot);

/// The guest's name of that disk: ide0.0, ide0.1, ide1.0, ide1.1.
std::string guest_disk_name(size_t slot);

}  // namespace rogate::lab
