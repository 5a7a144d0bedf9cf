// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>

#include "process/spec.h"
#include "report/forms.h"
#include "report/text.h"
#include "report/view.h"

namespace rogate::report {
namespace {

/// GitHub takes 65,536 characters in a comment, so lists are cut here.
constexpr size_t kMostUnexpected = 50;
constexpr size_t kMostGroups = 60;
constexpr size_t kMostBytes = 400;  ///< of one text, a reason for example

std::string code(const std::string& text)
{
    return code_span(text.size() > kMostBytes ? text.substr(0, kMostBytes) + "..." : text);
}

std::string table_of(const std::vector<Row>& rows, matrix::Mode mode)
{
    const auto blocks = alike(rows, mode);
    std::string text;
    size_t shown = 0;
    for (const Alike& block : blocks) {
        for (const Alike::Line& one : block.lines) {
            if (++shown > kMostGroups) {
                continue;
            }
            std::string formats;
            for (const std::string& format : block.formats) {
                formats += (formats.empty() ? "" : ", ") + format;
            }
            text += fmt::format("| {} | {}{} | {} | {} |\n", code(formats), code(one.transition),
                                one.as_expected ? "" : " **unexpected**", one.cases, code(one.where));
        }
    }
    if (text.empty()) {
        return {};
    }
    return fmt::format(
        "\n#### {} disks\n\n| formats | verdict | cases | configuration/shape |\n| --- | --- | ---: | --- |\n{}{}",
        mode == matrix::Mode::ro ? "Read-only" : "Read-write", text,
        shown > kMostGroups ? fmt::format("\nand {} more lines\n", shown - kMostGroups) : "");
}

std::string unexpected_of(const Results& results)
{
    std::string text;
    size_t count = 0;
    for (const Finding& finding : results.findings) {
        if (finding.as_expected() || ++count > kMostUnexpected) {
            continue;
        }
        const auto& reasons = finding.outcome.verdict.reasons;
        text +=
            fmt::format("| {} | {} | {} | {} | {} |\n", code(finding.one.id()), code(finding.at),
                        finding.expected ? matrix::to_string(*finding.expected) : "nothing",
                        matrix::to_string(finding.outcome.verdict.kind), reasons.empty() ? "" : code(reasons.front()));
    }
    if (text.empty()) {
        return {};
    }
    return "\n#### Unexpected\n\n| case | at | expected | seen | because |\n| --- | --- | --- | --- | --- |\n" + text +
           (count > kMostUnexpected ? fmt::format("\nand {} more\n", count - kMostUnexpected) : "");
}

std::string changes_of(const Comparison& comparison, const std::vector<Row>& rows)
{
    std::string text =
        fmt::format("\n#### Against {}\n\n| change | at | cases | which | |\n| --- | --- | ---: | --- | --- |\n",
                    code(comparison.before->facts.series));
    const auto groups = comparison.groups();
    for (size_t i = 0; i < groups.size() && i < kMostGroups; ++i) {
        text += fmt::format("| {} | {} | {} | {} | {} |\n", code(groups[i].change), code(groups[i].at),
                            groups[i].cases.size(), code(covering_pattern(groups[i].cases, rows)),
                            groups[i].direction == Direction::worse ? "**worse**" : to_string(groups[i].direction));
    }
    return text +
           fmt::format("\n{} the same, {} there only, {} here only{}\n", comparison.same, comparison.only_before.size(),
                       comparison.only_after.size(),
                       groups.size() > kMostGroups ? fmt::format("; {} more lines", groups.size() - kMostGroups) : "");
}

std::string patches_of(const Results& results, const std::vector<Row>& rows)
{
    std::string text;
    for (const PatchEffect& effect : patch_effects(results, rows)) {
        for (const auto& [change, changed] : effect.by_change) {
            std::vector<const matrix::Case*> cases;
            std::transform(changed.begin(), changed.end(), std::back_inserter(cases),
                           [](const Row* row) { return row->one; });
            text += fmt::format("| {} | {} | {} | {} | {} |\n", code(effect.patch), code(change), changed.size(),
                                code(covering_pattern(cases, rows)), effect.seen ? "seen" : "expected");
        }
    }
    return text.empty()
               ? ""
               : "\n<details><summary>Which patch closes what</summary>\n\n| patch | change | cases | which | |\n"
                 "| --- | --- | ---: | --- | --- |\n" +
                     text + "\n</details>\n";
}

std::string facts_of(const RunFacts& facts)
{
    std::string text = "\n<details><summary>What was tested, and how to run it again</summary>\n\n";
    for (const auto& [state, tree] : facts.trees) {
        text += fmt::format("- {}: tree {}\n", code(state), code(tree));
    }
    for (const auto& [tool, version] : facts.tools) {
        text += fmt::format("- {}: {}\n", code(tool), code(version));
    }
    text += fmt::format("- rogate: {}\n- again: {}\n", code(facts.rogate_version),
                        code(process::paste_line(facts.command)));
    return text + "\n</details>\n";
}

std::string gaps_of(const std::vector<Row>& rows)
{
    std::string text;
    for (const auto& [reason, cases] : gaps(rows)) {
        text += fmt::format("| {} | {} | {} |\n", code(reason), cases.size(), code(covering_pattern(cases, rows)));
    }
    return text.empty() ? ""
                        : "\n<details><summary>What cannot be tested, and why</summary>\n\n| reason | cases | which |\n"
                          "| --- | ---: | --- |\n" +
                              text + "\n</details>\n";
}

}  // namespace

std::string markdown(const Document& document)
{
    const Results& results = *document.results;
    const std::vector<Row> rows = rows_of(results);
    const Totals totals = totals_of(results);
    std::string text = fmt::format(
        "### rogate: {}: {}\n\n{} of {} in {:.1f} s: {}\n", code(results.facts.series),
        totals.unexpected == 0 && totals.run > 0 ? outcome_text(totals) : "**" + outcome_text(totals) + "**",
        counted(totals.run, "case", "cases"), counted(results.facts.patches.size(), "patch", "patches"),
        results.facts.seconds, verdicts_text(totals));
    text += unexpected_of(results);
    if (document.against) {
        text += changes_of(*document.against, rows);
    }
    text += table_of(rows, matrix::Mode::ro) + table_of(rows, matrix::Mode::rw);
    return text + patches_of(results, rows) + gaps_of(rows) + facts_of(results.facts);
}

}  // namespace rogate::report
