// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "patch/path.h"
#include "patch/place.h"

namespace rogate::patch {
namespace {

/// A line as people compare it: without its newline, and saying so when there is none.
std::string quoted(std::string_view line)
{
    const bool ended = line.ends_with('\n');
    return fmt::format("'{}'{}", printable(ended ? line.substr(0, line.size() - 1) : line),
                       ended ? "" : " without a newline");
}

std::string what(const Conflict& conflict)
{
    switch (conflict.reason) {
    case Conflict::Reason::differs:
        return fmt::format("expected {}, found {} (first differing line {})", quoted(conflict.expected),
                           quoted(conflict.found), conflict.line);
    case Conflict::Reason::text_ends:
        if (conflict.expected.empty()) {
            return fmt::format("the file ends before line {}", conflict.line);
        }
        return fmt::format("expected {}, found the end of the file (first differing line {})",
                           quoted(conflict.expected), conflict.line);
    case Conflict::Reason::text_goes_on:
        return fmt::format("expected the end of the file, found {} (first differing line {})", quoted(conflict.found),
                           conflict.line);
    case Conflict::Reason::not_at_start:
        return fmt::format("it belongs at the start of the file, but fits only at line {}", conflict.line);
    case Conflict::Reason::taken:
        return fmt::format("it needs line {}, which an earlier hunk has taken", conflict.line);
    case Conflict::Reason::too_far:
        return fmt::format("it fits only at line {}, which is too far away", conflict.line);
    case Conflict::Reason::ambiguous:
        return fmt::format("it fits equally well at lines {} and {}", conflict.line, conflict.other_line);
    case Conflict::Reason::binary:
        break;
    }
    return "it is a binary change, which cannot be applied";
}

}  // namespace

std::string describe(const Conflict& conflict, std::string_view path)
{
    if (conflict.hunk == 0) {
        return fmt::format("'{}': {}", printable(path), what(conflict));
    }
    return fmt::format("hunk {} of '{}' at line {}: {}", conflict.hunk, printable(path), conflict.stated_line,
                       what(conflict));
}

}  // namespace rogate::patch
