// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "series/carry.h"
#include "series/resolutions.h"

namespace rogate::series {

/// Says for people which upstream commit a conflict (patch, file: places in the series) comes from; may be empty.
using DescribeConflict = std::function<Result<std::string>(size_t patch, size_t file)>;

/// The files that tell a series' conflicts, by their path in the conflicts folder: `conflicts.txt`, which names each hunk, and
/// each disputed file with markers, as PATCH/PATH. Conflicts that follow an earlier one in their file are only named. A file of
/// `folder` that somebody is at work on stays as it is; when the conflict has become another one it is kept as PATH.yours.
/// Errors: what `describe` returns.
Result<std::map<std::string, std::string>> conflict_files(const Series& series, const SeriesOutcome& outcome,
                                                          const std::filesystem::path& folder, const DescribeConflict& describe);

/// What people have made of the marked files in `folder` that stand for conflicts of `outcome`: those without a marker left
/// and otherwise as they were. The notes say where the conflict came up, and `note` at their end.
std::vector<Resolution> learn_resolutions(const Series& series, const SeriesOutcome& outcome, const std::filesystem::path& folder,
                                          const std::string& note);

/// Adds resolutions to a series' folder, a file each. Errors: environment.
Result<void> remember(const std::filesystem::path& series_folder, const std::vector<Resolution>& resolutions);

}  // namespace rogate::series
