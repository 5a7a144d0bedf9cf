// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/evidence.h"

namespace rogate::lab {

/// Reads the log of nbdkit's log filter: every request that reached the plugin, and its answer.
/// Requests that never got an answer have `answered` false. Lines of other kinds are passed over.
/// Errors: corrupt, with the line, when a request line breaks the form.
/// Source: nbdkit-log-filter(1) of nbdkit 1.32.
Result<std::vector<WireRequest>> parse_request_log(std::string_view text);

}  // namespace rogate::lab
