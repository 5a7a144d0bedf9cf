// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "patch/place.h"
#include "series/series.h"

namespace rogate::series {

/// How one file of a patch was changed.
struct FileReport {
    std::string path;
    std::vector<patch::Placement> hunks;  ///< in the diff's order
};

struct AppliedPatch {
    git::Tree tree;  ///< shares every content the patch does not touch
    std::vector<FileReport> files;
};

/// Why a patch does not apply. The tree it was tried on is unchanged.
struct PatchConflict {
    std::string path;
    std::string text;                          ///< what does not fit, without the patch's name
    std::optional<patch::Conflict> hunk = {};  ///< when a hunk has no place
    bool already_applied = false;              ///< its change to this file is there already
};

/// Applies one patch to a tree in memory. All or nothing.
/// Renames and copies read the file as it was before the patch, whatever else the patch does to it.
std::variant<AppliedPatch, PatchConflict> apply_patch(const git::Tree& tree, const Patch& patch,
                                                      const patch::PlaceOptions& options = {});

struct AppliedSeries {
    std::vector<git::Tree> states;                 ///< states[n]: after n patches; states[0] is the base
    std::vector<std::vector<FileReport>> patches;  ///< one a patch
};

/// Applies a series to a base in memory; nothing is written anywhere. Contents of the base must be loaded for the files
/// that the series touches (see touched_paths()).
/// Errors: conflict, "cannot apply '0003-raw.patch': hunk 2 of 'block.c' at line 214: expected 'a', found 'b' (first
/// differing line 217)" and its like for files that are missing or in the way, with a hint on what to do.
Result<AppliedSeries> apply_series(const git::Tree& base, const Series& series,
                                   const patch::PlaceOptions& options = {});

/// The Error that apply_series() returns for a conflict of the patch `file_name`.
Error conflict_error(const std::string& file_name, const PatchConflict& conflict);

}  // namespace rogate::series
