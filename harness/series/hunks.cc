// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/hunks.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "git/merge.h"
#include "patch/lines.h"

namespace rogate::series {
namespace {

constexpr size_t kContext = 3;
constexpr size_t kLongestSection = 80;  // as git cuts it

/// "12,7", or "12" for one line; a range of no lines names the line before it.
std::string range_text(size_t line, size_t count)
{
    const size_t start = count == 0 ? line : line + 1;
    return count == 1 ? std::to_string(start) : fmt::format("{},{}", start, count);
}

void add_line(std::string& out, char kind, std::string_view line)
{
    out += kind;
    out += line;
    if (!line.ends_with('\n')) {
        out += "\n\\ No newline at end of file\n";
    }
}

class Texts {
public:
    Texts(std::string_view old_text, std::string_view new_text) : old_(old_text), new_(new_text)
    {
        old_count_ = old_.count();
        new_count_ = new_.count();
    }

    /// The hunk of the edits [first, last).
    std::string hunk(const git::Edit* first, const git::Edit* last)
    {
        const git::Edit& end = *(last - 1);
        const size_t lead = std::min(first->old_line, kContext);
        const size_t trail = std::min(old_count_ - end.old_line - end.old_count, kContext);
        const size_t old_begin = first->old_line - lead;
        const size_t new_begin = first->new_line - lead;
        const size_t old_end = end.old_line + end.old_count + trail;
        const size_t new_end = end.new_line + end.new_count + trail;
        std::string text = fmt::format("@@ -{} +{} @@{}\n", range_text(old_begin, old_end - old_begin),
                                       range_text(new_begin, new_end - new_begin), section(old_begin));
        size_t line = old_begin;
        for (const git::Edit* edit = first; edit != last; ++edit) {
            for (; line < edit->old_line; ++line) {
                add_line(text, ' ', old_.line(line));
            }
            for (; line < edit->old_line + edit->old_count; ++line) {
                add_line(text, '-', old_.line(line));
            }
            for (size_t added = edit->new_line; added < edit->new_line + edit->new_count; ++added) {
                add_line(text, '+', new_.line(added));
            }
        }
        for (; line < old_end; ++line) {
            add_line(text, ' ', old_.line(line));
        }
        return text;
    }

private:
    /// The nearest line before `begin` that looks like the head of a function. Source: git-diff(1), default funcname.
    std::string section(size_t begin)
    {
        for (size_t line = begin; line-- > 0;) {
            std::string_view text = old_.line(line);
            if (text.empty() || (std::isalpha(static_cast<unsigned char>(text[0])) == 0 && text[0] != '_' && text[0] != '$')) {
                continue;
            }
            text = text.substr(0, kLongestSection);
            const size_t end = text.find_last_not_of(" \t\r\n\v\f");
            return " " + std::string(text.substr(0, end + 1));
        }
        return {};
    }

    patch::LineIndex old_;
    patch::LineIndex new_;
    size_t old_count_ = 0;
    size_t new_count_ = 0;
};

}  // namespace

Result<std::string> print_hunks(std::string_view old_text, std::string_view new_text)
{
    const auto edits = git::diff_lines(old_text, new_text);
    if (!edits) {
        return edits.error();
    }
    Texts texts(old_text, new_text);
    std::string out;
    for (size_t first = 0; first < edits->size();) {
        size_t last = first + 1;
        while (last < edits->size() && (*edits)[last].old_line - (*edits)[last - 1].old_line - (*edits)[last - 1].old_count <= 2 * kContext) {
            ++last;
        }
        out += texts.hunk(edits->data() + first, edits->data() + last);
        first = last;
    }
    return out;
}

std::optional<std::string> renumber_hunks(const patch::FilePatch& change, const std::vector<HunkOutcome>& places)
{
    std::string out;
    ptrdiff_t grown = 0;
    size_t least = 0;
    for (size_t i = 0; i < change.hunks.size(); ++i) {
        const patch::Hunk& hunk = change.hunks[i];
        const size_t line = places[i].line - 1;
        if (line < least) {
            return std::nullopt;
        }
        least = line + hunk.old_count;
        const auto new_line = static_cast<size_t>(static_cast<ptrdiff_t>(line) + grown);
        grown += static_cast<ptrdiff_t>(hunk.new_count) - static_cast<ptrdiff_t>(hunk.old_count);
        out += fmt::format("@@ -{} +{} @@{}{}\n", range_text(line, hunk.old_count), range_text(new_line, hunk.new_count),
                           hunk.section.empty() ? "" : " ", hunk.section);
        for (const patch::Line& one : hunk.lines) {
            add_line(out, static_cast<char>(one.kind), one.text);
        }
    }
    return out;
}

}  // namespace rogate::series
