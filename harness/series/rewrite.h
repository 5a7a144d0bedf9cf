// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "series/carry.h"

namespace rogate::series {

/// A patch as it has to read for its new base.
struct RewrittenPatch {
    std::optional<std::string> text;  ///< nothing = upstream has all of it: there is no such patch any more
    unsigned strip = 1;
    bool changed = false;             ///< the text is another one than before
    std::vector<std::string> dropped;  ///< files whose change upstream has
};

/// Rewrites each patch of a series that was carried onto another base, so that it applies exactly there: where a hunk only
/// moved, its line numbers; else the file's hunks anew, with three lines of context; index lines, where there are some, to
/// the new contents. All else (mail headers, message, trailers, notes, signature) stays byte by byte, but for the diffstat of
/// a patch whose numbers have changed. `renamed`: as UpstreamFiles::renamed. `load`: contents that the states do not hold.
/// Errors: conflict when `outcome` has one; usage for a patch that cannot be rewritten in place, since its mail is encoded.
Result<std::vector<RewrittenPatch>> rewrite_series(const Series& series, const SeriesOutcome& outcome,
                                                   const std::map<std::string, std::string>& renamed, const LoadBlob& load);

}  // namespace rogate::series
