// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/marked.h"

#include <algorithm>

namespace rogate::series {
namespace {

std::string_view take_line(std::string_view& rest)
{
    const size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline == std::string_view::npos ? rest.size() : newline + 1);
    rest.remove_prefix(line.size());
    return line;
}

/// True for a line of `size` times `c` and then its end or a blank.
bool is_marker(std::string_view line, char c, size_t size)
{
    return line.size() > size && line.substr(0, size).find_first_not_of(c) == std::string_view::npos &&
           (line[size] == '\n' || line[size] == ' ' || line[size] == '\r');
}

size_t longest_run(std::string_view text)
{
    size_t longest = 0;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (std::string_view("<|=>").find(line[0]) != std::string_view::npos) {
            longest = std::max(longest, std::min(line.find_first_not_of(line[0]), line.size()));
        }
    }
    return longest;
}

/// A side of a region; a last line without its end gets one, since a marker follows.
std::string side(const std::string& text)
{
    return text.empty() || text.ends_with('\n') ? text : text + '\n';
}

}  // namespace

std::optional<Marked> parse_marked(std::string_view text, size_t marker_size)
{
    enum class In { agreed, ours, ancestor, theirs };
    Marked marked{{""}, {}};
    In in = In::agreed;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (in == In::agreed && is_marker(line, '<', marker_size)) {
            marked.regions.emplace_back();
            in = In::ours;
        } else if (in == In::ours && is_marker(line, '|', marker_size)) {
            in = In::ancestor;
        } else if (in == In::ancestor && is_marker(line, '=', marker_size)) {
            in = In::theirs;
        } else if (in == In::theirs && is_marker(line, '>', marker_size)) {
            marked.agreed.emplace_back();
            in = In::agreed;
        } else {
            std::string& into = in == In::agreed     ? marked.agreed.back()
                                : in == In::ours     ? marked.regions.back().ours
                                : in == In::ancestor ? marked.regions.back().ancestor
                                                     : marked.regions.back().theirs;
            into += line;
        }
    }
    return in == In::agreed ? std::optional<Marked>(std::move(marked)) : std::nullopt;
}

std::string print_marked(const Marked& marked, const std::string& theirs, size_t& marker_size)
{
    marker_size = 7;
    for (const std::string& text : marked.agreed) {
        marker_size = std::max(marker_size, longest_run(text) + 1);
    }
    for (const Region& region : marked.regions) {
        marker_size = std::max({marker_size, longest_run(region.ours) + 1, longest_run(region.ancestor) + 1, longest_run(region.theirs) + 1});
    }
    std::string text = marked.agreed[0];
    for (size_t i = 0; i < marked.regions.size(); ++i) {
        const Region& region = marked.regions[i];
        text += std::string(marker_size, '<') + " upstream\n" + side(region.ours);
        text += std::string(marker_size, '|') + " ancestor\n" + side(region.ancestor);
        text += std::string(marker_size, '=') + "\n" + side(region.theirs);
        text += std::string(marker_size, '>') + " " + theirs + "\n" + marked.agreed[i + 1];
    }
    return text;
}

std::optional<std::vector<std::string>> edited_regions(const Marked& marked, std::string_view edited, size_t marker_size)
{
    for (std::string_view rest = edited; !rest.empty();) {
        const std::string_view line = take_line(rest);
        for (const char c : {'<', '|', '=', '>'}) {
            if (is_marker(line, c, marker_size)) {
                return std::nullopt;
            }
        }
    }
    if (!edited.starts_with(marked.agreed.front())) {
        return std::nullopt;
    }
    std::vector<std::string> resolved;
    size_t pos = marked.agreed.front().size();
    for (size_t i = 0; i < marked.regions.size(); ++i) {
        const std::string& next = marked.agreed[i + 1];
        const bool last = i + 1 == marked.regions.size();
        if (last && (edited.size() < pos + next.size() || !edited.ends_with(next))) {
            return std::nullopt;
        }
        const size_t end = last ? edited.size() - next.size() : edited.find(next, pos);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        resolved.emplace_back(edited.substr(pos, end - pos));
        pos = end + next.size();
    }
    return pos == edited.size() ? std::optional(std::move(resolved)) : std::nullopt;
}

}  // namespace rogate::series
