// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "series/outcome.h"

namespace rogate::series {

/// Takes a text with diff3 markers apart. `marker_size`: characters in a marker.
/// Nothing when a marker has no partner. Source: git-merge-file(1), --diff3.
std::optional<Marked> parse_marked(std::string_view text, size_t marker_size = 7);

/// The text with diff3 markers; `theirs` is what stands behind the last one. `marker_size` is set to that of its markers,
/// which are longer than any line's start that looks like one.
std::string print_marked(const Marked& marked, const std::string& theirs, size_t& marker_size);

/// What stands in `edited` in place of each region of `marked`, when all that is agreed on is still there as it was and no
/// marker is left; nothing else.
std::optional<std::vector<std::string>> edited_regions(const Marked& marked, std::string_view edited, size_t marker_size);

}  // namespace rogate::series
