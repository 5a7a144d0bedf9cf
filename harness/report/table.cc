// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

namespace rogate::report {
namespace {

using matrix::CaseResult;
using matrix::VerdictKind;

std::string cell(const CaseResult& result)
{
    if (!result.one.skip.empty()) {
        return "-";
    }
    const std::string verdict(matrix::to_string(result.judged.verdict.kind));
    if (result.as_expected()) {
        return verdict;
    }
    return fmt::format("{}! ({})", verdict, result.expected ? matrix::to_string(result.expected->kind) : "no expectation");
}

const char* colour_of(const CaseResult& result)
{
    if (!result.one.skip.empty()) {
        return "\033[2m";
    }
    if (!result.as_expected()) {
        return "\033[1;41m";
    }
    switch (result.judged.verdict.kind) {
    case VerdictKind::sealed:
    case VerdictKind::writes:
        return "\033[32m";
    case VerdictKind::hole:
    case VerdictKind::leak:
        return "\033[33m";
    default:
        return "\033[36m";
    }
}

struct Row {
    std::string id;
    std::map<size_t, const CaseResult*> by_state;
};

std::vector<Row> rows_of(const std::vector<CaseResult>& results)
{
    std::vector<Row> rows;
    for (const CaseResult& result : results) {
        const std::string id = result.one.id();
        if (rows.empty() || rows.back().id != id) {
            rows.push_back({id, {}});
        }
        rows.back().by_state[result.patches] = &result;
    }
    return rows;
}

bool is_skip_row(const Row& row) { return !row.by_state.begin()->second->one.skip.empty(); }

}  // namespace

bool use_colour(int stream_fd)
{
    const char* no_color = std::getenv("NO_COLOR");
    return (!no_color || *no_color == '\0') && ::isatty(stream_fd) != 0;
}

std::string table(const std::vector<CaseResult>& results, bool colour)
{
    const std::vector<Row> rows = rows_of(results);
    size_t id_width = 4;
    std::map<size_t, size_t> widths;
    std::map<size_t, std::string> titles;
    for (const CaseResult& result : results) {
        titles[result.patches] = result.state;
        size_t& width = widths[result.patches];
        if (!result.one.skip.empty()) {
            continue;
        }
        id_width = std::max(id_width, result.one.id().size());
        width = std::max({width, cell(result).size(), result.state.size()});
    }
    std::string text = fmt::format("{:<{}}", "case", id_width);
    for (const auto& [state, title] : titles) {
        text += fmt::format("  {:<{}}", title, widths[state]);
    }
    text = text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
    size_t skipped = 0;
    for (const Row& row : rows) {
        if (is_skip_row(row)) {
            ++skipped;
            continue;
        }
        std::string line = fmt::format("{:<{}}", row.id, id_width);
        for (const auto& [state, result] : row.by_state) {
            const std::string word = cell(*result);
            const bool last = state == row.by_state.rbegin()->first;
            const std::string padding(last ? 0 : widths[state] - word.size(), ' ');
            line += colour ? fmt::format("  {}{}\033[0m{}", colour_of(*result), word, padding) : "  " + word + padding;
        }
        text += line + "\n";
    }
    if (skipped == 1 && rows.size() == 1) {
        text += fmt::format("{}  skip: {}\n", rows[0].id, rows[0].by_state.begin()->second->one.skip);
    } else if (skipped > 0) {
        text += fmt::format("{} combinations are skipped; 'rogate list' gives each one's reason\n", skipped);
    }
    return text;
}

std::string unexpected_details(const std::vector<CaseResult>& results)
{
    std::string text;
    for (const CaseResult& result : results) {
        if (result.as_expected()) {
            continue;
        }
        const std::string id = result.one.id();
        text += fmt::format("unexpected: {} at {}: expected {}, seen {}\n", id, result.state,
                            result.expected ? matrix::to_string(result.expected->kind) : "nothing",
                            matrix::to_string(result.judged.verdict.kind));
        if (!result.expected) {
            text += "  no rule of the series' expect.toml fits this case\n";
        } else if (!result.expected->missing_patch.empty()) {
            text += fmt::format("  expect.toml counts on '{}', which the series does not have\n", result.expected->missing_patch);
        }
        for (size_t i = 0; i < result.judged.verdict.reasons.size() && i < 6; ++i) {
            text += "  " + result.judged.verdict.reasons[i] + "\n";
        }
        if (!result.judged.evidence.environment_hint.empty()) {
            text += "  hint: " + result.judged.evidence.environment_hint + "\n";
        }
        text += fmt::format("  again: rogate run '{}' --at {} --keep\n", id, result.state);
    }
    return text;
}

std::string summary(const std::vector<CaseResult>& results, double seconds)
{
    std::map<std::string, size_t> counts;
    size_t run = 0;
    size_t unexpected = 0;
    for (const CaseResult& result : results) {
        if (!result.one.skip.empty()) {
            continue;
        }
        ++run;
        ++counts[std::string(matrix::to_string(result.judged.verdict.kind))];
        unexpected += result.as_expected() ? 0 : 1;
    }
    std::string verdicts;
    for (const auto& [verdict, count] : counts) {
        verdicts += fmt::format("{}{} {}", verdicts.empty() ? "" : ", ", count, verdict);
    }
    return fmt::format("{} cases in {:.1f} s ({:.0f} a second): {}; {}\n", run, seconds,
                       seconds > 0 ? static_cast<double>(run) / seconds : 0.0, verdicts,
                       run == 0           ? "nothing ran"
                       : unexpected == 0 ? "all as expected"
                                         : fmt::format("{} UNEXPECTED", unexpected));
}

}  // namespace rogate::report
