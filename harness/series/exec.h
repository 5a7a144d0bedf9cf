// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "process/spec.h"
#include "series/series.h"

namespace rogate::series {

/// A command to be run at every patch.
struct ExecPlan {
    std::vector<std::string> command;        ///< argv; no shell
    std::chrono::milliseconds deadline{600'000};  ///< at each state
    bool with_base = false;                  ///< before the first patch, too
    bool keep_going = false;                 ///< after a failure
};

/// What it said at one state.
struct ExecStep {
    size_t state = 0;   ///< patches applied; 0 = base
    std::string patch;  ///< the last one's file; "base" at 0
    process::Outcome outcome;
};

/// Applies the series in memory, writes each state's files below `work` (which is the caller's to remove) and runs the
/// command there. A file that a patch leaves alone keeps its time stamp from state to state, so that make and its like
/// build only what changed; what the command itself leaves behind stays for the next state. Each file of a state is
/// written anew if the command has changed it.
/// Errors: conflict, as apply_series(); environment, when a file cannot be written or the command cannot be started.
Result<std::vector<ExecStep>> exec_series(const git::Tree& base, const Series& series, const ExecPlan& plan,
                                          const std::filesystem::path& work,
                                          const std::function<void(const ExecStep&)>& on_step);

}  // namespace rogate::series
