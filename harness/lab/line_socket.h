// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "process/spec.h"

namespace rogate::lab {

/// The two ends of a stream socket: ours, and the one that a program inherits.
struct SocketPair {
    Fd ours;
    Fd theirs;
};

/// Errors: environment.
Result<SocketPair> make_socket_pair();

/// A stream of text lines from and to a program, over a socket; the program is not trusted.
class LineSocket {
public:
    /// `peer` is what messages call the other side: "the guest". A line longer than `limit_bytes` is an error.
    LineSocket(Fd socket, std::string peer, size_t limit_bytes);

    /// Sends all of `text`, and `fd` with its first byte unless that is -1.
    /// Errors: environment when the other side is gone; timeout.
    Result<void> send(std::string_view text, process::Clock::time_point until, int fd = -1);

    /// The next line, without its end (a carriage return before it goes too).
    /// Errors: environment when the other side is gone, timeout, corrupt when the line is too long.
    Result<std::string> next_line(process::Clock::time_point until);

private:
    /// Waits until the socket can be read or written. Errors: timeout, environment.
    Result<void> wait(short events, process::Clock::time_point until) const;
    Fd socket_;
    std::string peer_;
    size_t limit_bytes_;
    std::string buffer_;
    size_t searched_ = 0;  ///< bytes of the buffer that hold no line end
};

}  // namespace rogate::lab
