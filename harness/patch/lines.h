// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rogate::patch {

/// Where the lines of a text begin, found only as far as asked for. Lines are counted from 0 here.
class LineIndex {
public:
    explicit LineIndex(std::string_view text) : text_(text)
    {
        starts_.reserve(text.size() / 32 + 1);  // about what C has in a line
        starts_.push_back(0);
    }

    /// True when `line` begins inside the text or is the end of it (line == count()).
    bool reach(size_t line);
    /// Number of lines; a last one without "\n" counts.
    size_t count();
    /// Byte offset of a line that was reached.
    [[nodiscard]] size_t start(size_t line) const { return starts_[line]; }
    /// The line with its line end; line + 1 must have been reached.
    [[nodiscard]] std::string_view line(size_t line) const
    {
        return text_.substr(starts_[line], starts_[line + 1] - starts_[line]);
    }
    /// hash_line() of every line.
    std::vector<uint64_t> hashes();

private:
    std::string_view text_;
    std::vector<size_t> starts_;
};

/// A hash below 2^63; equal lines have equal hashes.
uint64_t hash_line(std::string_view line);

/// For each position of `text`, how many of the first elements of `pattern` stand there. Linear in both.
std::vector<size_t> matching_prefixes(const std::vector<uint64_t>& pattern, const std::vector<uint64_t>& text);

}  // namespace rogate::patch
