// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/place.h"

#include <algorithm>

#include "patch/lines.h"
#include "patch/window.h"

namespace rogate::patch {
namespace {

constexpr size_t kNowhere = std::string_view::npos;
/// "Near" for a conflict's report: beyond it, a matching line is more likely another brace than the same place.
constexpr size_t kNearLines = 100;
constexpr uint64_t kTaken = uint64_t{1} << 63U;

size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/// One text, on which the hunks of one file are placed one after the other. Lines are counted from 0 in here.
class Placer {
public:
    Placer(std::string_view text, const PlaceOptions& options) : text_(text), index_(text), options_(options) {}

    /// Places hunk `number` (counted from 1); a conflict, or nothing when it went well.
    std::optional<Conflict> place(const Hunk& hunk, size_t number);
    Applied finish() &&;

private:
    struct Edit {
        const Hunk* hunk;
        Window window;
        size_t line;
    };

    [[nodiscard]] bool matches(const Hunk& hunk, const Window& window, size_t line);
    [[nodiscard]] bool is_free(size_t line, size_t count) const;
    [[nodiscard]] bool fits(const Hunk& hunk, const Window& window, size_t line);
    size_t find(const Hunk& hunk, const Window& window, size_t expected, size_t& other);
    size_t search(const Hunk& hunk, const Window& window, size_t expected, size_t& other);
    const std::vector<uint64_t>& hashes();
    std::vector<size_t> prefixes(const Hunk& hunk, const Window& window);
    Conflict explain(const Hunk& hunk, size_t expected);
    Conflict explain_fit(Conflict conflict, const Hunk& hunk, const Window& window, size_t line);
    void accept(const Hunk& hunk, const Window& window, size_t line, unsigned fuzz);

    std::string_view text_;
    LineIndex index_;
    PlaceOptions options_;
    std::vector<Edit> edits_;  ///< in the text's order
    std::vector<Placement> placements_;
    std::vector<uint64_t> hashes_;  ///< empty until a search needs them
    ptrdiff_t offset_ = 0;
};

size_t stated_line(const Hunk& hunk)
{
    return hunk.old_count == 0 ? hunk.old_start : hunk.old_start - 1;
}

bool Placer::matches(const Hunk& hunk, const Window& window, size_t line)
{
    if (!index_.reach(line)) {
        return false;
    }
    size_t pos = index_.start(line);
    if (window.old_lines == 0) {  // nothing may be put behind a last line that lacks its newline
        return pos == 0 || text_[pos - 1] == '\n';
    }
    for (size_t i = window.first; i < window.last; ++i) {
        const Line& want = hunk.lines[i];
        if (want.kind == LineKind::added) {
            continue;
        }
        if (text_.compare(pos, want.text.size(), want.text) != 0) {
            return false;
        }
        pos += want.text.size();
    }
    return !window.at_end || pos == text_.size();
}

bool Placer::is_free(size_t line, size_t count) const
{
    const auto after = std::find_if(edits_.begin(), edits_.end(),
                                    [&](const Edit& edit) { return edit.line + edit.window.old_lines > line; });
    return after == edits_.end() || (count == 0 ? after->line >= line : after->line >= line + count);
}

/// The cheap questions come first: a text of equal lines has many places whose lines match but that are not allowed.
bool Placer::fits(const Hunk& hunk, const Window& window, size_t line)
{
    if ((window.at_start && line != window.first) || !is_free(line, window.old_lines)) {
        return false;
    }
    if (window.at_end &&
        (!index_.reach(line + window.old_lines) || index_.start(line + window.old_lines) != text_.size())) {
        return false;
    }
    return matches(hunk, window, line);
}

const std::vector<uint64_t>& Placer::hashes()
{
    if (hashes_.empty()) {
        hashes_ = index_.hashes();
        for (const Edit& edit : edits_) {
            for (size_t i = 0; i < edit.window.old_lines; ++i) {
                hashes_[edit.line + i] |= kTaken;
            }
        }
    }
    return hashes_;
}

std::vector<size_t> Placer::prefixes(const Hunk& hunk, const Window& window)
{
    std::vector<uint64_t> pattern;
    for (size_t i = window.first; i < window.last; ++i) {
        if (hunk.lines[i].kind != LineKind::added) {
            pattern.push_back(hash_line(hunk.lines[i].text));
        }
    }
    return matching_prefixes(pattern, hashes());
}

/// The nearest place but the expected one; `other` is a second one just as near, or kNowhere.
size_t Placer::search(const Hunk& hunk, const Window& window, size_t expected, size_t& other)
{
    const std::vector<size_t> lengths = prefixes(hunk, window);
    const auto good = [&](size_t line) {
        return line < lengths.size() && lengths[line] >= window.old_lines && fits(hunk, window, line);
    };
    // A header may state any line: the search begins where the text does.
    const size_t nearest = expected > lengths.size() ? expected - lengths.size() : 1;
    const size_t limit = std::min(options_.max_offset, std::max(expected, lengths.size()));
    for (size_t away = nearest; away <= limit; ++away) {
        const bool before = away <= expected && good(expected - away);
        const bool after = good(expected + away);
        if (before && after) {
            other = expected - away;
        }
        if (before || after) {
            return after ? expected + away : expected - away;
        }
    }
    return kNowhere;
}

size_t Placer::find(const Hunk& hunk, const Window& window, size_t expected, size_t& other)
{
    other = kNowhere;
    if (fits(hunk, window, expected)) {
        return expected;
    }
    return window.old_lines == 0 ? kNowhere : search(hunk, window, expected, other);
}

void Placer::accept(const Hunk& hunk, const Window& window, size_t line, unsigned fuzz)
{
    const Edit edit{&hunk, window, line};
    edits_.insert(std::upper_bound(edits_.begin(), edits_.end(), edit,
                                   [](const Edit& a, const Edit& b) {
                                       // An insertion goes before an edit of the line it stands at.
                                       return std::pair(a.line, a.window.old_lines > 0) <
                                              std::pair(b.line, b.window.old_lines > 0);
                                   }),
                  edit);
    for (size_t i = 0; i < window.old_lines && !hashes_.empty(); ++i) {
        hashes_[line + i] |= kTaken;
    }
    const size_t first = line - window.first;  // of the whole hunk; below 0 wraps, and back in the sum
    offset_ = static_cast<ptrdiff_t>(first - stated_line(hunk));
    placements_.push_back({line + 1, offset_, fuzz});
}

std::optional<Conflict> Placer::place(const Hunk& hunk, size_t number)
{
    const auto guess = static_cast<ptrdiff_t>(stated_line(hunk)) + offset_;
    const size_t expected = guess < 0 ? 0 : static_cast<size_t>(guess);
    for (unsigned fuzz = 0; fuzz <= std::min(options_.fuzz, 3U); ++fuzz) {
        const Window window = make_window(hunk, fuzz);
        size_t other = kNowhere;
        const size_t line = find(hunk, window, expected + window.first, other);
        if (line == kNowhere) {
            continue;
        }
        if (other == kNowhere) {
            accept(hunk, window, line, fuzz);
            return std::nullopt;
        }
        return Conflict{Conflict::Reason::ambiguous, number, hunk.old_start, std::min(line, other) + 1,
                        std::max(line, other) + 1};
    }
    Conflict conflict = explain(hunk, expected);
    conflict.hunk = number;
    conflict.stated_line = hunk.old_start;
    return conflict;
}

/// The hunk's lines all stand at `line`, and yet it was not placed there.
Conflict Placer::explain_fit(Conflict conflict, const Hunk& hunk, const Window& window, size_t line)
{
    conflict.line = line + 1;
    if (window.at_start && line != window.first) {
        conflict.reason = Conflict::Reason::not_at_start;
    } else if (window.at_end && index_.reach(line + hunk.old_count + 1)) {
        conflict.reason = Conflict::Reason::text_goes_on;
        conflict.line = line + hunk.old_count + 1;
        conflict.found = index_.line(line + hunk.old_count);
    } else {
        conflict.reason = Conflict::Reason::too_far;
    }
    return conflict;
}

Conflict Placer::explain(const Hunk& hunk, size_t expected)
{
    const Window window = make_window(hunk, 0);
    const std::vector<size_t> lengths = prefixes(hunk, window);
    const size_t count = index_.count();
    const auto better = [&](size_t line, size_t best) {
        if (best == kNowhere || lengths[line] != lengths[best]) {
            return best == kNowhere || lengths[line] > lengths[best];
        }
        return distance(line, expected) < distance(best, expected);
    };
    size_t best = kNowhere;
    for (const size_t reach : {kNearLines, std::max(expected, count)}) {
        const size_t begin = expected > reach ? expected - reach : 0;
        for (size_t line = begin; line < count && line <= expected + reach; ++line) {
            best = better(line, best) ? line : best;
        }
        if (best != kNowhere && lengths[best] > 0) {
            break;
        }
        best = kNowhere;
    }
    if (best == kNowhere) {
        best = std::min(expected, count);
    }
    Conflict conflict;
    const size_t matched = best < count ? lengths[best] : 0;
    if (window.old_lines == 0) {
        conflict.reason = Conflict::Reason::text_ends;
        conflict.line = expected + 1;
        return conflict;
    }
    if (matched >= window.old_lines) {
        return explain_fit(std::move(conflict), hunk, window, best);
    }
    size_t skip = matched;
    for (const Line& line : hunk.lines) {
        if (line.kind != LineKind::added && skip-- == 0) {
            conflict.expected = line.text;
            break;
        }
    }
    conflict.line = best + matched + 1;
    if (best + matched >= count) {
        conflict.reason = Conflict::Reason::text_ends;
        return conflict;
    }
    conflict.found = index_.line(best + matched);
    conflict.reason = (hashes_[best + matched] & kTaken) != 0 ? Conflict::Reason::taken : Conflict::Reason::differs;
    return conflict;
}

Applied Placer::finish() &&
{
    Applied applied;
    size_t grown = text_.size();
    for (const Edit& edit : edits_) {
        for (const Line& line : edit.hunk->lines) {
            grown += line.kind == LineKind::added ? line.text.size() : 0;
        }
    }
    applied.text.reserve(grown);
    size_t copied = 0;
    for (const Edit& edit : edits_) {
        size_t pos = index_.start(edit.line);
        for (size_t i = edit.window.first; i < edit.window.last; ++i) {
            const Line& line = edit.hunk->lines[i];
            if (line.kind != LineKind::context) {
                applied.text.append(text_, copied, pos - copied);
                copied = pos;
            }
            if (line.kind == LineKind::added) {
                applied.text.append(line.text);
                continue;
            }
            pos += line.text.size();
            copied = line.kind == LineKind::removed ? pos : copied;
        }
    }
    applied.text.append(text_, copied);
    applied.placements = std::move(placements_);
    return applied;
}

}  // namespace

std::variant<Applied, Conflict> apply_hunks(std::string_view text, const FilePatch& change, const PlaceOptions& options)
{
    if (change.binary) {
        return Conflict{Conflict::Reason::binary, 0, 0, 0, 0};
    }
    Placer placer(text, options);
    size_t number = 0;
    for (const Hunk& hunk : change.hunks) {
        if (auto conflict = placer.place(hunk, ++number)) {
            return *std::move(conflict);
        }
    }
    return std::move(placer).finish();
}

}  // namespace rogate::patch
