// SPDX-License-Identifier: GPL-2.0-or-later
// Looks for a few things in C text without parsing it; the text is untrusted, so each look goes straight on.
#include "subject/c_text.h"

#include <algorithm>
#include <cctype>

namespace rogate::subject {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr size_t kLongestPrototype = 1000;

bool is_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

void skip_blank(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
}

std::string_view take_word(std::string_view& text)
{
    skip_blank(text);
    const auto end = std::find_if_not(text.begin(), text.end(), is_word);
    const std::string_view word = text.substr(0, static_cast<size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    return word;
}

bool take(std::string_view& text, char sign)
{
    skip_blank(text);
    if (!text.starts_with(sign)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// A string of letters, digits and '_' at the beginning of `text`, without its quotes; empty if there is none.
std::string_view take_name(std::string_view& text)
{
    if (!take(text, '"')) {
        return {};
    }
    const std::string_view name = take_word(text);
    return text.starts_with('"') ? name : std::string_view();
}

/// The places behind each whole word `word`.
std::vector<size_t> ends_of(std::string_view text, std::string_view word)
{
    std::vector<size_t> ends;
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) {
        const size_t end = at + word.size();
        if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
            ends.push_back(end);
        }
    }
    return ends;
}

std::string single_blanks(std::string_view text)
{
    std::string result;
    while (skip_blank(text), !text.empty()) {
        const std::string_view word = text.substr(0, text.find_first_of(kBlank));
        result.append(result.empty() ? "" : " ").append(word);
        text.remove_prefix(word.size());
    }
    return result;
}

}  // namespace

std::vector<std::string> format_names(std::string_view c_text)
{
    std::vector<std::string> names;
    const auto add = [&](std::string_view name) {
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
            names.emplace_back(name);
        }
    };
    for (const size_t end : ends_of(c_text, "BlockDriver")) {
        std::string_view rest = c_text.substr(end);
        if (!take_word(rest).empty() && take(rest, '=') && take(rest, '{')) {
            add(take_name(rest));
        }
    }
    for (const size_t end : ends_of(c_text, "format_name")) {
        std::string_view rest = c_text.substr(end);
        if (take(rest, '=') || take(rest, ':')) {
            add(take_name(rest));
        }
    }
    return names;
}

std::vector<std::string> api_prototypes(std::string_view header_text)
{
    std::vector<std::pair<size_t, std::string>> found;
    for (const char* name :
         {"bdrv_new", "bdrv_open", "bdrv_open2", "bdrv_file_open", "bdrv_read", "bdrv_write", "bdrv_aio_read"}) {
        for (const size_t end : ends_of(header_text, name)) {
            const size_t begin = header_text.rfind('\n', end) + 1;  // 0 when there is none
            const size_t semicolon = header_text.find_first_of(";{", end);
            const std::string_view before = header_text.substr(begin, end - begin);
            std::string_view rest = header_text.substr(end);
            if (semicolon == std::string_view::npos || header_text[semicolon] != ';' ||
                semicolon - begin > kLongestPrototype || !is_word(before.front()) ||
                before.find_first_of("(=") != std::string_view::npos || !take(rest, '(')) {
                continue;
            }
            found.emplace_back(begin, single_blanks(header_text.substr(begin, semicolon + 1 - begin)));
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> prototypes;
    for (auto& [place, prototype] : found) {
        prototypes.push_back(std::move(prototype));
    }
    return prototypes;
}

std::vector<std::string> quoted_includes(std::string_view c_text)
{
    std::vector<std::string> names;
    for (size_t at = 0; at < c_text.size();) {
        const size_t end = std::min(c_text.find('\n', at), c_text.size());
        std::string_view line = c_text.substr(at, end - at);
        at = end + 1;
        if (take(line, '#') && take_word(line) == "include" && take(line, '"')) {
            const size_t quote = line.find('"');
            if (quote != std::string_view::npos && quote > 0) {
                names.emplace_back(line.substr(0, quote));
            }
        }
    }
    return names;
}

}  // namespace rogate::subject
