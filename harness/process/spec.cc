// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/spec.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace rogate::process {

std::string describe(const Outcome& outcome)
{
    if (outcome.timed_out) {
        return fmt::format("no end within {:.1f} s", static_cast<double>(outcome.duration.count()) / 1e6);
    }
    if (outcome.signal != 0) {
        const char* name = ::sigabbrev_np(outcome.signal);
        return name ? fmt::format("killed by SIG{}", name) : fmt::format("killed by signal {}", outcome.signal);
    }
    return fmt::format("exit status {}", outcome.exit_status);
}

std::string paste_line(const std::vector<std::string>& argv)
{
    const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_-+=,./:@%", c); };
    std::string line;
    for (const std::string& word : argv) {
        line += line.empty() ? "" : " ";
        if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) {
            line += word;
            continue;
        }
        line += '\'';
        for (char c : word) {
            line += c == '\'' ? std::string("'\\''") : std::string(1, c);
        }
        line += '\'';
    }
    return line;
}

}  // namespace rogate::process
