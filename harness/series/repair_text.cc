// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_text.h"

#include <algorithm>

namespace rogate::series {
namespace {

bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    // Encoders write capitals; small letters would let "=be" of a program pass.
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Appends the decoded line; false when it is no quoted-printable. `soft` = it goes on in the next.
bool decode_line(std::string_view line, std::string& out, bool& soft, size_t& signs)
{
    soft = false;
    line = without_trail(line);
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '=') {
            out += line[i];
            continue;
        }
        if (i + 1 == line.size()) {
            soft = true;
            ++signs;
            return true;
        }
        const int high = hex_digit(line[i + 1]);
        const int low = i + 2 < line.size() ? hex_digit(line[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        out += static_cast<char>(high * 16 + low);
        signs += out.back() == '=' ? 1 : 0;
        i += 2;
    }
    return true;
}

}  // namespace

std::string_view to_string(Certainty how)
{
    constexpr std::string_view kWords[] = {"proven", "sure", "likely"};
    return kWords[static_cast<size_t>(how)];
}

std::vector<RawLine> raw_lines(std::string_view text, size_t first)
{
    std::vector<RawLine> lines;
    for (size_t pos = 0; pos < text.size();) {
        const size_t end = std::min(text.find('\n', pos), text.size());
        lines.push_back({std::string(text.substr(pos, end - pos)), first++});
        pos = end + 1;
    }
    return lines;
}

std::string bare(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return !is_white(c); });
    return out;
}

std::string_view indent_of(std::string_view text)
{
    return text.substr(0, std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view without_trail(std::string_view text)
{
    while (!text.empty() && is_white(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

const std::vector<TabDamage>& tab_damages()
{
    using Kind = TabDamage::Kind;
    static const std::vector<TabDamage> kAll{{Kind::stops, 8, 1}, {Kind::fixed, 8, 1}, {Kind::fixed, 1, 1},
                                             {Kind::fixed, 4, 1}, {Kind::stops, 8, 0}, {Kind::fixed, 2, 1},
                                             {Kind::stops, 4, 1}};
    return kAll;
}

std::string damaged(std::string_view content, const TabDamage& damage)
{
    std::string out;
    for (const char c : content) {
        if (c != '\t' || damage.kind == TabDamage::Kind::none) {
            out += c;
        } else if (damage.kind == TabDamage::Kind::fixed) {
            out.append(damage.width, ' ');
        } else {
            out.append(damage.width - (damage.column + out.size()) % damage.width, ' ');
        }
    }
    return out;
}

std::string undamaged_indent(std::string_view blanks, const TabDamage& damage)
{
    if (damage.kind == TabDamage::Kind::none || blanks.find('\t') != std::string_view::npos) {
        return std::string(blanks);
    }
    const size_t column = damage.kind == TabDamage::Kind::stops ? damage.column : 0;
    const size_t end = column + blanks.size();
    const size_t tabs = end / damage.width;
    return std::string(tabs, '\t') + std::string(tabs == 0 ? blanks.size() : end % damage.width, ' ');
}

std::optional<std::vector<RawLine>> undo_quoted_printable(const std::vector<RawLine>& lines)
{
    std::vector<RawLine> out;
    size_t signs = 0;
    bool soft = false;
    for (const RawLine& line : lines) {
        if (!soft) {
            out.push_back({{}, line.number});
        }
        if (!decode_line(line.text, out.back().text, soft, signs)) {
            return std::nullopt;
        }
        // A decoded line break would be one more line of the diff; encoders never write it so.
        if (out.back().text.find('\n') != std::string::npos) {
            return std::nullopt;
        }
    }
    return signs > 0 ? std::optional(std::move(out)) : std::nullopt;
}

std::string join(const std::vector<RawLine>& raw, size_t first, size_t count, bool delete_space)
{
    std::string out = raw[first].text;
    for (size_t i = first + 1; i < first + count; ++i) {
        while (!out.empty() && out.back() == '\r') {
            out.pop_back();
        }
        if (!out.ends_with(' ')) {
            out += ' ';
        } else if (delete_space) {
            out.pop_back();
        }
        out += raw[i].text;
    }
    return out;
}

}  // namespace rogate::series
