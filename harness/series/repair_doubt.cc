// SPDX-License-Identifier: GPL-2.0-or-later
// What can be said of lines that no base vouches for.
#include <algorithm>

#include "series/repair_read.h"

namespace rogate::series {
namespace {

using patch::LineKind;

/// Indentations of the lines that no base knows, counted.
struct Indents {
    size_t tabs = 0;       ///< lines with a tab anywhere
    size_t deep = 0;       ///< indented by 7 blanks or more
    size_t before_stop = 0;  ///< of these, by one less than a multiple of 8: a tab behind the prefix, made blanks
    size_t single = 0;     ///< by one blank, neither in a comment nor a label
    size_t at_stop = 0;    ///< by a multiple of 8
    size_t context_odd = 0;   ///< lines of context indented by one less than a multiple of 4
    size_t context_even = 0;  ///< by a multiple of 4
    size_t change_odd = 0;    ///< the same of added and removed lines
    bool strange = false;  ///< an indentation that neither 4 blanks a level nor tabs made blanks explain
};

template <class Visit>
void each_unknown(std::vector<ReadFile>& files, Visit visit)
{
    for (ReadFile& file : files) {
        for (size_t h = 0; !file.base && h < file.readings.size(); ++h) {
            for (LogicalLine& line : file.readings[h].lines) {
                visit(file, line);
            }
        }
    }
}

Indents count_indents(std::vector<ReadFile>& files)
{
    Indents counts;
    size_t in_comment = 0;  ///< how deep the next line is if it goes on with a comment's text; 0 = no comment
    each_unknown(files, [&](const ReadFile&, const LogicalLine& line) {
        const std::string_view body = without_trail(line.text);
        const size_t depth = indent_of(body).size();
        const std::string_view rest = body.substr(depth);
        const bool starred = rest.starts_with("* ") || rest.starts_with("*/") || rest == "*";
        const bool comment = depth == in_comment;
        in_comment = rest.starts_with("/*") ? depth + 3 : comment ? in_comment : 0;
        counts.tabs += body.find('\t') != std::string_view::npos ? 1 : 0;
        if (body.empty() || depth == 0) {
            return;
        }
        counts.deep += depth >= 7 ? 1 : 0;
        counts.before_stop += depth % 8 == 7 ? 1 : 0;
        counts.single += depth == 1 && !starred && !body.ends_with(":") ? 1 : 0;
        counts.at_stop += depth % 8 == 0 ? 1 : 0;
        counts.strange = counts.strange || (depth >= 7 && (starred || (!comment && depth % 4 != 0 && depth % 8 != 7)));
        if (line.kind == LineKind::context) {
            counts.context_odd += depth % 4 == 3 ? 1 : 0;
            counts.context_even += depth % 4 == 0 ? 1 : 0;
        } else {
            counts.change_odd += depth % 4 == 3 ? 1 : 0;
        }
    });
    return counts;
}

/// Which tabs were lost, if there are signs of it, and whether a plain diff's header proves it.
struct TabVerdict {
    TabDamage damage;
    Certainty how = Certainty::likely;
};

TabVerdict judge_tabs(const Indents& counts, bool header_lost)
{
    if (counts.tabs > 0) {
        return {};
    }
    const TabDamage stops{TabDamage::Kind::stops, 8, 1};
    if (header_lost && counts.deep > 0) {
        return {stops, counts.strange ? Certainty::likely : Certainty::sure};
    }
    if (counts.before_stop > counts.at_stop) {
        return {stops, Certainty::likely};
    }
    if (counts.single > counts.at_stop) {
        return {{TabDamage::Kind::fixed, 1, 1}, Certainty::likely};
    }
    return {};
}

/// The tabs of one line's indentation; false when there is nothing to put right.
bool restore_indent(const TabVerdict& tabs, LogicalLine& line)
{
    const std::string_view indent = indent_of(line.text);
    const bool comment = line.text.substr(indent.size()).starts_with("*");
    if (tabs.damage.kind == TabDamage::Kind::none || indent.empty() || without_trail(line.text).empty()) {
        return false;
    }
    const bool blanks = tabs.damage.kind == TabDamage::Kind::stops && indent.size() % 8 != 7;
    if (blanks || (comment && indent.size() == 1)) {
        return false;
    }
    line.text = undamaged_indent(indent, tabs.damage) + line.text.substr(indent.size());
    return true;
}

/// Whether a mailer that broke the lines kept every blank.
bool blanks_kept(const std::vector<RawLine>& lines, const LogicalLine& line)
{
    for (size_t i = line.first; i + 1 < line.first + line.count; ++i) {
        if (!lines[i].text.ends_with(' ')) {
            return false;
        }
    }
    return true;
}

}  // namespace

void settle_without_base(const std::vector<RawLine>& lines, std::vector<ReadFile>& files, std::vector<Repair>& repairs)
{
    const Indents counts = count_indents(files);
    const bool header_lost =
        std::any_of(files.begin(), files.end(), [](const ReadFile& file) { return file.part.tabs_lost; });
    const TabVerdict tabs = judge_tabs(counts, header_lost);
    size_t first_context = 0;
    each_unknown(files, [&](const ReadFile&, LogicalLine& line) {
        const size_t number = lines[line.first].number;
        const std::string& raw = lines[line.first].text;
        if (line.count > 1) {
            repairs.push_back({number, std::to_string(line.count) + " wrapped lines joined",
                               blanks_kept(lines, line) ? Certainty::sure : Certainty::likely});
        }
        if (line.kind == LineKind::context && raw.empty()) {
            repairs.push_back({number, "an empty line of context (blanks at line ends were stripped, perhaps elsewhere, too)",
                               Certainty::likely});
        } else if (line.kind == LineKind::context && line.count == 1 && " " + line.text != raw) {
            repairs.push_back({number, "the first column put back", Certainty::sure});
        }
        if (restore_indent(tabs, line)) {
            repairs.push_back({number, "tabs put back", tabs.how});
        }
        first_context = first_context == 0 && line.kind == LineKind::context ? number : first_context;
    });
    if (tabs.damage.kind == TabDamage::Kind::none && counts.tabs == 0 && counts.context_odd >= 2 && counts.context_even == 0 &&
        counts.change_odd == 0) {
        repairs.push_back({first_context, "lines of context seem to have lost a blank; they are kept as they are",
                           Certainty::likely});
    }
}

}  // namespace rogate::series
