// SPDX-License-Identifier: GPL-2.0-or-later
// The programs that make and read images and how they are run.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::image {

/// What a program left behind. A signal counts as status 128 + its number.
struct ProgramOutput {
    int exit_status = 0;
    std::string out;  ///< standard output
    std::string err;  ///< standard error
};

/// Runs argv[0] (a path) with argv and waits; a non-zero status is a result, failing to start is an Error.
using RunProgram = std::function<Result<ProgramOutput>(const std::vector<std::string>& argv)>;

/// Finds program `name`, runs it with `arguments` and wants status 0.
/// Errors: environment when it is missing or cannot start; `on_failure` when it ends with another status, with the
/// first line it wrote to standard error.
Result<ProgramOutput> run_tool(const RunProgram& run, std::string_view name, const std::vector<std::string>& arguments,
                               ErrorKind on_failure = ErrorKind::environment);

}  // namespace rogate::image
