// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rogate {

/// The word of `known` with the fewest edits from `word` (insert, delete, replace, swap), when that is at most a third
/// of its length and at least allows one; empty when none is that near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// "did you mean 'qcow'? " or nothing, ready to start a hint.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace rogate
