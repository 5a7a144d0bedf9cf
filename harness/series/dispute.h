// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "patch/model.h"
#include "series/outcome.h"

namespace rogate::series {

/// The regions in dispute between `text` and the hunks of `change` that `hunks` calls conflicts, when no ancestor is known.
/// `text` has the other hunks already. Each region is where most of the hunk's old lines stand, within 100 lines of its place.
Marked dispute_without_ancestor(std::string_view text, const patch::FilePatch& change, const std::vector<HunkOutcome>& hunks);

}  // namespace rogate::series
