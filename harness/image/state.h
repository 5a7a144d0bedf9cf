// SPDX-License-Identifier: GPL-2.0-or-later
// The stat witness: what the file system says of an image file besides its content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/digest.h"

namespace rogate::image {

/// What stat(2) says of a file; access times are left out, since reading may change them.
struct FileState {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint32_t mode = 0;
    uint64_t size_bytes = 0;
    uint64_t blocks = 0;   ///< of 512 bytes, as allocated
    int64_t mtime_ns = 0;  ///< since 1970
    int64_t ctime_ns = 0;  ///< since 1970
    bool operator==(const FileState&) const = default;
};

/// The state of `path`; a symbolic link is followed. Errors: not_found, environment.
Result<FileState> file_state(const std::filesystem::path& path);

/// The same of an open file. `name` is for the message. Errors: environment.
Result<FileState> file_state(int fd, const std::string& name);

/// An error (environment) if the file `name` was written or resized between two states.
Result<void> check_still(const std::string& name, const FileState& before, const FileState& after);

/// The names of the fields that differ, e.g. {"size", "mtime"}; empty for equal states.
std::vector<std::string> changed_fields(const FileState& before, const FileState& after);

/// State and digest of one file of a case.
struct FileWitness {
    std::string name;  ///< relative to the case folder
    FileState state;
    FileDigest digest;
};

/// State and digest of each of `names` in `folder`; the state is taken before the file is read.
/// Errors: as file_state() and digest_file().
Result<std::vector<FileWitness>> witness_files(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names);

}  // namespace rogate::image
