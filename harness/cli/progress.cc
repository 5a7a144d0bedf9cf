// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/progress.h"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace rogate::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTerminalInterval = 50ms;
constexpr std::chrono::milliseconds kPlainInterval = 10s;

}  // namespace

ProgressLine::ProgressLine(bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0), last_printed_(Clock::now() - (terminal_ ? kTerminalInterval : 0ms))
{
}

void ProgressLine::note(const std::string& text) { print(text, true); }

void ProgressLine::update(size_t done, size_t total, size_t unexpected)
{
    const auto now = Clock::now();
    if (started_ == Clock::time_point{}) {
        started_ = now;
    }
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double rate = seconds > 0.05 ? static_cast<double>(done) / seconds : 0;
    const std::string pace =
        rate > 0 ? fmt::format(", {:.0f} a second, {:.0f} s to go", rate, static_cast<double>(total - done) / rate) : "";
    print(fmt::format("{}/{} cases{}, {} unexpected", done, total, pace, unexpected), false);
}

void ProgressLine::bytes(const std::string& doing, uint64_t done, uint64_t total)
{
    print(fmt::format("{}: {} of {} MiB", doing, done >> 20, total >> 20), false);
}

void ProgressLine::print(const std::string& text, bool important)
{
    const auto now = Clock::now();
    if (quiet_ || (!important && now - last_printed_ < (terminal_ ? kTerminalInterval : kPlainInterval))) {
        return;
    }
    last_printed_ = now;
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\033[K" : "", text, terminal_ ? "" : "\n");
    std::fflush(stderr);
    shown_ = terminal_;
}

void ProgressLine::clear()
{
    if (shown_) {
        fmt::print(stderr, "\r\033[K");
        std::fflush(stderr);
        shown_ = false;
    }
}

}  // namespace rogate::cli
