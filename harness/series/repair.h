// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/tree.h"

namespace rogate::series {

/// How sure a repair is.
enum class Certainty {
    proven,  ///< the base's text says so, or the result is the blob that the diff's index line names
    sure,    ///< the format's own rules and the hunks' counts leave one reading
    likely,  ///< a rule of thumb: taken only when guesses are allowed
};

/// "proven", "sure", "likely".
std::string_view to_string(Certainty how);

/// One thing that was put right.
struct Repair {
    size_t line = 0;  ///< of the text that was read, counted from 1
    std::string what;
    Certainty how = Certainty::sure;
};

/// A line as it was received, without its line end.
struct RawLine {
    std::string text;
    size_t number = 0;  ///< in the text that was read, counted from 1
};

struct MendOptions {
    const git::Tree* base = nullptr;  ///< what the diff is for, with contents; null = not at hand
    bool guess = false;               ///< take likely repairs, too
    bool flowed = false;              ///< the mail says format=flowed (RFC 3676): lines that end in a blank go on
    bool delete_space = false;        ///< and DelSp=yes: that blank is not part of the text
    int strip = -1;                   ///< leading folders of a plain diff's names; -1 = find out
};

struct Mended {
    std::string before;           ///< what stands between the message and the first diff ("---", diffstat), as received
    std::string diff;             ///< as git writes diffs; its bytes are the received ones wherever nothing was wrong
    std::vector<Repair> repairs;  ///< in the order of their lines
};

/// Undoes to a diff what mailers, mailing list archives and web pages do: lines wrapped (headers too), tabs turned into
/// blanks, blanks at line ends stripped, the blank that begins a line of context lost, CRLF, ">From", format=flowed,
/// quoted-printable left in. The counts of each hunk say which reading is right; where the base is at hand its lines
/// do, and the blob ids of git's index lines prove the rest. An undamaged diff comes back as it is.
/// Names of a plain diff become git's: "a/path", "b/path", created and removed files marked as git does.
/// Errors: conflict, "line 12: <what cannot be known>", with a hint; corrupt when it holds no diff or a name is unsafe.
Result<Mended> mend_diff(std::vector<RawLine> lines, const MendOptions& options);

/// The text as lines; the first has the number `first`.
std::vector<RawLine> raw_lines(std::string_view text, size_t first = 1);

}  // namespace rogate::series
