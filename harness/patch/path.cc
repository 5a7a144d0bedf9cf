// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/path.h"

#include <algorithm>

#include <fmt/format.h>

namespace rogate::patch {
namespace {

/// The byte that a backslash and `c` stand for, or 0.
char escaped(char c)
{
    constexpr std::string_view kLetters = "abtnvfr\"\\";
    constexpr std::string_view kBytes = "\a\b\t\n\v\f\r\"\\";
    const size_t at = kLetters.find(c);
    return at == std::string_view::npos ? '\0' : kBytes[at];
}

/// Three octal digits, at most 0377, or nothing.
std::optional<char> octal(std::string_view digits)
{
    if (digits.size() < 3 || digits[0] > '3' ||
        !std::all_of(digits.begin(), digits.begin() + 3, [](char c) { return c >= '0' && c <= '7'; })) {
        return std::nullopt;
    }
    return static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
}

/// ".git" in any case, also with the dots and spaces at its end that some file systems drop.
bool is_dot_git(std::string_view part)
{
    while (part.size() > 4 && (part.back() == '.' || part.back() == ' ')) {
        part.remove_suffix(1);
    }
    constexpr std::string_view kName = ".git";
    return part.size() == kName.size() && std::equal(part.begin(), part.end(), kName.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
           });
}

Error unsafe(std::string_view path, const char* why)
{
    return {ErrorKind::corrupt, fmt::format("unsafe path '{}': {}", printable(path), why)};
}

}  // namespace

std::optional<std::string> unquote(std::string_view text, size_t& used)
{
    if (text.empty() || text.front() != '"') {
        return std::nullopt;
    }
    std::string plain;
    for (size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            used = i + 1;
            return plain;
        }
        if (text[i] != '\\') {
            plain += text[i];
            continue;
        }
        if (++i == text.size()) {
            break;
        }
        if (const char byte = escaped(text[i])) {
            plain += byte;
        } else if (const auto value = octal(text.substr(i))) {
            plain += *value;
            i += 2;
        } else {
            break;
        }
    }
    return std::nullopt;
}

std::optional<std::string> strip_folders(std::string_view path, unsigned strip)
{
    std::string squashed;
    for (const char c : path) {
        if (c != '/' || squashed.empty() || squashed.back() != '/') {
            squashed += c;
        }
    }
    std::string_view rest = squashed;
    for (; strip > 0; --strip) {
        const size_t slash = rest.find('/');
        if (slash == std::string_view::npos) {
            return std::nullopt;
        }
        rest.remove_prefix(slash + 1);
    }
    return std::string(rest);
}

Result<void> check_path(std::string_view path)
{
    if (path.empty()) {
        return unsafe(path, "it is empty");
    }
    if (path.front() == '/') {
        return unsafe(path, "it is absolute");
    }
    if (path.find('\0') != std::string_view::npos) {
        return unsafe(path, "it holds a NUL");
    }
    for (std::string_view rest = path;;) {
        const size_t slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        if (part.empty() || part == "." || part == "..") {
            return unsafe(path, part.empty() ? "a part of it is empty" : "it holds '.' or '..'");
        }
        if (is_dot_git(part)) {
            return unsafe(path, "it lies in '.git'");
        }
        if (slash == std::string_view::npos) {
            return {};
        }
        rest.remove_prefix(slash + 1);
    }
}

std::string printable(std::string_view text, size_t limit)
{
    std::string safe;
    for (size_t i = 0; i < text.size(); ++i) {
        if (i == limit) {
            return safe + "...";
        }
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\t') {
            safe += "\\t";
        } else if (byte == '\r') {
            safe += "\\r";
        } else if (byte < 0x20 || byte >= 0x7f) {
            safe += fmt::format("\\x{:02x}", byte);
        } else {
            safe += text[i];
        }
    }
    return safe;
}

}  // namespace rogate::patch
