// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/invariant.h"

#include "git/merge.h"
#include "patch/lines.h"

namespace rogate::series {
namespace {

/// The differences of two texts, with their lines.
Result<std::vector<Difference>> differences(std::string_view old_text, std::string_view new_text, bool in_bases)
{
    auto edits = git::diff_lines(old_text, new_text);
    if (!edits) {
        return edits.error();
    }
    patch::LineIndex old_lines(old_text);
    patch::LineIndex new_lines(new_text);
    old_lines.count();
    new_lines.count();
    const auto text_of = [](std::string_view text, const patch::LineIndex& index, size_t begin, size_t count) {
        return std::string(text.substr(index.start(begin), index.start(begin + count) - index.start(begin)));
    };
    std::vector<Difference> all;
    for (const git::Edit& edit : *edits) {
        all.push_back({in_bases, {edit.old_line, edit.old_line + edit.old_count},
                       text_of(old_text, old_lines, edit.old_line, edit.old_count), text_of(new_text, new_lines, edit.new_line, edit.new_count)});
    }
    return all;
}

bool alike(const Difference& a, const Difference& b)
{
    return a.removed == b.removed && a.added == b.added;
}

/// What is left of two lists when their longest common part is taken out.
std::vector<Difference> unmatched(const std::vector<Difference>& a, const std::vector<Difference>& b)
{
    std::vector<std::vector<size_t>> length(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = a.size(); i-- > 0;) {
        for (size_t j = b.size(); j-- > 0;) {
            length[i][j] = alike(a[i], b[j]) ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
        }
    }
    std::vector<Difference> left;
    for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
        if (i < a.size() && j < b.size() && alike(a[i], b[j])) {
            ++i;
            ++j;
        } else if (j == b.size() || (i < a.size() && length[i + 1][j] >= length[i][j + 1])) {
            left.push_back(a[i++]);
        } else {
            left.push_back(b[j++]);
        }
    }
    return left;
}

}  // namespace

Result<std::vector<Difference>> check_corners(const Corners& corners)
{
    auto bases = differences(corners.old_base, corners.new_base, true);
    auto tips = bases ? differences(corners.old_tip, corners.new_tip, false) : bases;
    if (!tips) {
        return tips.error();
    }
    std::vector<Difference> left = unmatched(*bases, *tips);
    if (left.empty()) {
        return left;
    }
    auto merged = git::merge_text(corners.old_base, corners.old_tip, corners.new_base);
    if (!merged && merged.error().kind != ErrorKind::conflict) {
        return merged.error();
    }
    return merged && merged->clean && merged->text == corners.new_tip ? std::vector<Difference>() : left;
}

}  // namespace rogate::series
