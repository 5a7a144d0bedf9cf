// SPDX-License-Identifier: GPL-2.0-or-later
// How this process has a file open, as the kernel tells it.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <string>
#include <vector>

namespace rogate::selfcheck {

using Modes = std::vector<int>;

/// Access modes (O_RDONLY, O_RDWR...) of this process's descriptors of `file`, an absolute name; from /proc/self.
inline Modes open_modes(const std::string& file)
{
    Modes modes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        if (std::filesystem::read_symlink(entry.path(), error) == file && !error) {
            modes.push_back(fcntl(std::stoi(entry.path().filename()), F_GETFL) & O_ACCMODE);
        }
    }
    return modes;
}

}  // namespace rogate::selfcheck
