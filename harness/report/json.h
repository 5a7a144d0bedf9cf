// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace rogate::report {

/// JSON whose members keep their order, so that two files can be compared line by line.
using Json = nlohmann::ordered_json;

}  // namespace rogate::report
