// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace rogate {

std::string errno_text(int err)
{
    const char* text = strerrordesc_np(err);
    return text ? text : "error " + std::to_string(err);
}

Error errno_error(const std::string& what, const std::string& object, int err)
{
    return {err == ENOENT ? ErrorKind::not_found : ErrorKind::environment,
            "cannot " + what + " '" + object + "': " + errno_text(err)};
}

}  // namespace rogate
