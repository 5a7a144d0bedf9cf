// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rogate::series {

/// For each row of a square matrix of costs, the column it gets, each column once, so that the sum is smallest.
/// Cost: cubic. Source: R. Jonker and A. Volgenant, "A shortest augmenting path algorithm" (1987), by potentials.
std::vector<size_t> assign(const std::vector<std::vector<int64_t>>& costs);

}  // namespace rogate::series
