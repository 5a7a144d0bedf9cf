// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "patch/cursor.h"

namespace rogate::patch {

/// A name of a header line: the path, stripped and safe; nothing for /dev/null.
struct Name {
    std::optional<std::string> path;
    bool epoch = false;  ///< its time stamp is that of 1970: how diff -N marks a file that is not there
};

/// Reads a name as diff and git write it: quoted or not, with or without a time stamp behind it.
/// Errors: corrupt, about the cursor's line.
Result<Name> read_name(const Cursor& cursor, std::string_view text, unsigned strip);

/// The one path that both halves of "a/x b/x" mean; nothing when they differ or cannot be told apart. Not checked.
std::optional<std::string> common_path(std::string_view names, unsigned strip);

}  // namespace rogate::patch
