// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::git {

/// What stands behind the markers of a conflict.
struct MergeLabels {
    std::string ancestor = "ancestor";
    std::string ours = "ours";
    std::string theirs = "theirs";
};

struct MergedText {
    bool clean = false;         ///< no region was changed differently by both
    size_t marker_size = 7;     ///< characters in a marker; more than any such run at a line's start in the texts
    std::string text;           ///< with diff3 markers where it is not clean
};

/// Merges what `theirs` changed since `ancestor` into `ours`, line by line.
/// Errors: conflict when one of the texts holds a NUL (binary); environment when libgit2 is missing or fails.
/// Source: git-merge-file(1); libgit2's git_merge_file.
Result<MergedText> merge_text(std::string_view ancestor, std::string_view ours, std::string_view theirs,
                              const MergeLabels& labels = {});

/// One place where two texts differ. Lines are counted from 0; with a count of 0 the line is the one behind the gap.
struct Edit {
    size_t old_line = 0;
    size_t old_count = 0;
    size_t new_line = 0;
    size_t new_count = 0;
    auto operator<=>(const Edit&) const = default;
};

/// The places where two texts differ, in order, as `git diff -U0` finds them (Myers, indent heuristic).
/// Errors: environment.
Result<std::vector<Edit>> diff_lines(std::string_view old_text, std::string_view new_text);

}  // namespace rogate::git
