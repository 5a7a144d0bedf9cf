// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>

#include "process/spec.h"
#include "report/forms.h"
#include "report/text.h"
#include "report/view.h"

namespace rogate::report {
namespace {

/// How many cases or reasons a mail names before it counts the rest.
constexpr size_t kMost = 20;

std::string line(std::string_view text, std::string_view first = "", std::string_view other = "")
{
    return wrap(printable(text), kMailColumns, first, other);
}

std::string title(std::string_view text)
{
    return fmt::format("\n{}\n{}\n", text, std::string(columns(text), '-'));
}

std::string fact(std::string_view name, const std::string& value)
{
    return value.empty() ? "" : line(value, fmt::format("  {:<9} ", name), std::string(12, ' '));
}

/// A command line over several lines that a shell takes as one. A word that is longer than a line goes on at the margin
/// of the next: backslash and line end between two quoted pieces are nothing to a shell.
std::string command_lines(const std::vector<std::string>& argv)
{
    constexpr size_t kRoom = kMailColumns - 2;
    constexpr size_t kPiece = 50;  // with quotes, and a quote within taking four characters, mostly less than a line
    std::string text = "  ";
    size_t used = 2;
    for (const std::string& word : argv) {
        const std::string quoted = process::paste_line({printable(word)});
        if (used > 2 && used + columns(quoted) > kRoom) {
            text += "\\\n      ";
            used = 6;
        }
        if (used + columns(quoted) <= kRoom) {
            text += quoted + " ";
            used += columns(quoted) + 1;
            continue;
        }
        std::string piece;
        for (const char c : printable(word)) {
            const bool starts = (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
            if (starts && columns(process::paste_line({piece})) >= kPiece) {
                text += process::paste_line({piece}) + "\\\n";
                piece.clear();
            }
            piece += c;
        }
        text += process::paste_line({piece}) + " ";
        used = columns(process::paste_line({piece})) + 1;
    }
    text.pop_back();
    return text + "\n";
}

std::string what_was_tested(const Results& results)
{
    const RunFacts& facts = results.facts;
    const Totals totals = totals_of(results);
    std::string text = title("What was tested");
    text += fact("series", fmt::format("{}, {}", facts.series, counted(facts.patches.size(), "patch", "patches")));
    text += fact("upstream", facts.upstream);
    for (const auto& [state, tree] : facts.trees) {
        text += fact(state, "tree " + tree);
    }
    for (const auto& [tool, version] : facts.tools) {
        text += fact("with", tool + " " + version);
    }
    text += fact("by", "rogate " + facts.rogate_version);
    text += fact("result", fmt::format("{} in {:.1f} s: {}; {}", counted(totals.run, "case", "cases"), facts.seconds,
                                       verdicts_text(totals), outcome_text(totals)));
    return text;
}

std::string matrix_of(const std::vector<Row>& rows, matrix::Mode mode, const std::string& states)
{
    const auto blocks = alike(rows, mode);
    if (blocks.empty()) {
        return {};
    }
    std::string text =
        title(fmt::format("{} disks, {}", mode == matrix::Mode::ro ? "Read-only" : "Read-write", states));
    for (const Alike& block : blocks) {
        std::string formats;
        for (const std::string& format : block.formats) {
            formats += (formats.empty() ? "" : ", ") + format;
        }
        text += line(formats + ":", "  ", "  ");
        for (const Alike::Line& one : block.lines) {
            const std::string first =
                fmt::format("  {:>5}  {:<18} ", one.cases, one.transition + (one.as_expected ? "" : " !"));
            text += line(one.where, first, std::string(28, ' '));
        }
    }
    return text;
}

std::string patches_of(const Results& results, const std::vector<Row>& rows)
{
    const auto effects = patch_effects(results, rows);
    std::string text;
    bool all_seen = true;
    for (const PatchEffect& effect : effects) {
        if (effect.rows.empty()) {
            continue;
        }
        all_seen &= effect.seen;
        text += line(effect.patch, "  ", "    ");
        for (const auto& [change, changed] : effect.by_change) {
            std::vector<const matrix::Case*> cases;
            std::transform(changed.begin(), changed.end(), std::back_inserter(cases),
                           [](const Row* row) { return row->one; });
            text += line(covering_pattern(cases, rows), fmt::format("  {:>5}  {:<18} ", changed.size(), change),
                         std::string(28, ' '));
        }
    }
    if (text.empty()) {
        return {};
    }
    return title("Which patch closes what") +
           (all_seen ? "" : line("By expectation; 'rogate run --at all' shows it patch by patch.", "", "")) + text;
}

std::string unexpected_of(const Results& results)
{
    std::string text;
    size_t count = 0;
    for (const Finding& finding : results.findings) {
        if (finding.as_expected()) {
            continue;
        }
        if (++count > kMost) {
            continue;
        }
        text += line(fmt::format("{} at {}: expected {}, seen {}", finding.one.id(), finding.at,
                                 finding.expected ? matrix::to_string(*finding.expected) : "nothing",
                                 matrix::to_string(finding.outcome.verdict.kind)),
                     "  ", "    ");
        if (!finding.outcome.verdict.reasons.empty()) {
            text += line(finding.outcome.verdict.reasons.front(), "    ", "    ");
        }
    }
    if (text.empty()) {
        return {};
    }
    return title("UNEXPECTED") + text + (count > kMost ? fmt::format("  and {} more\n", count - kMost) : "");
}

std::string changes_of(const Comparison& comparison, const std::vector<Row>& rows)
{
    std::string text = title("What changed");
    text += fact("against", fmt::format("{}, {}", comparison.before->facts.series, comparison.before->facts.upstream));
    for (const auto& [state, tree] : comparison.before->facts.trees) {
        text += fact(state, "tree " + tree);
    }
    for (const Comparison::Group& group : comparison.groups()) {
        text += line(covering_pattern(group.cases, rows),
                     fmt::format("  {:>5}  {:<18} at {}, {}: ", group.cases.size(), group.change, group.at,
                                 to_string(group.direction)),
                     std::string(9, ' '));
    }
    text += fmt::format("  {:>5}  the same\n", comparison.same);
    if (!comparison.only_before.empty()) {
        text += fmt::format("  {:>5}  there only\n", comparison.only_before.size());
    }
    if (!comparison.only_after.empty()) {
        text += fmt::format("  {:>5}  here only\n", comparison.only_after.size());
    }
    return text;
}

std::string gaps_of(const std::vector<Row>& rows)
{
    std::string text;
    for (const auto& [reason, cases] : gaps(rows)) {
        text += line(reason, fmt::format("  {:>5}  ", cases.size()), std::string(9, ' '));
        text += line(covering_pattern(cases, rows), std::string(9, ' '), std::string(9, ' '));
    }
    return text.empty() ? "" : title("What cannot be tested, and why") + text;
}

std::string how_again(const Results& results, const std::vector<Row>& rows)
{
    std::string text = title("How to run it again") + command_lines(results.facts.command);
    for (const Row& row : rows) {
        if (!row.skipped()) {
            text += "one case, its images and logs kept:\n" +
                    command_lines({"rogate", "run", row.one->id(), "--series", results.facts.series, "--at",
                                   row.last().at, "--keep"});
            break;
        }
    }
    return text;
}

}  // namespace

std::string mail(const Document& document)
{
    const Results& results = *document.results;
    const std::vector<Row> rows = rows_of(results);
    const States states = states_of(results);
    const std::string range = states.empty()       ? std::string("nothing")
                              : states.size() == 1 ? "at " + states.begin()->second
                                                   : states.begin()->second + " -> " + states.rbegin()->second;
    std::string text = what_was_tested(results) + unexpected_of(results);
    if (document.against) {
        text += changes_of(*document.against, rows);
    }
    text += matrix_of(rows, matrix::Mode::ro, range) + matrix_of(rows, matrix::Mode::rw, range);
    text += patches_of(results, rows) + gaps_of(rows) + how_again(results, rows);
    return text.substr(1);  // the empty line before the first title
}

}  // namespace rogate::report
