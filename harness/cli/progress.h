// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rogate::cli {

/// One line on stderr about long work: rewritten in place on a terminal, a plain line now and then elsewhere.
class ProgressLine {
public:
    /// `quiet` = say nothing at all.
    explicit ProgressLine(bool quiet);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// Says what is being done now.
    void note(const std::string& text);
    /// How far a run is: done, rate, time to go, unexpected so far.
    void update(size_t done, size_t total, size_t unexpected);
    /// How much of a file is read.
    void bytes(const std::string& doing, uint64_t done, uint64_t total);
    /// Takes the line off the terminal, so that other output starts at the margin.
    void clear();

private:
    void print(const std::string& text, bool important);

    using Clock = std::chrono::steady_clock;
    bool quiet_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point started_;
    Clock::time_point last_printed_;
};

}  // namespace rogate::cli
