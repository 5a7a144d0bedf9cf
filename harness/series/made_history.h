// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "git/tree.h"
#include "series/series.h"

namespace rogate::series {

struct HistoryPlan {
    unsigned seed = 1;
    size_t commits = 100;   ///< on main, after the base
    bool series_branch = true;  ///< also store the series applied to the base, as its author's repository would have it
};

/// Makes the bare git repository `folder` for tests and benchmarks: tag `base` holds `base`; branch `main` has
/// `plan.commits` more commits of the kinds that make a series drift: edits far from its hunks, in their context and in
/// their own lines, moved functions, renamed variables, other indentation, patches of the series taken upstream, renamed
/// files, most of these taken back later; merges of side branches; files that the series does not touch. Branch `series`
/// is the series on `base`. Each subject begins with the kind. The same plan makes the same commits. Runs git.
/// Errors: environment; conflict when the series does not apply to `base`.
Result<void> make_history(const std::filesystem::path& folder, const git::Tree& base, const Series& series, const HistoryPlan& plan);

}  // namespace rogate::series
