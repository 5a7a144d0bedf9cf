// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "report/results.h"

namespace rogate::report {

enum class Colour { automatic, always, never };

/// Whether to use colours: as told, else if `stream_fd` is a terminal and NO_COLOR is not set. Source: no-color.org.
bool use_colour(int stream_fd, Colour wish = Colour::automatic);

/// How wide a table may be: the terminal's columns, COLUMNS, or 120.
size_t table_width(int stream_fd);

enum class TableForm {
    automatic,  ///< a grid as soon as there is more than one bus
    list,       ///< a row for each case, a column for each state
    grid,       ///< a row for each format, mode, configuration and shape, a column for each bus, "hole -> sealed" in it
};

/// The verdicts of all cases that run; an unexpected one has a `!` (and in the list the expected one beside it).
std::string table(const Results& results, TableForm form, bool colour, size_t width = 120);

/// For each unexpected result: what was expected, what was seen and why, and the command that runs it again.
std::string unexpected_details(const Results& results);

/// One line: how many cases, how fast, which verdicts, whether all is as expected.
std::string summary(const Results& results);

}  // namespace rogate::report
