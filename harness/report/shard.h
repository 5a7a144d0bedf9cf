// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "matrix/case.h"
#include "report/results.h"

namespace rogate::report {

/// Reads "2/5". Errors: usage: it is no such text, or there is no such part.
Result<Shard> parse_shard(std::string_view text);

/// The part of a plan's cases that a shard runs: consecutive ones, so that cases that share machines stay together, and
/// as many that run as every other part, give or take one. Each case is in exactly one part.
/// Errors: usage: fewer cases run than there are parts.
Result<std::vector<matrix::Case>> part_of(const std::vector<matrix::Case>& cases, const Shard& shard);

/// Hexadecimal SHA-256 of what a plan consists of: the series, the tree of each state and every case of the whole plan,
/// with what it is skipped for. Equal for the parts of one plan, unequal for any two that differ in one of these.
std::string plan_id(const RunFacts& facts, const std::vector<matrix::Case>& cases);

/// Puts the results of several runs together, in the order of the plan; of a single one it is that.
/// `names` are the files' names for messages. Errors: usage: parts of different plans, a part that is missing or there
/// twice, a case there twice, another series or tree.
Result<Results> merge(std::vector<Results> parts, const std::vector<std::string>& names);

}  // namespace rogate::report
