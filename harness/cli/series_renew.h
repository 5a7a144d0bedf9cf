// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/series_target.h"

namespace rogate::cli {

/// What `refresh` and `rebase` share: carries the series onto `revision` (empty = as carry_target()), learns from conflicts that
/// were edited, rewrites the patches and replaces the series' folder; on a conflict writes that down and changes no patch.
/// `command`: what to run again. Errors: as carry_target(), rewrite_series(), replace_series(); conflict.
Result<ExitCode> renew_series(const Global& global, const TargetOptions& options, const std::string& revision, const std::string& command);

}  // namespace rogate::cli
