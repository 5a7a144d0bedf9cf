// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/result.h"
#include "patch/model.h"

namespace rogate::patch {

struct ParseOptions {
    unsigned strip = 1;       ///< leading folders taken off each path, like -p of patch(1)
    size_t offset_bytes = 0;  ///< where in the text to begin; line numbers are still those of the whole text
};

/// Reads all file changes of a diff: git's, or plain `diff -rup` (also -N); text around them is passed over.
/// Content is kept byte by byte (CRLF too). An empty line inside a hunk counts as an empty line of context.
/// The result shares `source`. An empty result means that the text holds no diff.
/// Errors: corrupt, with the line number: a hunk whose lines do not add up to its header, unknown modes, headers that
/// contradict each other, and paths that are absolute, empty, hold "..", ".", ".git" or a NUL.
/// Source: diff formats as in git-diff(1) and in "Detailed Unified" of GNU diffutils; strictness as `git apply`, and
/// more: a hunk followed by further +, - or context lines is an error, since it would lose them silently.
Result<std::vector<FilePatch>> parse_diff(std::shared_ptr<const std::string> source, const ParseOptions& options = {});

}  // namespace rogate::patch
