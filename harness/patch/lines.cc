// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/lines.h"

#include <algorithm>
#include <cstring>

#include "patch/cursor.h"

namespace rogate::patch {
namespace {

size_t line_length(std::string_view text, size_t pos)
{
    const void* end = std::memchr(text.data() + pos, '\n', text.size() - pos);
    return end ? static_cast<size_t>(static_cast<const char*>(end) - text.data()) + 1 - pos : text.size() - pos;
}

std::string_view without_line_end(std::string_view line)
{
    if (!line.empty() && line.back() == '\n') {
        line.remove_suffix(1);
    }
    if (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

Cursor::Cursor(std::string_view text, size_t offset_bytes) : text_(text), pos_(std::min(offset_bytes, text.size()))
{
    number_ += static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(pos_), '\n'));
    measure();
}

void Cursor::measure()
{
    length_ = at_end() ? 0 : line_length(text_, pos_);
}

void Cursor::next()
{
    pos_ += length_;
    ++number_;
    measure();
}

std::string_view Cursor::content() const
{
    return without_line_end(line());
}

std::string_view Cursor::ahead(int n) const
{
    size_t pos = pos_;
    size_t length = length_;
    for (; n > 0 && pos < text_.size(); --n) {
        pos += length;
        length = pos < text_.size() ? line_length(text_, pos) : 0;
    }
    return pos < text_.size() ? without_line_end(text_.substr(pos, length)) : std::string_view();
}

Error Cursor::corrupt(const std::string& what) const
{
    return {ErrorKind::corrupt, "line " + std::to_string(number_) + ": " + what};
}

bool LineIndex::reach(size_t line)
{
    while (starts_.size() <= line && starts_.back() < text_.size()) {
        starts_.push_back(starts_.back() + line_length(text_, starts_.back()));
    }
    return line < starts_.size();
}

size_t LineIndex::count()
{
    reach(std::string_view::npos - 1);
    return starts_.size() - 1;
}

std::vector<uint64_t> LineIndex::hashes()
{
    std::vector<uint64_t> all(count());
    for (size_t i = 0; i < all.size(); ++i) {
        all[i] = hash_line(line(i));
    }
    return all;
}

uint64_t hash_line(std::string_view line)
{
    // The top bit stays free, so that no line's hash equals a mark set from outside.
    return std::hash<std::string_view>{}(line) & ~(uint64_t{1} << 63U);
}

std::vector<size_t> matching_prefixes(const std::vector<uint64_t>& pattern, const std::vector<uint64_t>& text)
{
    // The Z function of pattern + mark + text; the mark equals no hash, so no prefix is longer than the pattern.
    std::vector<uint64_t> all;
    all.reserve(pattern.size() + 1 + text.size());
    all = pattern;
    all.push_back(~uint64_t{0});
    all.insert(all.end(), text.begin(), text.end());
    std::vector<size_t> z(all.size());
    for (size_t i = 1, left = 0, right = 0; i < all.size(); ++i) {
        size_t length = i < right ? std::min(right - i, z[i - left]) : 0;
        while (i + length < all.size() && all[length] == all[i + length]) {
            ++length;
        }
        z[i] = length;
        if (i + length > right) {
            left = i;
            right = i + length;
        }
    }
    z.erase(z.begin(), z.begin() + static_cast<ptrdiff_t>(pattern.size()) + 1);
    return z;
}

}  // namespace rogate::patch
