// SPDX-License-Identifier: GPL-2.0-or-later
// patch: the model of a unified diff and the placement of its hunks in a text; no I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rogate::patch {

enum class LineKind : char { context = ' ', removed = '-', added = '+' };

/// One line of a hunk. `text` is the file's line as it is, with its line end ("\n", "\r\n"), or without one when the
/// diff says "\ No newline at end of file". It points into FilePatch::source.
struct Line {
    LineKind kind;
    std::string_view text;
};

/// One `@@` block. Starts are lines counted from 1; with a count of 0 the start is the line before the gap.
struct Hunk {
    size_t old_start = 0;
    size_t old_count = 0;
    size_t new_start = 0;
    size_t new_count = 0;
    std::string_view section;  ///< what follows the second @@, without the space; for people only
    std::vector<Line> lines;
    size_t patch_line = 0;  ///< where its @@ line stands in the patch text, counted from 1
};

enum class ChangeKind { modified, created, removed, renamed, copied };

/// What a diff does to one file.
struct FilePatch {
    ChangeKind kind = ChangeKind::modified;
    std::string old_path;   ///< stripped, safe; empty when created
    std::string new_path;   ///< stripped, safe; empty when removed
    uint32_t old_mode = 0;  ///< as git writes it (0100644, 0100755, 0120000, 0160000); 0 = not stated
    uint32_t new_mode = 0;
    std::string old_blob;  ///< the abbreviated ids of git's index line; empty = not stated
    std::string new_blob;
    bool binary = false;  ///< the content changes in a way the hunks do not tell
    std::vector<Hunk> hunks;
    size_t patch_line = 0;  ///< where its first header line stands in the patch text, counted from 1
    std::shared_ptr<const std::string> source;  ///< the patch text, which the lines point into

    /// The path people know the file by: the new one, or the old one of a removed file.
    [[nodiscard]] const std::string& path() const { return new_path.empty() ? old_path : new_path; }
};

/// The same change the other way round, so that what `change` made can be taken back or recognised. A copy, whose way
/// back no diff can tell, becomes a removal without hunks, which fits an empty file only.
FilePatch reversed(const FilePatch& change);

}  // namespace rogate::patch
