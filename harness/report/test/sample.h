// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/results.h"

namespace rogate::report::test {

/// What made-up results are like. Their verdicts are matrix::judge()'s of made-up evidence.
struct SampleOptions {
    size_t findings = 60;  ///< at least so many that are not skipped, as long as there are cases
    size_t buses = 2;      ///< up to 20
    std::vector<size_t> states{0, 17};
    bool unexpected = false;  ///< some verdicts are not the expected ones, one case was run twice
    bool hostile = false;     ///< names and texts try to break out of every form
};

std::vector<matrix::CaseResult> sample_results(const SampleOptions& options);
RunFacts sample_facts(const SampleOptions& options, const std::vector<matrix::CaseResult>& results);
Results sample(const SampleOptions& options);

/// Mark-up, control characters, directives and bytes that are no UTF-8, of each kind some.
std::string hostile(const std::string& word);

}  // namespace rogate::report::test
