// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "series/series.h"

namespace rogate::series {

/// One patch of a version of a series, as it is compared.
struct VersionPatch {
    std::string subject;
    std::string message;  ///< below the subject, no blank lines around
    Patch patch;
};

using Version = std::vector<VersionPatch>;

/// Reads a version of a series: a folder with a series file, or an mbox file or mail.
/// Errors: as load_series() and parse_patch().
Result<Version> read_version(const std::filesystem::path& path);

/// The commits `range` ("A..B") of a repository as patches, oldest first, merges left out; those only that touch one of
/// `paths` if there are any, cut down to them. The repository is only read.
/// Errors: usage, with git's own words; environment when git is missing. Source: git-format-patch(1).
Result<Version> read_range(const std::filesystem::path& repository, const std::string& range,
                           const std::vector<std::string>& paths);

/// What a change is, its line numbers and white space apart: equal for patches of which git patch-id says that they are.
std::string change_key(const std::vector<patch::FilePatch>& changes);

/// How two versions' patches belong together.
struct Pair {
    std::optional<size_t> before;   ///< index in the old version; nothing = added
    std::optional<size_t> after;    ///< index in the new one; nothing = removed
    bool same_change = false;       ///< by change_key()
    bool same_message = false;      ///< subject included
    std::vector<std::string> diff;  ///< lines of a diff of the two patches, prefix ' ', '-' or '+' in front of theirs
};

/// Matches the patches: equal changes first, then so that all in all the fewest lines differ (optimal assignment); equal
/// subjects weigh as half the difference, and two patches that have less than about 40 % in common are none of a pair.
/// In the order of the new version, removed patches where they were.
/// Errors: environment. Source: git-range-diff(1), "ALGORITHM".
Result<std::vector<Pair>> compare_versions(const Version& before, const Version& after);

}  // namespace rogate::series
