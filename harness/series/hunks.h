// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "patch/model.h"
#include "series/outcome.h"

namespace rogate::series {

/// The hunks that turn one text into the other, as `git diff` prints them: three lines of context, the function behind @@.
/// Errors: environment.
Result<std::string> print_hunks(std::string_view old_text, std::string_view new_text);

/// The hunks of a change with the numbers of the places where they went. Nothing when they went there in another order, so
/// that their numbers would not ascend.
std::optional<std::string> renumber_hunks(const patch::FilePatch& change, const std::vector<HunkOutcome>& places);

}  // namespace rogate::series
