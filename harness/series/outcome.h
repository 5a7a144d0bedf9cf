// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "git/tree.h"

namespace rogate::series {

/// How a hunk got into a file, from the least doubt to none left.
enum class Outcome {
    exact,      ///< where its header says
    offset,     ///< some lines away, all its context as it was
    fuzz,       ///< with lines of context ignored, which the caller has allowed
    three_way,  ///< merged with what upstream did since an ancestor on which the patch applies
    upstream,   ///< its change is there already
    resolved,   ///< a conflict whose resolution is remembered
    conflict,   ///< nowhere, or at two places that are equally good
};
constexpr size_t kOutcomes = 7;

/// "exact", "offset", "fuzz", "three-way", "upstream", "resolved", "conflict".
std::string_view to_string(Outcome outcome);
/// One character for tables: = ~ ? 3 + r X.
char symbol(Outcome outcome);

struct HunkOutcome {
    Outcome outcome = Outcome::exact;
    size_t line = 0;             ///< where it went, or the first line that differs; from 1, in the file before the patch; 0 = not known
    ptrdiff_t offset_lines = 0;  ///< from its stated line
    unsigned fuzz_lines = 0;     ///< context lines ignored at its ends
    std::string why = {};        ///< of a conflict: which line differs and how
};

/// A conflict as text: pieces on which all agree, and between each two of them a region on which they do not.
struct Region {
    std::string ours;      ///< upstream, with the patches before this one
    std::string ancestor;  ///< what the patch was made for
    std::string theirs;    ///< what the patch made of it
    auto operator<=>(const Region&) const = default;
};
struct Marked {
    std::vector<std::string> agreed;  ///< one more than regions
    std::vector<Region> regions;
};

/// How one file of a patch fared.
struct FileOutcome {
    std::string path;
    Outcome outcome = Outcome::exact;  ///< the worst of its hunks; its own where it has none
    std::vector<HunkOutcome> hunks = {};  ///< in the diff's order
    std::string why = {};              ///< of a conflict that is the file's: missing, in the way, binary
    bool follows = false;              ///< a conflict after one in the same file by an earlier patch, which may be its cause
    std::shared_ptr<const Marked> marked = {};  ///< of a conflict or resolution that can be shown as text
    std::vector<std::string> resolutions = {};  ///< files of the resolutions used
};

struct PatchOutcome {
    std::vector<FileOutcome> files;  ///< one a change, in the patch's order
    [[nodiscard]] Outcome worst() const;
};

struct SeriesOutcome {
    std::vector<PatchOutcome> patches;
    std::vector<git::Tree> states;  ///< states[n]: after n patches; of a patch in conflict: what could be carried
    [[nodiscard]] Outcome worst() const;
    [[nodiscard]] bool applies() const { return worst() != Outcome::conflict; }
};

}  // namespace rogate::series
