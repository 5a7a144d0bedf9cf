// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/results.h"

namespace rogate::report {

/// One case at every state it was run at, in the order of states_of(); null where it was not.
struct Row {
    const matrix::Case* one = nullptr;
    std::vector<const Finding*> by_state;

    [[nodiscard]] bool skipped() const { return !one->skip.empty(); }
    [[nodiscard]] bool as_expected() const;
    /// At the first and the last state the case was run at.
    [[nodiscard]] const Finding& first() const;
    [[nodiscard]] const Finding& last() const;
};

/// The states results were gained at: number of patches and name, ascending.
using States = std::map<size_t, std::string>;
States states_of(const Results& results);

std::vector<Row> rows_of(const Results& results);

/// The verdicts of a row, each once where it stays the same: "hole -> sealed".
std::string transition(const Row& row);

struct Totals {
    size_t run = 0;
    size_t unchanged = 0;  ///< of those that ran: known from an earlier run
    size_t skipped = 0;  ///< of these no state is counted: cases
    size_t unexpected = 0;
    size_t errors = 0;                       ///< those of `unexpected` that tell of the machine, not of the series
    std::map<std::string, size_t> verdicts;  ///< by word
};
Totals totals_of(const Results& results);

/// "44 hole, 84 sealed".
std::string verdicts_text(const Totals& totals);

/// "all as expected", "3 UNEXPECTED", "nothing ran".
std::string outcome_text(const Totals& totals);

/// Formats whose cases of one mode came out alike.
struct Alike {
    struct Line {
        std::string transition;
        std::string where;  ///< configuration/shape, with the buses in front where not all show it
        size_t cases = 0;
        bool as_expected = true;
    };
    std::vector<std::string> formats;
    std::vector<Line> lines;
};
std::vector<Alike> alike(const std::vector<Row>& rows, matrix::Mode mode);

/// What one patch does to the cases.
struct PatchEffect {
    std::string patch;
    size_t number = 0;  ///< its place in the series, from 1
    bool seen = false;  ///< the run had the states before and after it; else it is as expected of it
    std::vector<const Row*> rows;
    std::map<std::string, std::vector<const Row*>> by_change;  ///< "hole -> sealed"
};
std::vector<PatchEffect> patch_effects(const Results& results, const std::vector<Row>& rows);

/// Why cases are not run, with those it keeps from being so.
std::map<std::string, std::vector<const matrix::Case*>> gaps(const std::vector<Row>& rows);

/// One pattern that covers all `cases`, which may be more than they are: 'vvfat/ide/rw/{drive,hda}/plain'. A part that
/// takes every value it has in `rows` is '*'.
std::string covering_pattern(const std::vector<const matrix::Case*>& cases, const std::vector<Row>& rows);

}  // namespace rogate::report
