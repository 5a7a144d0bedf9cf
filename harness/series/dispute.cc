// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/dispute.h"

#include <algorithm>

#include "patch/lines.h"

namespace rogate::series {
namespace {

constexpr size_t kNearLines = 100;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text)
{
    patch::LineIndex index(text);
    Lines lines;
    for (size_t i = 0; i < index.count(); ++i) {
        lines.push_back(index.line(i));
    }
    return lines;
}

Lines side_of(const patch::Hunk& hunk, patch::LineKind dropped)
{
    Lines lines;
    for (const patch::Line& line : hunk.lines) {
        if (line.kind != dropped) {
            lines.push_back(line.text);
        }
    }
    return lines;
}

size_t best_place(const Lines& text, const Lines& old_lines, size_t stated)
{
    size_t best = std::min(stated, text.size());
    size_t best_score = 0;
    for (size_t away = 0; away <= kNearLines; ++away) {
        for (const bool after : {false, true}) {
            const size_t at = after ? stated + away : stated - away;
            if (at >= text.size() || (!after && away > stated)) {
                continue;
            }
            size_t score = 0;
            for (size_t i = 0; i < old_lines.size() && at + i < text.size(); ++i) {
                score += text[at + i] == old_lines[i] ? 1 : 0;
            }
            if (score > best_score) {
                best = at;
                best_score = score;
            }
        }
    }
    return best;
}

std::string join(const Lines& lines, size_t begin, size_t end)
{
    std::string text;
    for (size_t i = begin; i < end; ++i) {
        text += lines[i];
    }
    return text;
}

}  // namespace

Marked dispute_without_ancestor(std::string_view text, const patch::FilePatch& change, const std::vector<HunkOutcome>& hunks)
{
    const Lines lines = lines_of(text);
    Marked marked{{""}, {}};
    size_t done = 0;
    for (size_t i = 0; i < change.hunks.size(); ++i) {
        const patch::Hunk& hunk = change.hunks[i];
        if (i >= hunks.size() || hunks[i].outcome != Outcome::conflict) {
            continue;
        }
        const Lines before = side_of(hunk, patch::LineKind::added);
        const Lines after = side_of(hunk, patch::LineKind::removed);
        const size_t stated = hunk.new_count == 0 ? hunk.new_start : hunk.new_start - 1;
        const size_t begin = std::max(best_place(lines, before, stated), done);
        const size_t end = std::min(begin + before.size(), lines.size());
        marked.agreed.back() += join(lines, done, begin);
        marked.regions.push_back({join(lines, begin, end), join(before, 0, before.size()), join(after, 0, after.size())});
        marked.agreed.emplace_back();
        done = end;
    }
    marked.agreed.back() += join(lines, done, lines.size());
    return marked;
}

}  // namespace rogate::series
