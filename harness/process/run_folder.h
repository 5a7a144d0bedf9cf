// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "base/file.h"

namespace rogate::process {

/// A folder for one run that is gone afterwards even if rogate is killed with SIGKILL: a small child process, the
/// janitor, makes it, holds the other end of a socket pair and removes the folder when that is closed.
/// Make it before any thread is started (it forks).
class RunFolder {
public:
    /// Makes `<parent>/rogate-XXXXXX`. Errors: environment.
    static Result<RunFolder> make(const std::filesystem::path& parent);
    RunFolder(RunFolder&& other) noexcept;
    RunFolder& operator=(RunFolder&&) = delete;
    RunFolder(const RunFolder&) = delete;
    /// Lets the janitor remove the folder and waits for it.
    ~RunFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    RunFolder(std::filesystem::path path, Fd alive, int janitor);
    std::filesystem::path path_;
    Fd alive_;
    int janitor_pid_ = -1;
};

}  // namespace rogate::process
