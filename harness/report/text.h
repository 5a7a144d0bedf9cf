// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include <string>
#include <string_view>
#include <vector>

namespace rogate::report {

/// `text` with nothing in it that drives a terminal or reorders a line: control characters, bytes that are no UTF-8,
/// and the marks that change the direction of writing are spelled out (\x1b, \u{202e}). Line ends too, unless
/// `keep_lines`.
std::string printable(std::string_view text, bool keep_lines = false);

/// For XML and HTML, as text and within attributes: printable(), and `& < > " '` as entities.
std::string xml(std::string_view text, bool keep_lines = false);

/// A code span of Markdown that also holds within a table's cell; nothing in it is taken for mark-up.
/// Source: GitHub Flavored Markdown 0.29, 6.3 (code spans) and 4.10 (tables).
std::string code_span(std::string_view text);

/// For a description of a TAP line: `\` and `#` escaped, since ` # SKIP` is a directive there.
std::string tap(std::string_view text);

/// Words broken into lines of at most `width` characters; the first begins with `first`, the others with `other` (both
/// count). A word that is longer than a line is cut.
std::string wrap(std::string_view text, size_t width, std::string_view first, std::string_view other);

/// How many places `text` takes on a line: its UTF-8 characters.
size_t columns(std::string_view text);

/// "a, b and c"; "a, b and 7 more" beyond `limit`.
std::string listed(const std::vector<std::string>& words, size_t limit = SIZE_MAX);

/// "1 case", "2 cases".
std::string counted(size_t count, std::string_view one, std::string_view many);

}  // namespace rogate::report
