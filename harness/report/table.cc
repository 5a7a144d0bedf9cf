// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/table.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/text.h"
#include "report/view.h"

namespace rogate::report {
namespace {

using matrix::VerdictKind;

constexpr size_t kUsualWidth = 120;
constexpr const char* kReset = "\033[0m";

std::string cell(const Finding& finding)
{
    const std::string verdict(matrix::to_string(finding.outcome.verdict.kind));
    if (finding.as_expected()) {
        return verdict;
    }
    return fmt::format("{}! ({})", verdict, finding.expected ? matrix::to_string(*finding.expected) : "no expectation");
}

const char* colour_of(const Finding& finding)
{
    if (!finding.as_expected()) {
        return "\033[1;41m";
    }
    switch (finding.outcome.verdict.kind) {
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

/// A line without blanks at its end.
std::string trimmed(const std::string& line)
{
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string padded(const std::string& text, size_t width)
{
    const size_t used = columns(text);
    return text + std::string(used < width ? width - used : 0, ' ');
}

std::string coloured(const std::string& text, const Finding& finding, bool colour)
{
    return colour ? colour_of(finding) + text + kReset : text;
}

std::string list_table(const Results& results, const std::vector<Row>& rows, bool colour)
{
    size_t id_width = 4;
    std::vector<size_t> widths;
    const States states = states_of(results);
    for (const auto& [patches, name] : states) {
        widths.push_back(columns(name));
    }
    for (const Row& row : rows) {
        if (!row.skipped()) {
            id_width = std::max(id_width, columns(row.one->id()));
        }
        for (size_t i = 0; i < widths.size() && !row.skipped(); ++i) {
            widths[i] = std::max(widths[i], row.by_state[i] ? cell(*row.by_state[i]).size() : 1);
        }
    }
    std::string text = padded("case", id_width);
    size_t column = 0;
    for (const auto& [patches, name] : states) {
        text += "  " + padded(name, widths[column++]);
    }
    text = trimmed(text);
    for (const Row& row : rows) {
        if (row.skipped()) {
            continue;
        }
        std::string line = padded(printable(row.one->id()), id_width);
        for (size_t i = 0; i < widths.size(); ++i) {
            const Finding* finding = row.by_state[i];
            const std::string word = finding ? cell(*finding) : "-";
            const size_t blanks = i + 1 == widths.size() ? 0 : widths[i] - std::min(widths[i], word.size());
            line += "  " + (finding ? coloured(word, *finding, colour) : word) + std::string(blanks, ' ');
        }
        text += line + "\n";
    }
    return text;
}

/// A row of the grid: what its cases have in common, and their rows by bus.
struct GridRow {
    std::string title;
    std::map<std::string, const Row*> by_bus;
};

std::string grid_cell(const Row& row)
{
    return transition(row) + (row.as_expected() ? "" : "!");
}

/// Which findings' colours a cell has: the last state's, or the first unexpected one's.
const Finding& telling(const Row& row)
{
    for (const Finding* finding : row.by_state) {
        if (finding && !finding->as_expected()) {
            return *finding;
        }
    }
    return row.last();
}

std::string grid_block(const std::vector<GridRow>& rows, const std::vector<std::pair<std::string, size_t>>& buses,
                       size_t from, size_t to, size_t title_width, bool colour)
{
    std::string head = padded("case", title_width);
    for (size_t i = from; i < to; ++i) {
        head += "  " + padded(buses[i].first, buses[i].second);
    }
    std::string text = trimmed(head);
    for (const GridRow& row : rows) {
        std::string line = padded(row.title, title_width);
        for (size_t i = from; i < to; ++i) {
            const auto found = row.by_bus.find(buses[i].first);
            const std::string word = found == row.by_bus.end() ? "-" : grid_cell(*found->second);
            const std::string blanks(i + 1 == to ? 0 : buses[i].second - std::min(buses[i].second, word.size()), ' ');
            line +=
                "  " + (found == row.by_bus.end() ? word : coloured(word, telling(*found->second), colour)) + blanks;
        }
        text += trimmed(line);
    }
    return text;
}

std::string grid_table(const std::vector<Row>& rows, bool colour, size_t width)
{
    std::vector<GridRow> grid;
    std::map<std::string, size_t> place;
    std::vector<std::pair<std::string, size_t>> buses;
    size_t title_width = 4;
    for (const Row& row : rows) {
        if (row.skipped()) {
            continue;
        }
        const matrix::Case& one = *row.one;
        const std::string title = printable(
            fmt::format("{} {} {}/{}", one.format, matrix::to_string(one.mode), one.configuration, one.shape));
        const auto [found, is_new] = place.try_emplace(title, grid.size());
        if (is_new) {
            grid.push_back({title, {}});
            title_width = std::max(title_width, columns(title));
        }
        grid[found->second].by_bus[one.bus] = &row;
        auto bus = std::find_if(buses.begin(), buses.end(), [&](const auto& known) { return known.first == one.bus; });
        if (bus == buses.end()) {
            bus = buses.insert(buses.end(), {one.bus, columns(one.bus)});
        }
        bus->second = std::max(bus->second, grid_cell(row).size());
    }
    std::string text;
    for (size_t from = 0; from < buses.size();) {
        size_t used = title_width;
        size_t to = from;
        while (to < buses.size() && (to == from || used + 2 + buses[to].second <= width)) {
            used += 2 + buses[to++].second;
        }
        text += (from == 0 ? "" : "\n") + grid_block(grid, buses, from, to, title_width, colour);
        from = to;
    }
    return text;
}

}  // namespace

bool use_colour(int stream_fd, Colour wish)
{
    const char* no_color = std::getenv("NO_COLOR");
    return wish == Colour::always ||
           (wish == Colour::automatic && (!no_color || *no_color == '\0') && ::isatty(stream_fd) != 0);
}

size_t table_width(int stream_fd)
{
    winsize size{};
    if (::ioctl(stream_fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    size_t width = 0;
    const char* named = std::getenv("COLUMNS");
    if (named && std::from_chars(named, named + std::strlen(named), width).ec == std::errc() && width > 0) {
        return width;
    }
    return kUsualWidth;
}

std::string table(const Results& results, TableForm form, bool colour, size_t width)
{
    const std::vector<Row> rows = rows_of(results);
    size_t skipped = 0;
    bool many_buses = false;
    const Row* first = nullptr;
    for (const Row& row : rows) {
        if (row.skipped()) {
            ++skipped;
            continue;
        }
        first = first ? first : &row;
        many_buses |= row.one->bus != first->one->bus;
    }
    const bool grid = form == TableForm::grid || (form == TableForm::automatic && many_buses);
    std::string text = grid ? grid_table(rows, colour, width) : list_table(results, rows, colour);
    if (skipped == 1 && rows.size() == 1) {
        text += fmt::format("{}  skip: {}\n", printable(rows[0].one->id()), printable(rows[0].one->skip));
    } else if (skipped > 0) {
        text += fmt::format("{} combinations are skipped; 'rogate list' gives each one's reason\n", skipped);
    }
    return text;
}

std::string unexpected_details(const Results& results)
{
    std::string text;
    for (const Finding& finding : results.findings) {
        if (finding.as_expected()) {
            continue;
        }
        const std::string id = printable(finding.one.id());
        text += fmt::format("unexpected: {} at {}: expected {}, seen {}\n", id, finding.at,
                            finding.expected ? matrix::to_string(*finding.expected) : "nothing",
                            matrix::to_string(finding.outcome.verdict.kind));
        if (!finding.expected) {
            text += "  no rule of the series' expect.toml fits this case\n";
        } else if (!finding.missing_patch.empty()) {
            text += fmt::format("  expect.toml counts on '{}', which the series does not have\n",
                                printable(finding.missing_patch));
        }
        const auto& reasons = finding.outcome.verdict.reasons;
        for (size_t i = 0; i < reasons.size() && i < 6; ++i) {
            text += "  " + printable(reasons[i]) + "\n";
        }
        if (!finding.outcome.environment_hint.empty()) {
            text += "  hint: " + printable(finding.outcome.environment_hint) + "\n";
        }
        text += fmt::format("  again: rogate run '{}' --at {} --keep\n", id, finding.at);
    }
    return text;
}

std::string summary(const Results& results)
{
    const Totals totals = totals_of(results);
    const double seconds = results.facts.seconds;
    const size_t ran = totals.run - totals.unchanged;
    const std::string speed = ran == 0 ? "" : fmt::format(" in {:.1f} s ({:.0f} a second)", seconds, seconds > 0 ? static_cast<double>(ran) / seconds : 0.0);
    const std::string known = totals.unchanged == 0 ? "" : fmt::format(", {} unchanged since they were run", ran == 0 ? "all" : std::to_string(totals.unchanged));
    return fmt::format("{} cases{}{}: {}; {}\n", totals.run, known, speed, verdicts_text(totals), outcome_text(totals));
}

}  // namespace rogate::report
