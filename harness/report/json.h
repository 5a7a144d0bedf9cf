// SPDX-License-Identifier: GPL-2.0-or-later
// report: tells results to people and to programs; it judges nothing.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "matrix/run.h"

namespace rogate::report {

using Json = nlohmann::ordered_json;

/// What a run was made with; goes to the head of a results file.
struct RunFacts {
    std::string rogate_version;
    std::string series;                                      ///< its folder's name
    std::vector<std::string> patches;
    std::vector<std::pair<std::string, std::string>> trees;  ///< state, tree id
    std::vector<std::pair<std::string, std::string>> tools;  ///< program, version
    double seconds = 0;
};

/// One case's result with all its evidence.
Json to_json(const matrix::CaseResult& result);

/// A whole results file; its shape has the number kResultsVersion. README describes the fields.
Json to_json(const RunFacts& facts, const std::vector<matrix::CaseResult>& results);

inline constexpr int kResultsVersion = 1;

}  // namespace rogate::report
