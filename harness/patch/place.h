// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "patch/model.h"

namespace rogate::patch {

struct PlaceOptions {
    size_t max_offset = std::numeric_limits<size_t>::max();  ///< lines a hunk may move from where it is expected
    unsigned fuzz = 0;                                       ///< context lines that may be ignored at each end, 0..3
};

/// Where a hunk went.
struct Placement {
    size_t line = 0;             ///< its first line in the old text, counted from 1
    ptrdiff_t offset_lines = 0;  ///< from its stated line
    unsigned fuzz_lines = 0;     ///< context lines ignored at its ends
};

struct Applied {
    std::string text;
    std::vector<Placement> placements;  ///< one a hunk, in the diff's order
};

/// Why a hunk has no place, as a value: a rejected hunk is a normal outcome.
struct Conflict {
    enum class Reason {
        differs,       ///< `line` of the text is `found`, the hunk says `expected`
        text_ends,     ///< the text ends before `line`, the hunk says `expected`
        text_goes_on,  ///< the hunk must end at the text's end, but `line` follows: `found`
        not_at_start,  ///< the hunk belongs at the text's start but fits only at `line`
        taken,         ///< `line` is one that an earlier hunk of the same diff has placed itself on
        too_far,       ///< it fits at `line` only, beyond max_offset
        ambiguous,     ///< it fits equally near at `line` and `other_line`: never a guess
        binary,        ///< the change is binary and has no lines to place
    };
    Reason reason = Reason::differs;
    size_t hunk = 0;         ///< counted from 1; 0 = the file as a whole
    size_t stated_line = 0;  ///< from the hunk's header
    size_t line = 0;         ///< in the old text, counted from 1: the first that differs at the nearest place
    size_t other_line = 0;
    std::string expected = {};  ///< with line ends as in the diff
    std::string found = {};     ///< with line ends as in the text
};

/// Places all hunks of `change` in `text` and applies them; `text` is not touched. The paths play no part.
/// Each hunk is tried at its stated line plus the offset of the hunk before it, then searched outward; lines on which
/// an earlier hunk was placed are not used twice. Two equally near places conflict. A hunk with no context after its
/// changes fits at the text's end only, one that begins at line 1 with less context before than after at its start only
/// (both given up when fuzz reaches that far). A hunk without any old lines goes to its expected line.
/// The nearest place of a conflict is the one where most of the hunk's leading lines match, within 100 lines of the
/// expected line if any matches there, else in the whole text.
/// Cost: a copy of the text when all hunks fit where expected; else one hash per line and a linear search per hunk.
/// Source: GNU patch(1) for offset and fuzz; git-apply(1) for the two ends.
std::variant<Applied, Conflict> apply_hunks(std::string_view text, const FilePatch& change,
                                            const PlaceOptions& options = {});

/// "hunk 2 of 'block.c' at line 214: expected 'a', found 'b' (first differing line 217)" and so on, in one line.
std::string describe(const Conflict& conflict, std::string_view path);

}  // namespace rogate::patch
