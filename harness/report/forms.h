// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "report/compare.h"
#include "report/results.h"

namespace rogate::report {

/// What a report is made of. Each form below is a pure function of it: the same results give the same bytes.
struct Document {
    const Results* results = nullptr;
    std::optional<Comparison> against;  ///< with another run
};

/// Plain text of at most kMailColumns columns, ready to be pasted into a cover letter.
std::string mail(const Document& document);
inline constexpr size_t kMailColumns = 72;

/// For a comment on a merge request: GitHub Flavored Markdown of bounded length; long lists are cut and counted.
std::string markdown(const Document& document);

/// One page that needs no other file, no script and no network: the matrix with each cell's evidence, the patches.
std::string html(const Document& document);

/// JUnit's XML as Jenkins reads it: a test suite for each state, a test case for each case. An unexpected verdict is a
/// failure, trouble of the machine an error. Source: xunit-plugin's junit-10.xsd.
std::string junit(const Results& results);

/// Test Anything Protocol 13: a line for each case and state, with a YAML block where a verdict is unexpected.
std::string tap_lines(const Results& results);

}  // namespace rogate::report
