// SPDX-License-Identifier: GPL-2.0-or-later
// Which other files an image of a user's own consists of: what its header names, and theirs, and so on.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace rogate::image {

/// The most files that files_of_image() follows.
inline constexpr size_t kMaxChainFiles = 64;

/// The names in the header of `path`, as stored there: backing file, extents, data file; empty for a file without.
/// Known are qcow, qcow2, vmdk (hosted sparse extents, text descriptors) and cow 2; any other file names none.
/// Errors: not_found, environment; corrupt when a name lies outside the file or is too long, or when the parent cannot
/// be told (a differencing vpc image, a COWD extent).
/// Sources: the format specifications, in the fields' own words; see backing.cc.
Result<std::vector<std::string>> names_in_header(const std::filesystem::path& path);

/// `path` and every file it leads to, in the order of following. Names are untrusted: each must lead, links resolved,
/// to a regular file in the folder of `path` or below. Errors: as names_in_header(); corrupt for a name that leaves the
/// folder or leads back, and for more than kMaxChainFiles.
Result<std::vector<std::filesystem::path>> files_of_image(const std::filesystem::path& path);

}  // namespace rogate::image
