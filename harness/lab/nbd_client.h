// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct nbd_handle;

namespace rogate::lab {

/// One connection to an export, for what the host itself asks of a device model; the only user of libnbd.
class NbdClient {
public:
    /// Connects to the abstract socket `name`. Errors: not_found when there is no such export, environment.
    static Result<NbdClient> connect(const std::string& name, const std::string& export_name);

    /// Reads data.size() bytes. Errors: environment, with the server's errno in the text.
    Result<void> read(uint64_t offset_bytes, std::vector<unsigned char>& data) const;

    /// 0, or the errno that the server answered with (as NBD can say it). ENOTCONN when there is no server any more.
    [[nodiscard]] int write(uint64_t offset_bytes, const std::vector<unsigned char>& data) const;

private:
    struct Close {
        void operator()(nbd_handle* handle) const;
    };
    explicit NbdClient(nbd_handle* handle) : handle_(handle) {}
    std::unique_ptr<nbd_handle, Close> handle_;
};

}  // namespace rogate::lab
