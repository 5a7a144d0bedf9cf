// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "series/repair_hunk.h"

namespace rogate::series {

/// What the lines that are known for certain tell of what happened to the mail.
struct Damage {
    TabDamage tabs;             ///< none = no sign of it
    bool trails_lost = false;   ///< blanks at line ends
    bool crs_lost = false;      ///< the CR before each newline: taken off with the transport's
};

/// One file of the diff whose hunks have all been read.
struct ReadFile {
    const FilePart& part;
    const BaseFile* base;  ///< null = not known
    std::vector<HunkReading> readings;
};

/// What an added line may be: no base has it, so that it is made of what is known of others.
struct AddedLine {
    size_t hunk;
    size_t line;       ///< index into the reading's lines
    std::string text;  ///< what it is taken for
    bool changed;      ///< `text` is not what was received
    bool sure;         ///< there is no other way to take it that deserves a thought
    bool proven;       ///< the result is the blob that the index line names
};

struct AddedLines {
    std::vector<AddedLine> lines;  ///< all added lines, in order
    bool checked = false;          ///< the index line's blobs could be used: old one is the base's file, new one is stated
    bool proven = false;           ///< and the result is the new one
};

/// Works out the added lines of one file. With index lines that fit the base, ways to take them are tried until one
/// gives the stated blob.
AddedLines work_out_added(const std::vector<RawLine>& lines, const ReadFile& file, const Damage& damage,
                          bool delete_space);

/// The file's new text, with `added` in place of its added lines in order.
std::string new_text(const ReadFile& file, const std::vector<std::string>& added);

}  // namespace rogate::series
