// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/tree.h"

namespace rogate::cli {

/// Checks a profile: reads it, looks for what it names, builds the unpatched tree and the tip of its series, and prints
/// in plain words what was found and what is missing. Errors: what keeps it from going on.
Result<ExitCode> check_profile(const Global& global, const TreeOptions& options, bool json);

}  // namespace rogate::cli
