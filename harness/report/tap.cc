// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "report/forms.h"
#include "report/json.h"
#include "report/text.h"

namespace rogate::report {
namespace {

/// A scalar of YAML; every JSON string is one. Source: YAML 1.2, 1.3 (relation to JSON).
std::string yaml(const std::string& text)
{
    return Json(printable(text)).dump();
}

std::string diagnosis(const Finding& finding)
{
    std::string text = "  ---\n";
    text += fmt::format("  expected: {}\n", finding.expected ? matrix::to_string(*finding.expected) : "nothing");
    text += fmt::format("  seen: {}\n", matrix::to_string(finding.outcome.verdict.kind));
    text += finding.outcome.verdict.reasons.empty() ? "" : "  reasons: |\n";
    for (const std::string& reason : finding.outcome.verdict.reasons) {
        text += "    " + printable(reason) + "\n";
    }
    text += "  again: " + yaml(fmt::format("rogate run '{}' --at {} --keep", finding.one.id(), finding.at)) + "\n";
    return text + "  ...\n";
}

}  // namespace

std::string tap_lines(const Results& results)
{
    std::string text = fmt::format("TAP version 13\n1..{}\n", results.findings.size());
    size_t number = 0;
    for (const Finding& finding : results.findings) {
        text += fmt::format("{} {} - {} at {}", finding.as_expected() ? "ok" : "not ok", ++number,
                            tap(finding.one.id()), tap(finding.at));
        if (finding.skipped()) {
            text += fmt::format(" # SKIP {}\n", tap(finding.one.skip));
            continue;
        }
        text += fmt::format(": {}\n", matrix::to_string(finding.outcome.verdict.kind));
        text += finding.as_expected() ? "" : diagnosis(finding);
    }
    return text;
}

}  // namespace rogate::report
