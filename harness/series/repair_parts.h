// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "patch/model.h"
#include "series/repair.h"
#include "series/repair_text.h"

namespace rogate::series {

/// A hunk as it was received: its header's numbers, and where the lines lie that may belong to it.
struct HunkPart {
    patch::Hunk header;     ///< numbers only
    std::string section;    ///< behind the second @@, with the blank before it, as received
    size_t header_line = 0;  ///< index into the received lines
    size_t first = 0;       ///< its first line
    size_t last = 0;        ///< one beyond those that can belong to it
    bool last_of_text = false;  ///< what follows may be anything: it goes up to the text's end
};

/// What a diff says of one file, headers mended.
struct FilePart {
    std::vector<std::string> header;  ///< to be written, without line ends
    patch::FilePatch change;          ///< paths, kind and blob ids; no hunks
    std::vector<HunkPart> hunks;
    size_t first_line = 0;  ///< index into the received lines
    bool tabs_lost = false;  ///< its plain header shows that tabs were lost
};

struct Parts {
    std::vector<FilePart> files;
    size_t begin = 0;  ///< index of the first line that belongs to a diff
};

/// Finds files and hunks and mends their headers. `repairs` gets what was done.
/// Errors: corrupt for a bad header (with its line), or when there is no diff.
Result<Parts> find_parts(const std::vector<RawLine>& lines, const MendOptions& options, std::vector<Repair>& repairs);

/// True when `line` is what may follow a diff in a mail: nothing, a signature, a mailing list's rule.
bool ends_diff(std::string_view line);

/// An Error of kind conflict or corrupt about a received line.
Error at_line(ErrorKind kind, const RawLine& line, const std::string& what);

}  // namespace rogate::series
