// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/line_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

namespace rogate::lab {
namespace {

using process::Clock;

/// One sendmsg() with a descriptor beside the data. Source: unix(7), cmsg(3).
ssize_t send_with_fd(int socket, std::string_view text, int fd)
{
    iovec data{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Result<SocketPair> make_socket_pair()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return errno_error("make", "a pair of sockets", errno);
    }
    return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

LineSocket::LineSocket(Fd socket, std::string peer, size_t limit_bytes)
    : socket_(std::move(socket)), peer_(std::move(peer)), limit_bytes_(limit_bytes)
{
}

Result<void> LineSocket::wait(short events, Clock::time_point until) const
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd poll{socket_.get(), events, 0};
        const int n = ::poll(&poll, 1, static_cast<int>(std::clamp<long>(left, 0, 1'000'000)));
        if (n > 0) {
            return {};
        }
        if (n == 0 && left <= 0) {
            return Error{ErrorKind::timeout, fmt::format("{} did not answer in time", peer_)};
        }
        if (n < 0 && errno != EINTR) {
            return errno_error("wait for", peer_, errno);
        }
    }
}

Result<void> LineSocket::send(std::string_view text, Clock::time_point until, int fd)
{
    while (!text.empty()) {
        if (auto ready = wait(POLLOUT, until); !ready) {
            return ready;
        }
        const ssize_t n = send_with_fd(socket_.get(), text, fd);
        if (n > 0) {
            text.remove_prefix(static_cast<size_t>(n));
            fd = -1;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return Error{ErrorKind::environment, fmt::format("{} is gone: {}", peer_, errno_text(errno))};
        }
    }
    return {};
}

Result<std::string> LineSocket::next_line(Clock::time_point until)
{
    for (;;) {
        if (const size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            searched_ = 0;
            if (!line.empty() && line.back() == '\r') {
                line.pop_back();
            }
            return line;
        }
        searched_ = buffer_.size();
        if (buffer_.size() > limit_bytes_) {
            return Error{ErrorKind::corrupt, fmt::format("{} sent a line longer than {} bytes", peer_, limit_bytes_)};
        }
        if (auto ready = wait(POLLIN, until); !ready) {
            return ready.error();
        }
        std::array<char, 16384> piece{};
        const ssize_t n = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
        if (n > 0) {
            buffer_.append(piece.data(), static_cast<size_t>(n));
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return Error{ErrorKind::environment, fmt::format("{} is gone", peer_)};
        }
    }
}

}  // namespace rogate::lab
