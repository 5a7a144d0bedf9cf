// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <sys/types.h>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "lab/evidence.h"

namespace rogate::lab {

/// The kernel witness: what inotify tells of a disk's folder between construction and take().
/// Blind to stores through a shared mapping (measured; the digest sees those).
class FolderWatch {
public:
    /// Watches `folder` and the folders below it, and `device` (a block device's node) if it is given, under its own name.
    /// Errors: environment (inotify limits).
    static Result<FolderWatch> make(const std::filesystem::path& folder, const std::filesystem::path& device = {});

    FolderWatch(FolderWatch&&) noexcept = default;
    FolderWatch& operator=(FolderWatch&&) = delete;
    ~FolderWatch();

    /// The events so far, in their order, a run of equal ones as one. A full queue is told as OVERFLOW.
    std::vector<KernelEvent> take();

private:
    FolderWatch(Fd fd, std::map<int, std::string> names) : fd_(std::move(fd)), names_(std::move(names)) {}
    Fd fd_;  // closed by the kernel's own threads, see the destructor
    std::map<int, std::string> names_;  // what a watch is of: "" for the folder, "dir/SUB/" below it, "loop0" for a device
};

/// The descriptor witness: which files below `folder` the process has open or mapped shared, and whether for writing.
/// `device` is a block device that stands for a file of the folder; it counts too. A file is known by device and inode, so renames and links do not hide it. Returns nothing when the process is gone.
/// Source: proc(5), fdinfo and maps.
std::vector<OpenFile> open_files(pid_t pid, const std::filesystem::path& folder, const std::filesystem::path& device = {});

/// Adds what `more` has and `list` has not.
void merge(std::vector<OpenFile>& list, const std::vector<OpenFile>& more);

}  // namespace rogate::lab
