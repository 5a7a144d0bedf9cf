// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "lab/evidence.h"
#include "process/group.h"

namespace rogate::lab {

/// What the image tool is asked about one image.
struct ToolDisk {
    std::filesystem::path tool;    ///< the subject's ioemu-img
    std::filesystem::path folder;  ///< an existing one for what it writes, not the image's own
    std::string format;
    std::string file;              ///< as the device model would be given it
    std::string name;              ///< what the report calls the disk
};

/// Runs the image tool's commands that only read: info, convert to another file, compare with itself, list of snapshots.
/// Each is a command of class read; its status is the tool's exit status. `last` is how the last one ended.
GuestReport run_image_tool(const ToolDisk& disk, process::Clock::time_point until, ProcessEvidence& last);

}  // namespace rogate::lab
