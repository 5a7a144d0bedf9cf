// SPDX-License-Identifier: GPL-2.0-or-later
// process: starts programs and sees to it that none outlives its purpose; the only user of Boost.Process.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace rogate::process {

using Clock = std::chrono::steady_clock;

/// What to start. There are no shell strings: argv is passed as it is.
struct Spec {
    std::vector<std::string> argv;                           ///< argv[0] is looked up in PATH
    std::vector<std::pair<std::string, std::string>> env;    ///< added to PATH, HOME, LC_ALL=C
    std::filesystem::path folder = {};                       ///< working folder, empty = ours
    std::chrono::milliseconds deadline{60'000};              ///< for run(); a Group's caller keeps its own
    size_t output_limit_bytes = 16u << 20;                   ///< of each stream; more is cut and marked
    int listen_fd = -1;                                      ///< handed over as fd 3 by socket activation, -1 = none
    std::vector<int> pass_fds = {};                          ///< handed over as fd 3, 4, ..; not together with listen_fd
    std::function<void(std::string_view)> on_stdout = {};    ///< called with each piece of stdout as it arrives
};

/// How a program ended and what it said.
struct Outcome {
    int exit_status = -1;        ///< 0..255, -1 when it did not exit by itself
    int signal = 0;              ///< the signal that ended it, 0 = none
    bool timed_out = false;      ///< the deadline passed and it was killed
    bool output_cut = false;     ///< a stream was longer than its limit
    std::string out;
    std::string err;
    std::chrono::microseconds duration{0};

    [[nodiscard]] bool ok() const { return exit_status == 0; }
};

/// One line for people: "exit status 1", "killed by SIGSEGV", "no answer within 5 s".
std::string describe(const Outcome& outcome);

/// The command line as a person can paste it into a shell, environment and socket left out.
std::string paste_line(const std::vector<std::string>& argv);

}  // namespace rogate::process
