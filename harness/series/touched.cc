// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/touched.h"

#include <algorithm>

namespace rogate::series {
namespace {

using git::Edit;

size_t count_lines(const std::string& text)
{
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

}  // namespace

LineRange map_back(const std::vector<Edit>& edits, LineRange range)
{
    ptrdiff_t shift = 0;  // from new to old, behind all edits that end before the line in question
    const auto moved = [&](size_t line) { return static_cast<size_t>(static_cast<ptrdiff_t>(line) + shift); };
    std::optional<size_t> begin;
    std::optional<size_t> end;
    for (const Edit& edit : edits) {
        if (!begin && range.begin < edit.new_line + edit.new_count) {
            begin = range.begin < edit.new_line ? moved(range.begin) : edit.old_line;
        }
        if (!end && range.end < edit.new_line + edit.new_count) {
            end = range.end <= edit.new_line ? moved(range.end) : edit.old_line + edit.old_count;
        }
        shift += static_cast<ptrdiff_t>(edit.old_count) - static_cast<ptrdiff_t>(edit.new_count);
    }
    const LineRange mapped{begin.value_or(moved(range.begin)), end.value_or(moved(range.end))};
    return {mapped.begin, std::max(mapped.begin, mapped.end)};
}

bool touches(const std::vector<Edit>& edits, LineRange range)
{
    return std::any_of(edits.begin(), edits.end(), [&](const Edit& edit) {
        const size_t end = edit.new_line + edit.new_count;
        const bool whole_lines = edit.new_count > 0 && range.begin < range.end;
        return whole_lines ? edit.new_line < range.end && end > range.begin : edit.new_line <= range.end && end >= range.begin;
    });
}

Result<std::optional<git::Commit>> last_touched(Upstream& upstream, const git::Commit& tip, const std::string& repository_path,
                                                LineRange range)
{
    std::optional<git::Commit> found;
    git::History& history = upstream.history();
    auto walked = history.walk_file(
        tip.id, repository_path,
        [&](const git::Commit& commit, const std::optional<git::FileId>& now, const std::optional<git::FileId>& before) -> Result<bool> {
            if (!now || !before) {
                found = commit;
                return false;
            }
            auto new_text = history.blob(now->id);
            auto old_text = new_text ? history.blob(before->id) : new_text;
            if (!old_text) {
                return old_text.error();
            }
            auto edits = git::diff_lines(**old_text, **new_text);
            if (!edits) {
                return edits.error();
            }
            if (touches(*edits, range)) {
                found = commit;
                return false;
            }
            range = map_back(*edits, range);
            return true;
        });
    return walked ? Result<std::optional<git::Commit>>(std::move(found)) : Result<std::optional<git::Commit>>(walked.error());
}

Result<std::optional<LineRange>> disputed_lines(const std::string& upstream_text, const std::string& before, const FileOutcome& file)
{
    if (!file.marked || file.marked->regions.empty()) {
        return std::optional<LineRange>();
    }
    // The text as it was before the patch but for its hunks that are in no dispute, and the dispute's lines in it.
    std::string ours;
    std::optional<LineRange> range;
    size_t line = 0;
    for (size_t i = 0; i < file.marked->agreed.size(); ++i) {
        ours += file.marked->agreed[i];
        line += count_lines(file.marked->agreed[i]);
        if (i < file.marked->regions.size()) {
            const std::string& region = file.marked->regions[i].ours;
            range = LineRange{range ? range->begin : line, line + count_lines(region)};
            line = range->end;
            ours += region;
        }
    }
    auto to_before = git::diff_lines(before, ours);
    auto to_upstream = git::diff_lines(upstream_text, before);
    if (!to_before || !to_upstream) {
        return to_before ? to_upstream.error() : to_before.error();
    }
    return std::optional(map_back(*to_upstream, map_back(*to_before, *range)));
}

}  // namespace rogate::series
