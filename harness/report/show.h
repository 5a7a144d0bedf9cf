// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "report/results.h"

namespace rogate::report {

/// One finding as a person reads it: the verdict and why, what each witness saw, the command lines.
/// `whole` = every command and request; else those of one kind and outcome are counted.
std::string show(const Results& results, const Finding& finding, bool whole);

/// "0-2 16 24-25": sectors, at most `limit` runs.
std::string ranges_text(const std::vector<image::SectorRange>& ranges, size_t limit = 12);

/// Commands counted by class, outcome and what was read back: "write error, reads back old" and how many.
std::map<std::string, size_t> counted_commands(const std::vector<lab::GuestCommand>& commands);

/// Requests counted by operation and answer.
std::map<std::string, size_t> counted_requests(const std::vector<lab::WireRequest>& requests);

/// "ok", "no answer", or errno's name.
std::string answer_of(const lab::WireRequest& request);

/// The raw registers: "status 41 error 04 bm 04, reads back old".
std::string registers_of(const lab::GuestCommand& command);

}  // namespace rogate::report
