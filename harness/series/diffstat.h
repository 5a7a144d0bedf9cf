// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "patch/model.h"

namespace rogate::series {

/// The diffstat of `git format-patch` (72 columns), its last line included: "1 file changed, ...", "create mode ..." left out.
std::string print_diffstat(const std::vector<patch::FilePatch>& changes);

/// `text`, a patch that was `old_text` before, with a diffstat to match where it has one and where its numbers are others
/// than those of `old_text`'s diff; else as it is.
std::string renew_diffstat(const std::string& old_text, std::string text);

}  // namespace rogate::series
