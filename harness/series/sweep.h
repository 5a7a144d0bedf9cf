// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "series/upstream.h"

namespace rogate::series {

/// One hunk of a series, or a change of a file without hunks (hunk 0).
struct HunkName {
    size_t patch = 0;  ///< its place in Series::patches
    size_t file = 0;   ///< its place in Patch::changes
    size_t hunk = 0;   ///< counted from 1; 0 = the file's change as a whole
};

/// A commit of the range that touches a file of the series.
struct SweptCommit {
    git::Commit commit;
    std::vector<Outcome> hunks;    ///< one for each of Sweep::hunks
    std::vector<Outcome> patches;  ///< the worst of each patch
    std::map<std::string, std::string> renamed;  ///< as UpstreamFiles::renamed
    [[nodiscard]] bool applies() const;
};

/// How one hunk fared over the range. Numbers are places in Sweep::commits.
struct HunkHistory {
    std::vector<size_t> breaks;  ///< it conflicts, and does not at any parent
    std::vector<size_t> heals;   ///< it applies, and conflicts at a parent
    bool conflicts_before = false;  ///< it conflicts at a commit that the range starts from
    [[nodiscard]] bool monotone() const { return breaks.size() + heals.size() + (conflicts_before ? 1 : 0) <= 1; }
};

struct Sweep {
    std::vector<HunkName> hunks;
    std::vector<SweptCommit> commits;   ///< parents before children
    std::vector<HunkHistory> history;   ///< one for each hunk
    std::vector<Outcome> end;           ///< the worst of each patch at `to`, whether that touches a file or not
    size_t commits_in_range = 0;        ///< those that touch no file of the series included
};

struct SweepOptions {
    CarryOptions carry = {};
    /// Called for each commit of Sweep::commits with how the series fared; states[0] is its tip.
    std::function<void(const git::Commit&, const SeriesOutcome&, const UpstreamFiles&)> on_state = {};
};

/// Carries the series onto every commit that is reachable from `to` and not from `from` and that gives a file of the series
/// another content than each of its parents has, and onto merges that heal a hunk. Ancestors for merging are those that the
/// patches name and the newest of a commit's own history. Nothing is checked out; each content is worked on once.
/// Errors: not_found, usage (revisions), corrupt, environment.
Result<Sweep> sweep(Upstream& upstream, const Series& series, const Resolutions& resolutions, const std::string& from,
                    const std::string& to, const SweepOptions& options = {});

}  // namespace rogate::series
