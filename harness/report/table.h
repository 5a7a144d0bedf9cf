// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "matrix/run.h"

namespace rogate::report {

/// Whether to use colours: `stream_fd` is a terminal and NO_COLOR is not set. Source: no-color.org.
bool use_colour(int stream_fd);

/// A row for each case that runs, a column for each state; an unexpected verdict has a `!` and its expected one beside it.
std::string table(const std::vector<matrix::CaseResult>& results, bool colour);

/// For each unexpected result: what was expected, what was seen and why, and the command that runs it again.
std::string unexpected_details(const std::vector<matrix::CaseResult>& results);

/// One line: how many cases, how fast, which verdicts, whether all is as expected.
std::string summary(const std::vector<matrix::CaseResult>& results, double seconds);

}  // namespace rogate::report
