// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lab/command_line.h"
#include "process/group.h"

namespace rogate::lab {

/// A Linux guest's run over the disks of one machine.
struct LinuxRun {
    std::vector<std::string> argv;
    std::string console;   ///< the report
    std::string problem;   ///< why there is no whole report; empty when there is one
    bool timed_out = false;
};

/// Restores the Linux guest onto `disks`, all on buses of its own and of `disk_bytes`, lets it drive them, and ends it.
/// Every place of the buses in use has a disk, an empty one where the machine has none: so there are few templates, and
/// they are used again. `sample` is called before and after the guest's commands. QEMU runs in `group`.
/// A guest or a QEMU that goes wrong is told in the result. Errors: environment, when there is no Linux guest or no
/// template can be made.
Result<LinuxRun> run_linux_guest(const Tools& tools, const std::vector<Attached>& disks, uint64_t disk_bytes,
                                 const std::string& nonce, std::chrono::milliseconds deadline, process::Group& group,
                                 process::Group::Id& qemu, const std::function<void()>& sample);

}  // namespace rogate::lab
