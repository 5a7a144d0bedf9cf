// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/parser.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "patch/path.h"

namespace rogate::patch {
namespace {

/// No text has more lines; keeps sums of two numbers of a header far from overflow.
constexpr size_t kMaxLineNumber = 1'000'000'000;

bool take(std::string_view& rest, std::string_view word)
{
    if (!rest.starts_with(word)) {
        return false;
    }
    rest.remove_prefix(word.size());
    return true;
}

std::optional<size_t> take_number(std::string_view& rest)
{
    size_t value = 0;
    const auto [end, err] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (err != std::errc() || value > kMaxLineNumber) {
        return std::nullopt;
    }
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return value;
}

/// "12,5" or "12" (a count of 1).
bool take_range(std::string_view& rest, size_t& start, size_t& count)
{
    const auto first = take_number(rest);
    const auto second = first && take(rest, ",") ? take_number(rest) : std::optional<size_t>(1);
    if (!first || !second) {
        return false;
    }
    start = *first;
    count = *second;
    return count == 0 || start > 0;
}

Result<Hunk> read_hunk_header(const Cursor& cursor)
{
    Hunk hunk;
    hunk.patch_line = cursor.number();
    std::string_view rest = cursor.content();
    if (!take(rest, "@@ -") || !take_range(rest, hunk.old_start, hunk.old_count) || !take(rest, " +") ||
        !take_range(rest, hunk.new_start, hunk.new_count) || !take(rest, " @@")) {
        return cursor.corrupt(fmt::format("bad hunk header '{}'", printable(cursor.content())));
    }
    take(rest, " ");
    hunk.section = rest;
    if (hunk.old_count == 0 && hunk.new_count == 0) {
        return cursor.corrupt("the hunk has no lines");
    }
    return hunk;
}

/// How much of a hunk is still to come.
struct Remaining {
    size_t old_lines;
    size_t new_lines;

    /// Counts one line of this kind; false when the header has no room for it.
    bool take_line(LineKind kind)
    {
        const bool on_old = kind != LineKind::added;
        const bool on_new = kind != LineKind::removed;
        if ((on_old && old_lines == 0) || (on_new && new_lines == 0)) {
            return false;
        }
        old_lines -= on_old ? 1 : 0;
        new_lines -= on_new ? 1 : 0;
        return true;
    }
};

std::optional<Line> as_line(std::string_view raw, std::string_view content)
{
    if (content.empty()) {  // some mailers and editors drop the one blank of an empty context line
        return Line{LineKind::context, raw};
    }
    switch (raw.front()) {
    case ' ':
    case '-':
    case '+':
        return Line{static_cast<LineKind>(raw.front()), raw.substr(1)};
    default:
        return std::nullopt;
    }
}

/// Takes the "\ No newline at end of file" at the cursor, if there is one, into account for the line before it.
Result<void> read_no_newline(Cursor& cursor, Hunk& hunk)
{
    if (!cursor.line().starts_with("\\ ")) {
        return {};
    }
    if (hunk.lines.empty() || hunk.lines.back().text.empty() || hunk.lines.back().text.back() != '\n') {
        return cursor.corrupt("'\\ No newline' does not follow a line");
    }
    hunk.lines.back().text.remove_suffix(1);
    cursor.next();
    return {};
}

/// A line without a line end can only be the last of its side.
Result<void> check_line_ends(const Cursor& cursor, const Hunk& hunk, bool& ended)
{
    Remaining left{hunk.old_count, hunk.new_count};
    for (const Line& line : hunk.lines) {
        left.take_line(line.kind);
        if (!line.text.empty() && line.text.back() == '\n') {
            continue;
        }
        if ((line.kind != LineKind::added && left.old_lines > 0) ||
            (line.kind != LineKind::removed && left.new_lines > 0)) {
            return cursor.corrupt("a line without newline is not the file's last");
        }
        ended = true;
    }
    return {};
}

Result<void> read_lines(Cursor& cursor, Hunk& hunk)
{
    Remaining left{hunk.old_count, hunk.new_count};
    bool changes = false;
    while (left.old_lines > 0 || left.new_lines > 0) {
        if (cursor.at_end()) {
            return cursor.corrupt(fmt::format("the hunk of line {} ends early: {} old and {} new lines are missing",
                                              hunk.patch_line, left.old_lines, left.new_lines));
        }
        if (cursor.line().back() != '\n') {
            return cursor.corrupt("the text ends in the middle of a line");
        }
        const auto line = as_line(cursor.line(), cursor.content());
        if (!line || !left.take_line(line->kind)) {
            return cursor.corrupt(
                fmt::format("'{}' does not fit the hunk of line {}, which lacks {} old and {} new lines",
                            printable(cursor.content(), 60), hunk.patch_line, left.old_lines, left.new_lines));
        }
        changes = changes || line->kind != LineKind::context;
        hunk.lines.push_back(*line);
        cursor.next();
        if (auto marked = read_no_newline(cursor, hunk); !marked) {
            return marked;
        }
    }
    if (!changes) {
        return cursor.corrupt(fmt::format("the hunk of line {} changes nothing", hunk.patch_line));
    }
    return {};
}

/// The line after a hunk must not look like one more line of it: then the header's counts are wrong.
Result<void> check_end(const Cursor& cursor, const Hunk& hunk)
{
    const std::string_view line = cursor.content();
    const bool signature = line == "-- " || line == "--";
    const bool next_file = line.starts_with("--- ") && cursor.ahead(1).starts_with("+++ ");
    if (line.empty() || signature || next_file || (line[0] != ' ' && line[0] != '+' && line[0] != '-')) {
        return {};
    }
    return cursor.corrupt(fmt::format("'{}' follows the hunk of line {}, whose header has no room for it",
                                      printable(line, 60), hunk.patch_line));
}

/// First line after the part of the old text that the hunk covers.
size_t old_end(const Hunk& hunk)
{
    return hunk.old_count == 0 ? hunk.old_start + 1 : hunk.old_start + hunk.old_count;
}

}  // namespace

Result<std::vector<Hunk>> read_hunks(Cursor& cursor)
{
    std::vector<Hunk> hunks;
    bool ended = false;
    while (is_hunk_header(cursor.content())) {
        auto hunk = read_hunk_header(cursor);
        if (!hunk) {
            return hunk.error();
        }
        if (ended) {
            return cursor.corrupt("a hunk follows one that ends the file");
        }
        if (!hunks.empty() && hunk->old_start + (hunk->old_count == 0 ? 1 : 0) < old_end(hunks.back())) {
            return cursor.corrupt(fmt::format("the hunk begins at line {}, inside or before the one of line {}",
                                              hunk->old_start, hunks.back().patch_line));
        }
        cursor.next();
        if (auto lines = read_lines(cursor, *hunk); !lines) {
            return lines.error();
        }
        if (auto checked = check_line_ends(cursor, *hunk, ended); !checked) {
            return checked.error();
        }
        if (auto checked = check_end(cursor, *hunk); !checked) {
            return checked.error();
        }
        hunks.push_back(*std::move(hunk));
    }
    return hunks;
}

}  // namespace rogate::patch
