// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "report/json.h"

namespace rogate::report {

/// One result of a results file as a person reads it: the verdict and why, what each witness saw, the command lines.
/// `whole` = every command and request; else those of one kind and outcome are counted.
std::string show(const Json& result, bool whole);

}  // namespace rogate::report
