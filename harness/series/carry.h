// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "series/outcome.h"
#include "series/resolutions.h"
#include "series/series.h"
#include "series/threeway.h"

namespace rogate::series {

struct CarryOptions {
    unsigned fuzz_lines = 0;   ///< context lines that may be ignored when nothing better works, 0..3
    bool keep_states = true;   ///< SeriesOutcome::states has every state; else the last one only
};

/// A file's content by its id. Errors are passed on.
using LoadBlob = std::function<Result<std::shared_ptr<const std::string>>(const git::ObjectId&)>;

/// Older versions of an upstream file on which the series' changes of it apply, the best first. Asked only when needed.
using FindAncestors = std::function<Result<std::vector<git::Entry>>(const std::string& path)>;

/// Carries one series onto any number of bases. Each (content, change) pair is worked out once, so that bases that have
/// files in common cost next to nothing. All in memory. One thread at a time.
class Carrier {
public:
    /// `series` and `resolutions` must outlive the carrier. `load` may be empty when all entries have contents.
    Carrier(const Series& series, const Resolutions& resolutions, CarryOptions options, LoadBlob load);
    ~Carrier();
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;

    /// Carries the series onto `base`, which needs the files that the series touches only, with id or content. Conflicts are
    /// outcomes: what can be carried of such a patch is, so that later ones are judged as fairly as possible.
    /// Errors: what `load` and `ancestors` return; environment.
    Result<SeriesOutcome> carry(const git::Tree& base, const FindAncestors& ancestors = {});

    /// True when every change of the series to the file `path` applies to this upstream version of it, at its place or
    /// moved, one after the other: then it is an ancestor for merging. Errors: as carry().
    Result<bool> applies_to(const std::string& path, const git::Entry& version);

    /// The file `path` from this upstream version on: before each change of the series, and after the last; null when one does
    /// not apply. Errors: as carry().
    Result<std::shared_ptr<const std::vector<git::Entry>>> chain(const std::string& path, const git::Entry& version);

    /// Abbreviated id of the upstream version that the series' first change of `path` names in its index line, or "".
    [[nodiscard]] std::string stated_ancestor(const std::string& path) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The Error for a series with conflicts: the first one, with what to do.
Error conflict_error(const Series& series, const SeriesOutcome& outcome);

}  // namespace rogate::series
