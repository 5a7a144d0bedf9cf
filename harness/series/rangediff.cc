// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/rangediff.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "git/merge.h"
#include "git/object_id.h"
#include "patch/path.h"
#include "series/assignment.h"
#include "series/repair_text.h"

namespace rogate::series {
namespace {

std::string change_text(const std::vector<patch::FilePatch>& changes)
{
    std::string text;
    for (const patch::FilePatch& change : changes) {
        text += fmt::format(" ## {}{} ##\n", change.path(),
                            change.old_path.empty()                 ? " (new)"
                            : change.new_path.empty()               ? " (removed)"
                            : change.old_path != change.new_path    ? " (was " + change.old_path + ")"
                                                                    : "");
        for (const patch::Hunk& hunk : change.hunks) {
            text += fmt::format("@@ {}\n", hunk.section);
            for (const patch::Line& line : hunk.lines) {
                text += static_cast<char>(line.kind) + std::string(line.text) + (line.text.ends_with('\n') ? "" : "\n");
            }
        }
    }
    return text;
}

/// A patch as text, of which nothing changes when it only moves.
std::string whole_text(const VersionPatch& one)
{
    std::string text = " ## Message ##\n    " + one.subject + "\n";
    for (const RawLine& line : raw_lines(one.message)) {
        text += "    " + line.text + "\n";
    }
    return text + change_text(one.patch.changes);
}

/// Lines that only one of the texts has.
Result<int64_t> difference(const std::string& before, const std::string& after)
{
    auto edits = git::diff_lines(before, after);
    if (!edits) {
        return edits.error();
    }
    int64_t lines = 0;
    for (const git::Edit& edit : *edits) {
        lines += static_cast<int64_t>(edit.old_count + edit.new_count);
    }
    return lines;
}

/// Unified lines with three of context, without line numbers.
Result<std::vector<std::string>> text_diff(const std::string& before, const std::string& after)
{
    constexpr size_t kContext = 3;
    auto edits = git::diff_lines(before, after);
    if (!edits) {
        return edits.error();
    }
    const std::vector<RawLine> old_lines = raw_lines(before);
    const std::vector<RawLine> new_lines = raw_lines(after);
    std::vector<std::string> out;
    size_t shown = 0;  // old lines before this one are dealt with
    for (size_t i = 0; i < edits->size(); ++i) {
        const git::Edit& edit = (*edits)[i];
        const size_t from = std::max(shown, edit.old_line > kContext ? edit.old_line - kContext : 0);
        if (from > shown || out.empty()) {
            out.emplace_back("@@");
        }
        for (size_t line = from; line < edit.old_line; ++line) {
            out.push_back(" " + old_lines[line].text);
        }
        for (size_t line = edit.old_line; line < edit.old_line + edit.old_count; ++line) {
            out.push_back("-" + old_lines[line].text);
        }
        for (size_t line = edit.new_line; line < edit.new_line + edit.new_count; ++line) {
            out.push_back("+" + new_lines[line].text);
        }
        shown = edit.old_line + edit.old_count;
        const size_t next = i + 1 < edits->size() ? (*edits)[i + 1].old_line : old_lines.size();
        for (const size_t end = std::min(shown + kContext, next); shown < end; ++shown) {
            out.push_back(" " + old_lines[shown].text);
        }
    }
    return out;
}

/// Pairs of equal changes, in order; `left` lists are what remains.
void match_equal(const Version& before, const Version& after, std::vector<std::optional<size_t>>& partner,
                 std::vector<size_t>& left_before, std::vector<size_t>& left_after)
{
    std::multimap<std::string, size_t> known;
    for (size_t i = 0; i < before.size(); ++i) {
        known.emplace(change_key(before[i].patch.changes), i);
    }
    std::vector<bool> used(before.size(), false);
    for (size_t j = 0; j < after.size(); ++j) {
        const auto at = known.find(change_key(after[j].patch.changes));
        if (at == known.end()) {
            left_after.push_back(j);
            continue;
        }
        partner[j] = at->second;
        used[at->second] = true;
        known.erase(at);
    }
    for (size_t i = 0; i < before.size(); ++i) {
        if (!used[i]) {
            left_before.push_back(i);
        }
    }
}

/// Matches the rest by what they have in common. A patch may stay alone at 60 % of its lines, as with git range-diff.
Result<void> match_rest(const Version& before, const Version& after, std::vector<std::optional<size_t>>& partner,
                        const std::vector<size_t>& left_before, const std::vector<size_t>& left_after)
{
    const size_t n = left_before.size();
    const size_t m = left_after.size();
    std::vector<std::vector<int64_t>> costs(n + m, std::vector<int64_t>(n + m, 0));
    const auto texts_of = [](const Version& version, const std::vector<size_t>& left) {
        std::vector<std::string> texts;
        for (const size_t i : left) {
            texts.push_back(change_text(version[i].patch.changes));
        }
        return texts;
    };
    const std::vector<std::string> old_texts = texts_of(before, left_before);
    const std::vector<std::string> new_texts = texts_of(after, left_after);
    const auto alone = [](const std::string& text) { return static_cast<int64_t>(raw_lines(text).size()) * 6 / 10 + 1; };
    for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < m; ++j) {
            const VersionPatch& a = before[left_before[i]];
            const VersionPatch& b = after[left_after[j]];
            auto lines = difference(old_texts[i], new_texts[j]);
            if (!lines) {
                return lines.error();
            }
            costs[i][j] = a.subject == b.subject ? *lines / 2 : *lines;
        }
        std::fill(costs[i].begin() + static_cast<ptrdiff_t>(m), costs[i].end(), alone(old_texts[i]));
    }
    for (size_t row = n; row < n + m; ++row) {
        for (size_t j = 0; j < m; ++j) {
            costs[row][j] = alone(new_texts[j]);
        }
    }
    const std::vector<size_t> columns = assign(costs);
    for (size_t i = 0; i < n; ++i) {
        if (columns[i] < m) {
            partner[left_after[columns[i]]] = left_before[i];
        }
    }
    return {};
}

}  // namespace

std::string change_key(const std::vector<patch::FilePatch>& changes)
{
    std::vector<std::string> files;
    for (const patch::FilePatch& change : changes) {
        std::string text = change.old_path + "\n" + change.new_path + "\n";
        for (const patch::Hunk& hunk : change.hunks) {
            for (const patch::Line& line : hunk.lines) {
                std::string_view body = line.text;
                text += static_cast<char>(line.kind) + bare(body.substr(0, body.find('\n'))) + "\n";
            }
        }
        files.push_back(std::move(text));
    }
    std::sort(files.begin(), files.end());
    std::string all;
    for (const std::string& file : files) {
        all += file + '\0';
    }
    return git::hash_blob(all).hex();
}

Result<std::vector<Pair>> compare_versions(const Version& before, const Version& after)
{
    std::vector<std::optional<size_t>> partner(after.size());
    std::vector<size_t> left_before;
    std::vector<size_t> left_after;
    match_equal(before, after, partner, left_before, left_after);
    if (auto matched = match_rest(before, after, partner, left_before, left_after); !matched) {
        return matched.error();
    }
    std::vector<bool> shown(before.size(), false);
    for (const auto& one : partner) {
        if (one) {
            shown[*one] = true;
        }
    }
    std::vector<Pair> pairs;
    size_t next = 0;
    const auto removed_up_to = [&](size_t end) {
        for (; next < end; ++next) {
            if (!shown[next]) {
                pairs.push_back({next, std::nullopt, false, false, {}});
            }
        }
    };
    for (size_t j = 0; j < after.size(); ++j) {
        Pair pair{partner[j], j, false, false, {}};
        if (pair.before) {
            removed_up_to(*pair.before);
            const VersionPatch& a = before[*pair.before];
            const VersionPatch& b = after[j];
            pair.same_change = change_key(a.patch.changes) == change_key(b.patch.changes);
            pair.same_message = a.subject == b.subject && a.message == b.message;
            auto diff = text_diff(whole_text(a), whole_text(b));
            if (!diff) {
                return diff.error();
            }
            pair.diff = *std::move(diff);
        }
        pairs.push_back(std::move(pair));
    }
    removed_up_to(before.size());
    return pairs;
}

}  // namespace rogate::series
