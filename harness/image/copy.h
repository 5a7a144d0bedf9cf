// SPDX-License-Identifier: GPL-2.0-or-later
// Copies of sparse files that share or keep what they can: extents, holes, times.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace rogate::image {

/// Copies the regular file `from` to `to` (which must not exist, and gets mode 0644): extents shared where the file
/// system can, else only the data copied and holes kept; mtime and atime to the nanosecond.
/// Errors: not_found, environment; corrupt when `from` is no regular file or shrinks meanwhile.
Result<void> copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rogate::image
