// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"

namespace rogate::series {

/// Files of a series' folder by their path in it: a new content, or nothing to remove the file.
using FileUpdates = std::map<std::string, std::optional<std::string>>;

/// Replaces the series' folder by one with other files, at one moment: whoever looks, and whenever rogate is killed, sees all
/// of the old folder or all of the new one. The old one is kept in the new one's `.rogate/previous`, and the one before that
/// in its, ten at most. Errors: environment (no permission, no space, a file system that cannot exchange two folders, another
/// rogate at work on the series); corrupt.
Result<void> replace_series(const std::filesystem::path& folder, const FileUpdates& updates);

/// Brings the folder back that the last replace_series() replaced. Errors: not_found when there is none; conflict when the
/// folder's files were changed since, unless `force`; environment.
Result<void> undo_series(const std::filesystem::path& folder, bool force);

/// Replaces the folder `.rogate/conflicts` of a series by one with these files; none = removes it. Errors: environment.
Result<void> write_conflicts(const std::filesystem::path& folder, const std::map<std::string, std::string>& files);

/// The folder write_conflicts() writes.
std::filesystem::path conflicts_folder(const std::filesystem::path& folder);

}  // namespace rogate::series
