// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "lab/evidence.h"

namespace rogate::lab {

/// Reads what the probe guest sent over its debug console (guests/probe tells the form of the lines).
/// Never fails: what cannot be read, a missing end and a panic are told in `problem`, and `complete` stays false.
GuestReport parse_guest_report(std::string_view text);

std::string_view to_string(CommandClass command_class);

}  // namespace rogate::lab
