// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/names.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "patch/path.h"

namespace rogate::patch {
namespace {

constexpr std::string_view kNull = "/dev/null";

/// "2008-07-11 07:54:18.000000000 -0400" with blanks or a tab before it, at the end of a name.
struct Stamp {
    size_t begin = 0;  ///< where the blanks before it begin
    bool epoch = false;
};

bool matches(std::string_view text, std::string_view shape)
{
    return text.size() >= shape.size() && std::equal(shape.begin(), shape.end(), text.begin(), [](char want, char c) {
               return want == '0' ? (c >= '0' && c <= '9') : (want == '+' ? (c == '+' || c == '-') : want == c);
           });
}

int number(std::string_view digits)
{
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// True for the moment 1970-01-01 00:00 UTC in whatever zone: how diff -N marks a file that is not there.
bool is_epoch(std::string_view stamp, std::string_view zone)
{
    const int minutes = number(stamp.substr(11, 2)) * 60 + number(stamp.substr(14, 2));
    const int east =
        zone.empty() ? 0 : (number(zone.substr(1, 2)) * 60 + number(zone.substr(3, 2))) * (zone[0] == '-' ? -1 : 1);
    if (!stamp.substr(17).starts_with("00")) {
        return false;
    }
    return (stamp.starts_with("1970-01-01") && minutes == east) ||
           (stamp.starts_with("1969-12-31") && minutes - 24 * 60 == east);
}

std::optional<Stamp> find_stamp(std::string_view name)
{
    constexpr std::string_view kShape = "0000-00-00 00:00:00";
    for (size_t at = name.find_first_of(" \t"); at != std::string_view::npos; at = name.find_first_of(" \t", at + 1)) {
        const std::string_view stamp = name.substr(at + 1);
        if (!matches(stamp, kShape)) {
            continue;
        }
        std::string_view rest = stamp.substr(kShape.size());
        if (rest.starts_with(".")) {
            rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("0123456789", 1)));
        }
        const bool zoned = matches(rest, " +0000") && rest.size() == 6;
        if (!rest.empty() && !zoned) {
            continue;
        }
        return Stamp{name.find_last_not_of(" \t", at) + 1,
                     is_epoch(stamp, zoned ? rest.substr(1) : std::string_view())};
    }
    return std::nullopt;
}

/// Strips and checks a path as it was written.
Result<std::string> clean_path(const Cursor& cursor, const std::string& raw, unsigned strip)
{
    if (raw.starts_with("/")) {
        return cursor.corrupt(check_path(raw).error().text);
    }
    const auto path = strip_folders(raw, strip);
    if (!path) {
        return cursor.corrupt(fmt::format("'{}' has fewer than {} folders to strip", printable(raw), strip));
    }
    if (auto checked = check_path(*path); !checked) {
        return cursor.corrupt(checked.error().text);
    }
    return *path;
}

}  // namespace

Result<Name> read_name(const Cursor& cursor, std::string_view text, unsigned strip)
{
    Name name;
    std::string raw(text);
    if (text.starts_with("\"")) {
        size_t used = 0;
        const auto plain = unquote(text, used);
        if (!plain) {
            return cursor.corrupt(fmt::format("bad quoting in '{}'", printable(text)));
        }
        raw = *plain;
    } else {
        if (const auto stamp = find_stamp(text)) {
            name.epoch = stamp->epoch;
            raw = text.substr(0, stamp->begin);
        }
        raw = raw.substr(0, raw.find('\t'));
        if (raw == kNull) {
            return name;
        }
    }
    auto path = clean_path(cursor, raw, strip);
    if (!path) {
        return path.error();
    }
    name.path = *std::move(path);
    return name;
}

std::optional<std::string> common_path(std::string_view names, unsigned strip)
{
    if (names.starts_with("\"")) {
        size_t used = 0;
        const auto first = unquote(names, used);
        const std::string_view rest = names.substr(std::min(names.size(), used + 1));
        const auto second = rest.starts_with("\"") ? unquote(rest, used) : std::optional<std::string>(rest);
        const auto path = first && second ? strip_folders(*first, strip) : std::nullopt;
        return path && strip_folders(*second, strip) == path ? path : std::nullopt;
    }
    for (size_t blank = names.find(' '); blank != std::string_view::npos; blank = names.find(' ', blank + 1)) {
        const auto first = strip_folders(names.substr(0, blank), strip);
        if (first && !first->empty() && first == strip_folders(names.substr(blank + 1), strip)) {
            return first;
        }
    }
    return std::nullopt;
}

}  // namespace rogate::patch
