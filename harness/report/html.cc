// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "process/spec.h"
#include "report/html_parts.h"
#include "report/text.h"

namespace rogate::report {
namespace {

std::string fact(const std::string& name, const std::string& html)
{
    return html.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>\n", xml(name), html);
}

std::string head_html(const Results& results, const Totals& totals)
{
    const RunFacts& facts = results.facts;
    const bool fine = totals.unexpected == 0 && totals.run > 0;
    std::string text =
        fmt::format("<header><h1>rogate: {}</h1>\n<p><span class=\"state{}\">{}</span></p>\n<ul class=\"cards\">",
                    xml(facts.series), fine ? "" : " no", outcome_text(totals));
    for (const auto& [verdict, count] : totals.verdicts) {
        text += fmt::format("<li class=\"{0}\"><b>{1}</b>{0}</li>", verdict, count);
    }
    text += "</ul>\n<dl class=\"facts\">" +
            fact("series",
                 fmt::format("{}, {}", html_code(facts.series), counted(facts.patches.size(), "patch", "patches")));
    text += fact("upstream", xml(facts.upstream));
    for (const auto& [state, tree] : facts.trees) {
        text += fact(state, "tree " + html_code(tree));
    }
    std::string tools;
    for (const auto& [tool, version] : facts.tools) {
        tools += fmt::format("{}{} {}", tools.empty() ? "" : ", ", xml(tool), xml(version));
    }
    text += fact("with", tools) + fact("by", "rogate " + xml(facts.rogate_version));
    text += fact("cases", fmt::format("{} in {:.1f} s", totals.run, facts.seconds));
    return text + fact("again", html_code(process::paste_line(facts.command))) + "</dl>\n";
}

std::string unexpected_html(const Results& results, const EvidenceIndex& index)
{
    std::string text;
    for (const Finding& finding : results.findings) {
        if (!finding.as_expected()) {
            const auto& reasons = finding.outcome.verdict.reasons;
            text +=
                fmt::format("<li>{} at {}: <span class=\"v {} bad\">{}</span> {}</li>\n", html_code(finding.one.id()),
                            xml(finding.at), matrix::to_string(finding.outcome.verdict.kind),
                            verdict_link(finding, index), reasons.empty() ? std::string() : xml(reasons.front()));
        }
    }
    return text.empty() ? ""
                        : "<section aria-labelledby=\"unexpected\"><h2 id=\"unexpected\">Unexpected</h2>\n<ul>" + text +
                              "</ul></section>\n";
}

std::string changes_html(const Comparison& comparison, const std::vector<Row>& rows)
{
    const RunFacts& facts = comparison.before->facts;
    std::string text =
        fmt::format("<p>Against {}, {}: {} the same, {} there only, {} here only.</p>\n", html_code(facts.series),
                    xml(facts.upstream), comparison.same, comparison.only_before.size(), comparison.only_after.size());
    std::string lines;
    for (const Comparison::Group& group : comparison.groups()) {
        lines += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td{}>{}</td><td>{}</td></tr>\n",
                             xml(group.change), xml(group.at), group.cases.size(),
                             group.direction == Direction::worse ? " class=\"hole bad\"" : "",
                             to_string(group.direction), html_code(covering_pattern(group.cases, rows)));
    }
    return text +
           (lines.empty()
                ? ""
                : "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Changes\"><table><thead><tr><th "
                  "scope=\"col\">verdict</th><th scope=\"col\">at</th><th scope=\"col\" class=\"n\">cases</th><th "
                  "scope=\"col\">so it is</th><th scope=\"col\">which</th></tr></thead><tbody>" +
                      lines + "</tbody></table></div>\n");
}

std::string gaps_html(const std::vector<Row>& rows)
{
    std::string text;
    for (const auto& [reason, cases] : gaps(rows)) {
        text += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n", xml(reason), cases.size(),
                            html_code(covering_pattern(cases, rows)));
    }
    return text.empty()
               ? ""
               : "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Gaps\"><table><thead><tr><th "
                 "scope=\"col\">reason</th><th scope=\"col\" class=\"n\">cases</th><th "
                 "scope=\"col\">which</th></tr></thead>"
                 "<tbody>" +
                     text + "</tbody></table></div>\n";
}

struct Part {
    const char* id;
    const char* title;
    std::string body;
};

}  // namespace

std::string html(const Document& document)
{
    const Results& results = *document.results;
    const std::vector<Row> rows = rows_of(results);
    const EvidenceIndex index(results);
    const Totals totals = totals_of(results);
    const Part parts[] = {
        {"changes", "What changed", document.against ? changes_html(*document.against, rows) : std::string()},
        {"matrix", "The matrix",
         html_matrix(results, rows, index, matrix::Mode::ro) + html_matrix(results, rows, index, matrix::Mode::rw)},
        {"patches", "Patch by patch", html_patches(results, rows, index)},
        {"gaps", "What cannot be tested, and why", gaps_html(rows)},
        {"evidence", "Evidence", html_evidence(results, index)},
        {"lists", "Lists that the evidence shares", html_lists(results, index)},
    };
    std::string menu;
    std::string body;
    for (const Part& part : parts) {
        if (!part.body.empty()) {
            menu += fmt::format("<li><a href=\"#{}\">{}</a></li>", part.id, part.title);
            body += fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", part.id,
                                part.title, part.body);
        }
    }
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"/><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<title>rogate: {}: {}</title><style>{}</style>"
        "</head>\n<body><a class=\"skip\" href=\"#main\">To the content</a>\n{}<nav aria-label=\"Parts\"><ul>{}"
        "</ul></nav></header>\n<main id=\"main\">\n{}{}</main>\n<footer><p>rogate {}, results version {}, plan "
        "{}</p></footer></body></html>\n",
        xml(results.facts.series), outcome_text(totals), kHtmlStyle, head_html(results, totals), menu,
        unexpected_html(results, index), body, xml(results.facts.rogate_version), kResultsVersion,
        html_code(results.facts.plan));
}

}  // namespace rogate::report
