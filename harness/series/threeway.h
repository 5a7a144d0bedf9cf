// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "patch/place.h"
#include "series/outcome.h"
#include "series/resolutions.h"

namespace rogate::series {

/// A file with one change of a patch carried into it.
struct CarriedText {
    FileOutcome outcome;
    std::string text;  ///< of a conflict: with those hunks that have a place
};

/// An older version of a file on which the change applies, and what it makes of it.
struct Step {
    std::string_view before;
    std::string_view after;
};

/// Carries a change of kind modified (or the hunks of a rename) into `text` without any doubt: all its hunks in place or
/// moved, or all of them there already. Nothing when that cannot be done. A hunk without lines after its change is never
/// taken for one that is there already, since nothing would show it.
std::optional<CarriedText> carry_plainly(std::string_view text, const patch::FilePatch& change);

/// Carries a change into `text` for which carry_plainly() found no place, by the first of these that works: a clean merge
/// with one of `steps` (in their order); those hunks left out that are there already; remembered resolutions for all that
/// is left of a merge; up to `fuzz` lines of context ignored. Else it is a conflict, told hunk by hunk, with the regions
/// that are in dispute. Errors: environment.
Result<CarriedText> carry_by_merge(std::string_view text, const patch::FilePatch& change, const std::vector<Step>& steps,
                                   const Resolutions& resolutions, unsigned fuzz);

}  // namespace rogate::series
