// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "patch/model.h"

namespace rogate::patch {

/// The part of a hunk that must match, after some lines of context were given up, and where it may stand.
struct Window {
    size_t first = 0;      ///< index into Hunk::lines
    size_t last = 0;       ///< one beyond the end
    size_t old_lines = 0;  ///< lines of the old text in it
    bool at_start = false;
    bool at_end = false;
};

/// The window that is left when `fuzz` lines of context may be ignored.
/// Source: GNU patch(1): fuzz is taken from the longer end first; see apply_hunks() for the two ends of the text.
Window make_window(const Hunk& hunk, unsigned fuzz);

}  // namespace rogate::patch
