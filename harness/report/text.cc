// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace rogate::report {
namespace {

struct Character {
    char32_t code = 0;
    size_t bytes = 0;  ///< 0 = not UTF-8
};

/// The character that `text`, which is not empty, begins with. Source: RFC 3629: no overlong forms, no surrogates.
Character first_character(std::string_view text)
{
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const size_t length = lead >= 0xf0 && lead < 0xf5   ? 4
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                                                        : 0;
    if (length == 0 || text.size() < length) {
        return {};
    }
    char32_t code = lead & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) {
            return {};
        }
        code = code << 6U | (byte(i) & 0x3fU);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool valid = code >= kLeast[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return valid ? Character{code, length} : Character{};
}

bool is_harmless(char32_t code)
{
    return code >= 0x20 && (code < 0x7f || code > 0x9f) && code != 0x200e && code != 0x200f && code != 0x061c &&
           (code < 0x2028 || code > 0x202e) && (code < 0x2066 || code > 0x2069) && code != 0xfeff && code != 0xfffe &&
           code != 0xffff;
}

}  // namespace

std::string printable(std::string_view text, bool keep_lines)
{
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_character(text);
        if (next.bytes == 0) {
            safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        } else if (is_harmless(next.code) || (keep_lines && next.code == '\n')) {
            safe += text.substr(0, next.bytes);
        } else if (next.code < 0x80) {
            safe += fmt::format("\\x{:02x}", static_cast<uint32_t>(next.code));
        } else {
            safe += fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(next.code));
        }
        text.remove_prefix(std::max<size_t>(next.bytes, 1));
    }
    return safe;
}

std::string xml(std::string_view text, bool keep_lines)
{
    std::string safe;
    for (const char c : printable(text, keep_lines)) {
        switch (c) {
        case '&':
            safe += "&amp;";
            break;
        case '<':
            safe += "&lt;";
            break;
        case '>':
            safe += "&gt;";
            break;
        case '"':
            safe += "&quot;";
            break;
        case '\'':
            safe += "&#39;";
            break;
        default:
            safe += c;
        }
    }
    return safe;
}

std::string code_span(std::string_view text)
{
    std::string inner;
    size_t run = 0;
    size_t longest = 0;
    for (const char c : printable(text)) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
        inner += c == '|' ? "\\|" : std::string(1, c);
    }
    if (inner.empty()) {
        return {};
    }
    const std::string fence(longest + 1, '`');
    const bool spaced = inner.front() == '`' || inner.back() == '`';
    return fence + (spaced ? " " : "") + inner + (spaced ? " " : "") + fence;
}

std::string tap(std::string_view text)
{
    std::string safe;
    for (const char c : printable(text)) {
        safe += c == '#' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return safe;
}

size_t columns(std::string_view text)
{
    return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

namespace {

/// How many bytes the first `count` characters of UTF-8 take.
size_t bytes_of(std::string_view text, size_t count)
{
    size_t at = 0;
    for (; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80 && count-- == 0) {
            break;
        }
    }
    return at;
}

}  // namespace

std::string wrap(std::string_view text, size_t width, std::string_view first, std::string_view other)
{
    std::string lines(first);
    size_t used = columns(first);
    bool empty = true;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(' ', at), text.size());
        std::string_view word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty()) {
            continue;
        }
        if (!empty && used + 1 + columns(word) > width) {
            lines += "\n" + std::string(other);
            used = columns(other);
            empty = true;
        }
        while (empty && used + columns(word) > width && width > columns(other)) {
            const size_t room = bytes_of(word, width > used ? width - used : 0);
            lines += std::string(word.substr(0, room)) + "\n" + std::string(other);
            word.remove_prefix(room);
            used = columns(other);
        }
        lines += (empty ? "" : " ") + std::string(word);
        used += columns(word) + (empty ? 0 : 1);
        empty = false;
    }
    return lines + "\n";
}

std::string listed(const std::vector<std::string>& words, size_t limit)
{
    std::string text;
    for (size_t i = 0; i < words.size(); ++i) {
        if (i == limit) {
            return text + fmt::format(" and {} more", words.size() - limit);
        }
        text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    }
    return text;
}

std::string counted(size_t count, std::string_view one, std::string_view many)
{
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace rogate::report
