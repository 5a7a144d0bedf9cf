// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "series/repair_parts.h"

namespace rogate::series {

/// A file of the base, by lines.
struct BaseFile {
    explicit BaseFile(std::string_view text);

    std::vector<std::string> lines;  ///< without their newlines
    std::vector<std::string> bare;   ///< the same without white space
    bool ended = true;               ///< the last line has its newline
};

/// A line of a hunk as the diff's author wrote it, as far as is known.
struct LogicalLine {
    patch::LineKind kind = patch::LineKind::context;
    std::string text;        ///< without prefix and line end; the base's where it is known
    size_t first = 0;        ///< index of the first received line it is made of
    size_t count = 1;        ///< and how many they are
    bool from_base = false;  ///< `text` is the base's
    bool no_newline = false;
};

/// One way to read the received lines as the hunk that its header announces.
struct HunkReading {
    std::vector<LogicalLine> lines;
    size_t header_lines = 0;  ///< received lines that continue the hunk's header
    size_t position = 0;      ///< line of the base, from 0
    int cost = 0;             ///< 0 = nothing is damaged
    bool ambiguous = false;   ///< another reading is as good
    size_t doubt = 0;         ///< then: index of a received line on which they differ
};

struct HunkQuestion {
    const std::vector<RawLine>& lines;
    const HunkPart& part;
    const BaseFile* base = nullptr;  ///< null = the counts alone must do
    size_t position = 0;             ///< with a base: where in it, from 0
    bool lost_column = false;        ///< without: lines of context have lost their first blank, and none is wrapped
    bool delete_space = false;
    size_t width = 0;                ///< the longest received line: one that was wrapped is about as long
};

/// The cheapest reading; nothing when there is none.
std::optional<HunkReading> read_hunk(const HunkQuestion& question);

}  // namespace rogate::series
