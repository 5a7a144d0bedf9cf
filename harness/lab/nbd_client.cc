// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/nbd_client.h"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <libnbd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"

namespace rogate::lab {
namespace {

using Clock = std::chrono::steady_clock;

/// A device model that does not answer must not hold the lab up.
constexpr std::chrono::seconds kPatience{10};

Error last_error(const std::string& what, const std::string& export_name)
{
    const int number = nbd_get_errno();
    const char* text = nbd_get_error();
    return {number == ENOENT ? ErrorKind::not_found : ErrorKind::environment,
            fmt::format("cannot {} export '{}': {}", what, export_name, text ? text : std::strerror(number))};
}

/// Serves the connection until `done` says so. False when the time is over or the connection is gone.
template <class Done> bool serve(nbd_handle* handle, Done done)
{
    const auto until = Clock::now() + kPatience;
    while (!done()) {
        if (nbd_aio_is_dead(handle) == 1 || nbd_aio_is_closed(handle) == 1 || Clock::now() >= until ||
            nbd_poll(handle, 100) < 0) {
            return done();
        }
    }
    return true;
}

/// The outcome of a command given: 0, or its errno.
int finish(nbd_handle* handle, int64_t cookie)
{
    if (cookie < 0) {
        return nbd_get_errno() == 0 ? ENOTCONN : nbd_get_errno();
    }
    int state = 0;
    int number = 0;
    const bool served = serve(handle, [&] {
        state = state == 0 ? nbd_aio_command_completed(handle, static_cast<uint64_t>(cookie)) : state;
        if (state < 0 && number == 0) {
            number = nbd_get_errno() == 0 ? EIO : nbd_get_errno();
        }
        return state != 0;
    });
    return served ? number : ETIMEDOUT;
}

}  // namespace

void NbdClient::Close::operator()(nbd_handle* handle) const
{
    nbd_close(handle);
}

Result<NbdClient> NbdClient::connect(const std::string& name, const std::string& export_name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() + 1 > sizeof address.sun_path) {
        return Error{ErrorKind::environment, fmt::format("the socket name '{}' is too long", name)};
    }
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) < 0) {
        return errno_error("connect to socket", "@" + name, errno);
    }
    NbdClient client(nbd_create());
    if (!client.handle_) {
        return last_error("make a client for", export_name);
    }
    nbd_handle* handle = client.handle_.get();
    if (nbd_set_export_name(handle, export_name.c_str()) < 0 || nbd_aio_connect_socket(handle, fd.release()) < 0) {
        return last_error("open", export_name);
    }
    if (!serve(handle, [&] { return nbd_aio_is_ready(handle) == 1; })) {
        return last_error("open", export_name);
    }
    return client;
}

Result<void> NbdClient::read(uint64_t offset_bytes, std::vector<unsigned char>& data) const
{
    const int number = finish(handle_.get(), nbd_aio_pread(handle_.get(), data.data(), data.size(), offset_bytes,
                                                           NBD_NULL_COMPLETION, 0));
    if (number != 0) {
        return Error{ErrorKind::environment,
                     fmt::format("cannot read {} bytes at {}: {}", data.size(), offset_bytes, std::strerror(number))};
    }
    return {};
}

int NbdClient::write(uint64_t offset_bytes, const std::vector<unsigned char>& data) const
{
    return finish(handle_.get(), nbd_aio_pwrite(handle_.get(), data.data(), data.size(), offset_bytes, NBD_NULL_COMPLETION, 0));
}

}  // namespace rogate::lab
