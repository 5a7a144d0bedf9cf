// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "series/repair.h"

namespace rogate::series {

/// `text` without blanks, tabs and CRs: what survives every kind of damage to white space.
std::string bare(std::string_view text);

/// The blanks and tabs at the beginning.
std::string_view indent_of(std::string_view text);
/// `text` without blanks, tabs and CRs at its end.
std::string_view without_trail(std::string_view text);

/// What happened to tabs on the way: blanks up to the next stop, or a fixed number of them.
struct TabDamage {
    enum class Kind { none, stops, fixed };
    Kind kind = Kind::none;
    unsigned width = 8;   ///< between two stops, or of one tab
    unsigned column = 1;  ///< of the first character behind the prefix: 0 when tabs were lost before it was there
    bool operator==(const TabDamage&) const = default;
};

/// The damages that are looked for, the commonest first; none is not among them.
const std::vector<TabDamage>& tab_damages();

/// What becomes of `content`, which stands behind one character, by this damage.
std::string damaged(std::string_view content, const TabDamage& damage);

/// The indentation that, damaged, is `blanks`, made of as many tabs as possible.
std::string undamaged_indent(std::string_view blanks, const TabDamage& damage);

/// Undoes quoted-printable in all lines, joining those that a soft line break has split. Nothing when a '=' is there
/// that quoted-printable cannot have written, or no sign of it at all. Source: RFC 2045, 6.7.
std::optional<std::vector<RawLine>> undo_quoted_printable(const std::vector<RawLine>& lines);

/// The received lines as one: a blank between two unless the first ends in one.
std::string join(const std::vector<RawLine>& raw, size_t first, size_t count, bool delete_space);

}  // namespace rogate::series
