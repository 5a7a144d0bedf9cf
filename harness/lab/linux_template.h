// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "lab/linux_machine.h"

namespace rogate::lab {

/// A Linux guest that has booted and waits for its first line: the memory and the state of its machine. Restoring it
/// takes a twentieth of the time that booting does.
class LinuxTemplate {
public:
    explicit LinuxTemplate(std::filesystem::path folder) : folder_(std::move(folder)) {}
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path ram() const { return folder_ / "ram"; }
    [[nodiscard]] std::filesystem::path state() const { return folder_ / "state"; }

private:
    std::filesystem::path folder_;
};

/// QMP arguments: memory in a shared file is left out of the stream, on both sides.
inline constexpr std::string_view kIgnoreShared =
    R"({"capabilities": [{"capability": "x-ignore-shared", "state": true}]})";

/// The template of the shape, from `cache_dir`/linux, or made there now: a machine boots with empty disks of the
/// shape's sizes. Several threads and processes may ask for the same; a template appears whole or not at all, and one
/// that was changed since is made anew. Takes seconds when it has to be made, at most `deadline`. Errors: usage when
/// such machines cannot be restored (can_restore()), environment, timeout; a shape that QEMU refuses or whose disks the
/// guest does not find is environment, in QEMU's or the guest's words.
Result<LinuxTemplate> linux_template(const std::filesystem::path& cache_dir, const LinuxFiles& files,
                                     const LinuxShape& shape,
                                     std::chrono::milliseconds deadline = std::chrono::seconds(120));

}  // namespace rogate::lab
