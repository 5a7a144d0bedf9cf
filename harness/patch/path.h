// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rogate::patch {

/// Undoes git's quoting of a path that begins with '"': octal, \a \b \t \n \v \f \r \" \\.
/// `used` is set to the bytes consumed, the closing quote included. Nothing when the quoting is broken.
std::optional<std::string> unquote(std::string_view text, size_t& used);

/// Takes `strip` leading folders off; runs of '/' count as one. Nothing when there are fewer.
std::optional<std::string> strip_folders(std::string_view path, unsigned strip);

/// Success when `path` names a file inside a tree: relative, no empty, "." or ".." part, no ".git" in any case, no NUL.
/// Errors: corrupt, naming the path.
Result<void> check_path(std::string_view path);

/// `text` in a form that is safe to print: control and non-ASCII bytes as \t, \r or \xNN; cut after `limit` bytes.
std::string printable(std::string_view text, size_t limit = 120);

}  // namespace rogate::patch
