// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/result.h"
#include "subject/build.h"
#include "subject/source.h"

namespace rogate::subject {

/// What to tell of a build that failed, ready for the profile: where the tree has a header that was not found, and
/// which of its files define the symbols that the link lacks.
Error explain_failure(const BuildFailure& failure, const Source& source);

}  // namespace rogate::subject
