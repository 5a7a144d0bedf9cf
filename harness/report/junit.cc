// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <map>

#include "process/spec.h"
#include "report/forms.h"
#include "report/text.h"
#include "report/view.h"

namespace rogate::report {
namespace {

struct Suite {
    std::string cases;
    size_t tests = 0;
    size_t failures = 0;
    size_t errors = 0;
    size_t skipped = 0;
    double seconds = 0;
};

std::string reasons_of(const Finding& finding)
{
    std::string text;
    for (const std::string& reason : finding.outcome.verdict.reasons) {
        text += reason + "\n";
    }
    text += finding.outcome.environment_hint.empty() ? "" : "hint: " + finding.outcome.environment_hint + "\n";
    return text + fmt::format("again: rogate run '{}' --at {} --keep\n", finding.one.id(), finding.at);
}

/// A machine's time is shared by its cases.
double seconds_of(const Results& results, const Finding& finding)
{
    if (!finding.outcome.machine) {
        return 0;
    }
    const Machine& machine = results.machines[*finding.outcome.machine];
    return static_cast<double>(machine.duration_us) / 1e6 /
           static_cast<double>(std::max<size_t>(1, machine.cases.size()));
}

void add_case(Suite& suite, const Results& results, const Finding& finding)
{
    const matrix::Case& one = finding.one;
    const double seconds = seconds_of(results, finding);
    ++suite.tests;
    suite.seconds += seconds;
    // Jenkins shows the class name as a tree by its dots.
    suite.cases += fmt::format("    <testcase classname=\"{}.{}.{}\" name=\"{}\" time=\"{:.3f}\"", xml(one.format),
                               xml(one.bus), matrix::to_string(one.mode), xml(one.id()), seconds);
    if (finding.skipped()) {
        ++suite.skipped;
        suite.cases += fmt::format("><skipped>{}</skipped></testcase>\n", xml(one.skip));
        return;
    }
    if (finding.as_expected()) {
        suite.cases += "/>\n";
        return;
    }
    const bool error = finding.outcome.verdict.kind == matrix::VerdictKind::error;
    ++(error ? suite.errors : suite.failures);
    const std::string_view element = error ? "error" : "failure";
    suite.cases += fmt::format("><{0} type=\"{1}\" message=\"expected {2}, seen {1}\">{3}</{0}></testcase>\n", element,
                               matrix::to_string(finding.outcome.verdict.kind),
                               finding.expected ? matrix::to_string(*finding.expected) : "nothing",
                               xml(reasons_of(finding), true));
}

std::string property(const std::string& name, const std::string& value)
{
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml(name), xml(value));
}

std::string properties(const RunFacts& facts, const std::string& state)
{
    std::string text = property("series", facts.series) + property("upstream", facts.upstream) +
                       property("rogate", facts.rogate_version) + property("plan", facts.plan) +
                       property("command", process::paste_line(facts.command));
    for (const auto& [name, tree] : facts.trees) {
        text += name == state ? property("tree", tree) : "";
    }
    for (const auto& [tool, version] : facts.tools) {
        text += property(tool, version);
    }
    return "    <properties>\n" + text + "    </properties>\n";
}

}  // namespace

std::string junit(const Results& results)
{
    std::map<size_t, Suite> suites;
    for (const Finding& finding : results.findings) {
        add_case(suites[finding.patches], results, finding);
    }
    std::string text;
    Suite all;
    for (const auto& [patches, state] : states_of(results)) {
        const Suite& suite = suites[patches];
        text += fmt::format("  <testsuite name=\"{} at {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
                            "time=\"{:.3f}\">\n{}{}  </testsuite>\n",
                            xml(results.facts.series), xml(state), suite.tests, suite.failures, suite.errors,
                            suite.skipped, suite.seconds, properties(results.facts, state), suite.cases);
        all.tests += suite.tests;
        all.failures += suite.failures;
        all.errors += suite.errors;
        all.seconds += suite.seconds;
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rogate\" tests=\"{}\" failures=\"{}\" "
        "errors=\"{}\" time=\"{:.3f}\">\n{}</testsuites>\n",
        all.tests, all.failures, all.errors, all.seconds, text);
}

}  // namespace rogate::report
