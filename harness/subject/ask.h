// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "subject/profile.h"
#include "subject/subject.h"

namespace rogate::subject {

/// Asks the bridge in `folder` what it is and what it can be told, and writes the answers down: a folder with them is
/// complete. Errors: build, when it does not serve a plain raw disk or cannot be loaded; environment.
Result<void> ask(const std::filesystem::path& folder, const Profile& profile);

/// Reads those answers into `subject`, whose folder is set. Errors: not_found when there are none.
Result<void> read_answers(Subject& subject);

}  // namespace rogate::subject
