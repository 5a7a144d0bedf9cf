// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/results.h"

namespace rogate::report {

/// Whether a change of a verdict is what a series is for: `better` ends, `worse` leaves, what is right for the mode
/// (sealed read-only, writes read-write).
enum class Direction { better, worse, other };
std::string_view to_string(Direction direction);

/// A case whose verdict at a state is another one in two runs.
struct Change {
    const Finding* before = nullptr;
    const Finding* after = nullptr;
    Direction direction = Direction::other;
};

/// Two runs side by side; states are matched by name, so that the tips of two series are compared.
/// Points into the two Results it was made of.
struct Comparison {
    const Results* before = nullptr;
    const Results* after = nullptr;
    std::vector<Change> changed;              ///< in the order of `after`
    std::vector<const Finding*> only_before;  ///< ran there only
    std::vector<const Finding*> only_after;
    size_t same = 0;  ///< findings whose verdict did not change

    /// Changes that are alike: state, direction and the two verdicts, with their cases.
    struct Group {
        std::string at;
        std::string change;  ///< "hole -> sealed"
        Direction direction = Direction::other;
        std::vector<const matrix::Case*> cases;
    };
    [[nodiscard]] std::vector<Group> groups() const;
};

Comparison compare(const Results& before, const Results& after);

/// A comparison as JSON; comparison.schema.json describes it.
std::string write_comparison(const Comparison& comparison);

inline constexpr int kComparisonVersion = 1;

}  // namespace rogate::report
