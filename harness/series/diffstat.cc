// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/diffstat.h"

#include <algorithm>
#include <fmt/format.h>

#include "mail/mail.h"
#include "patch/parse.h"

namespace rogate::series {
namespace {

constexpr size_t kColumns = 72;

struct FileStat {
    std::string name;
    size_t added = 0;
    size_t removed = 0;
    auto operator<=>(const FileStat&) const = default;
};

std::vector<FileStat> stats_of(const std::vector<patch::FilePatch>& changes)
{
    std::vector<FileStat> stats;
    for (const patch::FilePatch& change : changes) {
        FileStat stat{change.path(), 0, 0};
        for (const patch::Hunk& hunk : change.hunks) {
            for (const patch::Line& line : hunk.lines) {
                stat.added += line.kind == patch::LineKind::added ? 1 : 0;
                stat.removed += line.kind == patch::LineKind::removed ? 1 : 0;
            }
        }
        stats.push_back(std::move(stat));
    }
    return stats;
}

/// A part of the graph: as long as its share, but never nothing. Source: git's diff.c says so of its --stat.
size_t scaled(size_t count, size_t width, size_t most)
{
    return count == 0 ? 0 : 1 + count * (width - 1) / most;
}

std::string short_name(const std::string& name, size_t width)
{
    if (name.size() <= width) {
        return name + std::string(width - name.size(), ' ');
    }
    std::string tail = name.substr(name.size() - (width - 3));
    const size_t slash = tail.find('/');
    tail = "..." + (slash == std::string::npos ? tail : tail.substr(slash));
    return tail + std::string(width - std::min(width, tail.size()), ' ');
}

std::string stat_text(const std::vector<FileStat>& stats)
{
    size_t longest = 0;
    size_t most = 0;
    size_t added = 0;
    size_t removed = 0;
    for (const FileStat& stat : stats) {
        longest = std::max(longest, stat.name.size());
        most = std::max(most, stat.added + stat.removed);
        added += stat.added;
        removed += stat.removed;
    }
    const size_t digits = std::to_string(most).size();
    const size_t around = digits + 6;  // " name | 12 +++", and a column at the end
    size_t graph = most;
    size_t names = longest;
    if (names + around + graph > kColumns) {
        graph = std::min(graph, std::max<size_t>(kColumns * 3 / 8 - around, 6));
        names = std::min(longest, kColumns - around - graph);
        graph = std::min(most, kColumns - around - names);
    }
    std::string text;
    for (const FileStat& stat : stats) {
        size_t plus = stat.added;
        size_t minus = stat.removed;
        const size_t total = plus + minus;
        if (most > graph) {
            const size_t whole = std::max(scaled(total, graph, most), total > 0 && plus > 0 && minus > 0 ? size_t{2} : size_t{0});
            if (plus < minus) {
                plus = scaled(plus, graph, most);
                minus = whole - plus;
            } else {
                minus = scaled(minus, graph, most);
                plus = whole - minus;
            }
        }
        text += fmt::format(" {} | {:>{}}{}{}{}\n", short_name(stat.name, names), total, digits, total > 0 ? " " : "", std::string(plus, '+'), std::string(minus, '-'));
    }
    text += fmt::format(" {} file{} changed", stats.size(), stats.size() == 1 ? "" : "s");
    if (added > 0 || removed == 0) {
        text += fmt::format(", {} insertion{}(+)", added, added == 1 ? "" : "s");
    }
    if (removed > 0 || added == 0) {
        text += fmt::format(", {} deletion{}(-)", removed, removed == 1 ? "" : "s");
    }
    return text + "\n";
}

std::vector<patch::FilePatch> changes_of(const std::string& text)
{
    auto changes = patch::parse_diff(std::make_shared<const std::string>(text), {.strip = 1, .offset_bytes = mail::find_body(text)});
    return changes ? *std::move(changes) : std::vector<patch::FilePatch>();
}

}  // namespace

std::string print_diffstat(const std::vector<patch::FilePatch>& changes)
{
    return stat_text(stats_of(changes));
}

std::string renew_diffstat(const std::string& old_text, std::string text)
{
    const auto old_stats = stats_of(changes_of(old_text));
    const auto stats = stats_of(changes_of(text));
    const std::string known = stat_text(old_stats);
    const size_t at = text.find(known);
    if (old_stats == stats || old_stats.empty() || stats.empty() || at == std::string::npos) {
        return text;
    }
    return text.replace(at, known.size(), stat_text(stats));
}

}  // namespace rogate::series
