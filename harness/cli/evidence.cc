// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/evidence.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>

#include "base/file.h"
#include "report/view.h"

namespace rogate::cli {

std::filesystem::path evidence_file(const Global& global, const std::string& stored_name, const std::string& state,
                                    const std::string& case_id)
{
    std::string name = case_id;
    std::replace(name.begin(), name.end(), '/', '-');
    return global.cache / "evidence" / stored_name / state / (name + ".json");
}

EvidenceMark mark_of(const std::string& text) { return {text.size(), std::hash<std::string>{}(text)}; }

std::vector<EvidenceMark> store_evidence(const Global& global, const std::string& stored_name, const report::Results& results)
{
    std::vector<EvidenceMark> marks;
    for (const report::Finding& finding : results.findings) {
        marks.emplace_back();
        if (finding.skipped() || finding.unchanged) {
            continue;
        }
        const std::filesystem::path file = evidence_file(global, stored_name, finding.at, finding.one.id());
        std::error_code ignored;
        std::filesystem::create_directories(file.parent_path(), ignored);
        const std::string text = report::write_results(report::only(results, finding));
        if (write_file(file, text)) {
            marks.back() = mark_of(text);
        }
    }
    return marks;
}

Result<report::Results> load_results(const std::string& file)
{
    if (file == "-") {
        const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
        return report::read_results(text, "standard input");
    }
    auto text = read_file(file);
    if (!text) {
        return text.error();
    }
    return report::read_results(*text, file);
}

ExitCode exit_code_of(const report::Results& results)
{
    const report::Totals totals = report::totals_of(results);
    if (totals.unexpected > totals.errors || totals.run == 0) {
        return ExitCode::unexpected;
    }
    return totals.errors > 0 ? ExitCode::environment : ExitCode::as_expected;
}

}  // namespace rogate::cli
