// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "mail/text.h"

namespace rogate::mail {
bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

namespace {

/// Where a message ends: see git-am(1).
bool begins_patch(std::string_view line)
{
    if (line.starts_with("diff -") || line.starts_with("Index: ")) {
        return true;
    }
    if (!line.starts_with("---")) {
        return false;
    }
    const std::string_view rest = line.substr(3);
    return trimmed(rest).empty() || (rest.size() > 1 && rest[0] == ' ' && rest[1] != ' ' && rest[1] != '\t');
}

}  // namespace

std::string_view take_line(std::string_view text, size_t& pos)
{
    const size_t end = std::min(text.find('\n', pos), text.size());
    std::string_view line = text.substr(pos, end - pos);
    pos = std::min(end + 1, text.size());
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlank = " \t\r\n";
    const size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
    return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

bool split_field(std::string_view line, std::string_view& key, std::string_view& value)
{
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return false;
    }
    const auto in_key = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!std::all_of(line.begin(), line.begin() + static_cast<ptrdiff_t>(colon), in_key)) {
        return false;
    }
    key = line.substr(0, colon);
    value = trimmed(line.substr(colon + 1));
    return true;
}

size_t find_patch(std::string_view text)
{
    for (size_t pos = 0; pos < text.size();) {
        const size_t begin = pos;
        if (begins_patch(take_line(text, pos))) {
            return begin;
        }
    }
    return std::string_view::npos;
}

size_t find_body(std::string_view text)
{
    size_t pos = 0;
    std::string_view key;
    std::string_view value;
    std::string_view line = take_line(text, pos);
    if (line.starts_with("From ")) {
        line = take_line(text, pos);
    }
    // A header line's first word: a quilt patch may also begin with "Subject: ", which is as good as a mail's.
    if (!split_field(line, key, value) || line.starts_with("Index:")) {
        return 0;
    }
    while (pos < text.size()) {
        line = take_line(text, pos);
        if (line.empty()) {
            return pos;
        }
        if (line[0] != ' ' && line[0] != '\t' && !split_field(line, key, value)) {
            return 0;
        }
    }
    return 0;
}

bool is_encoded(std::string_view text, size_t body)
{
    std::string_view key;
    std::string_view value;
    for (size_t pos = 0; pos < body;) {
        if (!split_field(take_line(text, pos), key, value)) {
            continue;
        }
        if (equal_ignoring_case(key, "Content-Transfer-Encoding") &&
            (equal_ignoring_case(value, "quoted-printable") || equal_ignoring_case(value, "base64"))) {
            return true;
        }
        constexpr std::string_view kMultipart = "multipart/";
        if (equal_ignoring_case(key, "Content-Type") &&
            equal_ignoring_case(value.substr(0, kMultipart.size()), kMultipart)) {
            return true;
        }
    }
    return false;
}

}  // namespace rogate::mail
