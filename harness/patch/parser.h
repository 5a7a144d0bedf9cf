// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "base/result.h"
#include "patch/cursor.h"
#include "patch/model.h"

namespace rogate::patch {

/// True when `line` begins like the header of a hunk.
inline bool is_hunk_header(std::string_view line)
{
    return line.starts_with("@@ -");
}

/// Reads the hunks that begin at the cursor, until a line that is no hunk header. Errors: corrupt.
Result<std::vector<Hunk>> read_hunks(Cursor& cursor);

/// Reads git's header lines from "diff --git" to the last before the hunks, "---" and "+++" included. Errors: corrupt.
Result<FilePatch> read_git_header(Cursor& cursor, unsigned strip);

/// Reads "--- old" and "+++ new" of a plain diff; a time stamp of 1970 or /dev/null means that there is no such file,
/// provided that the hunk after it has no lines on that side. Errors: corrupt.
Result<FilePatch> read_plain_header(Cursor& cursor, unsigned strip);

/// Reads "Binary files A and B differ" of a plain diff. Errors: corrupt.
Result<FilePatch> read_binary_notice(Cursor& cursor, unsigned strip);

}  // namespace rogate::patch
