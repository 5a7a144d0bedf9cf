// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "lab/line_socket.h"

namespace rogate::lab {

/// A client of QEMU's monitor protocol. Source: QEMU, docs/interop/qmp-spec.txt.
/// Errors of all calls: environment when QEMU is gone or refuses the command (its own words are in the text), timeout,
/// corrupt when what it says is not the protocol.
class Qmp {
public:
    /// `socket` is our end of the monitor's; nothing is sent yet.
    explicit Qmp(Fd socket);

    /// Reads the greeting and leaves the negotiation mode.
    Result<void> greet(process::Clock::time_point until);

    /// Gives a command and waits for its answer, which is returned as JSON text. `arguments` is a JSON object; `fd` is
    /// handed over with the command (for getfd), -1 = none. Events that come meanwhile are kept for wait_event().
    Result<std::string> command(std::string_view name, std::string_view arguments, process::Clock::time_point until,
                                int fd = -1);

    /// Waits for an event of this name, one that is kept included; events before it are forgotten.
    Result<void> wait_event(std::string_view name, process::Clock::time_point until);

    /// The value of `key` in a JSON object, as text: a string without its quotes, all else as JSON. Empty when absent.
    static std::string field(std::string_view object, const std::string& key);

private:
    LineSocket lines_;
    std::deque<std::string> events_;  ///< names
    unsigned number_ = 0;
};

/// A JSON string, with its quotes.
std::string json_string(std::string_view text);

}  // namespace rogate::lab
