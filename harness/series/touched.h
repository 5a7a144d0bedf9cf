// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "git/merge.h"
#include "series/upstream.h"

namespace rogate::series {

/// Lines [begin, end) of a text, counted from 0; empty between two lines.
struct LineRange {
    size_t begin = 0;
    size_t end = 0;
    auto operator<=>(const LineRange&) const = default;
};

/// Where a range of the new text was in the old one; what was put there anew becomes the place where it was put.
LineRange map_back(const std::vector<git::Edit>& edits, LineRange range);

/// True when an edit has made, changed or removed lines at the range of the new text.
bool touches(const std::vector<git::Edit>& edits, LineRange range);

/// The newest commit, from `tip` back, that changed the file `repository_path` at these lines of tip's version of it, or
/// removed lines there; nothing when there is no such file. Errors: as git::History::walk_file().
Result<std::optional<git::Commit>> last_touched(Upstream& upstream, const git::Commit& tip, const std::string& repository_path,
                                                LineRange range);

/// The lines of the text `upstream_text` that a conflict is about: the regions of `file`, found in the file `before` the
/// patch, and from there in upstream's version. Nothing when the conflict is not about lines. Errors: environment.
Result<std::optional<LineRange>> disputed_lines(const std::string& upstream_text, const std::string& before, const FileOutcome& file);

}  // namespace rogate::series
