// SPDX-License-Identifier: GPL-2.0-or-later
#include <charconv>

#include "mail/text.h"

namespace rogate::mail {
namespace {

/// "3/7" or "v2" of the words inside a subject's brackets.
void read_word(std::string_view word, PatchMail& mail)
{
    const char* end = word.data() + word.size();
    unsigned first = 0;
    if ((word.starts_with('v') || word.starts_with('V')) && word.size() > 1) {
        const auto [at, err] = std::from_chars(word.data() + 1, end, first);
        mail.version = err == std::errc() && at == end ? first : mail.version;
        return;
    }
    unsigned second = 0;
    const auto [slash, err] = std::from_chars(word.data(), end, first);
    if (err != std::errc() || slash == end || *slash != '/') {
        return;
    }
    const auto [at, err2] = std::from_chars(slash + 1, end, second);
    if (err2 == std::errc() && at == end) {
        mail.number = first;
        mail.total = second;
    }
}

bool is_reply(std::string_view text)
{
    return text.size() > 3 && (text[0] == 'R' || text[0] == 'r') && (text[1] == 'e' || text[1] == 'E') &&
           text[2] == ':';
}

}  // namespace

void set_subject(std::string_view raw, PatchMail& mail)
{
    std::string line;
    for (const char c : raw) {  // folded headers become one line, runs of blanks one blank
        const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!blank || (!line.empty() && line.back() != ' ')) {
            line += blank ? ' ' : c;
        }
    }
    std::string_view rest = trimmed(line);
    while (is_reply(rest) || rest.starts_with('[')) {
        if (rest[0] != '[') {
            mail.reply = true;
            rest = trimmed(rest.substr(3));
            continue;
        }
        const size_t close = rest.find(']');
        if (close == std::string_view::npos) {
            break;
        }
        std::string_view words = rest.substr(1, close - 1);
        while (!words.empty()) {
            const size_t blank = std::min(words.find(' '), words.size());
            read_word(words.substr(0, blank), mail);
            words.remove_prefix(std::min(blank + 1, words.size()));
        }
        rest = trimmed(rest.substr(close + 1));
    }
    mail.subject = rest;
}

std::vector<Trailer> find_trailers(std::string_view body)
{
    const std::string_view text = trimmed(body);
    size_t begin = text.rfind("\n\n");
    begin = begin == std::string_view::npos ? 0 : begin + 2;
    std::vector<Trailer> trailers;
    std::string_view key;
    std::string_view value;
    for (size_t pos = begin; pos < text.size();) {
        const std::string_view line = take_line(text, pos);
        if (!trailers.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
            trailers.back().value += ' ' + std::string(trimmed(line));
        } else if (split_field(line, key, value)) {
            trailers.push_back({std::string(key), std::string(value)});
        } else if (!line.starts_with('[') && !line.starts_with("(cherry picked from")) {
            return {};
        }
    }
    return trailers;
}

}  // namespace rogate::mail
