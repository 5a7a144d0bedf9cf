// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "patch/parse.h"
#include "patch/path.h"
#include "series/repair_read.h"

namespace rogate::series {
namespace {

using patch::LineKind;

/// What is done to the text as a whole, before anything in it is looked at.
void mend_whole(std::vector<RawLine>& lines, const MendOptions& options, Damage& damage, std::vector<Repair>& repairs)
{
    const auto ends_cr = [](const RawLine& line) { return line.text.ends_with('\r'); };
    if (!lines.empty() && std::all_of(lines.begin(), lines.end(), ends_cr)) {
        for (RawLine& line : lines) {
            line.text.pop_back();
        }
        damage.crs_lost = true;
        repairs.push_back({lines.front().number, "CR taken off the end of every line", Certainty::sure});
    }
    if (auto decoded = undo_quoted_printable(lines)) {
        repairs.push_back({lines.front().number, "quoted-printable undone in every line", Certainty::sure});
        lines = *std::move(decoded);
    }
    if (options.flowed) {
        size_t stuffed = 0;
        for (RawLine& line : lines) {
            if (line.text.starts_with(' ')) {
                line.text.erase(0, 1);
                ++stuffed;
            }
        }
        if (stuffed > 0) {
            repairs.push_back({lines.front().number, fmt::format("the blank of format=flowed taken off {} lines", stuffed),
                               Certainty::sure});
        }
    }
}

/// The hunk header's end: joined if it was wrapped, and as the base has the line it is the beginning of.
std::string mend_section(const std::vector<RawLine>& lines, const ReadFile& file, size_t hunk, bool delete_space,
                         std::vector<Repair>& repairs)
{
    const HunkPart& part = file.part.hunks[hunk];
    const HunkReading& reading = file.readings[hunk];
    std::string section = part.section;
    if (reading.header_lines > 0) {
        std::vector<RawLine> pieces{{section, 0}};
        pieces.insert(pieces.end(), lines.begin() + static_cast<ptrdiff_t>(part.first),
                      lines.begin() + static_cast<ptrdiff_t>(part.first + reading.header_lines));
        section = without_trail(join(pieces, 0, pieces.size(), delete_space));
    }
    Certainty how = Certainty::sure;
    const std::string seen = bare(section);
    for (size_t i = std::min(reading.position, file.base ? file.base->lines.size() : 0); i-- > 0 && !seen.empty();) {
        const std::string& line = file.base->lines[i];
        if (line.empty() || !(std::isalpha(static_cast<unsigned char>(line[0])) || line[0] == '_' || line[0] == '$')) {
            continue;
        }
        if (file.base->bare[i].starts_with(seen)) {
            size_t end = 0;
            for (size_t bytes = 0; bytes < seen.size(); ++end) {
                bytes += bare(std::string_view(&line[end], 1)).size();
            }
            const std::string known = " " + line.substr(0, end);
            section = without_trail(section) == known ? section : known;
            how = Certainty::proven;
        }
        break;
    }
    if (section != part.section) {
        repairs.push_back({lines[part.header_line].number, "a hunk's header put right", how});
    }
    return section;
}

/// Says what was done to the lines of a file that the base knows.
void report_known(const std::vector<RawLine>& lines, const ReadFile& file, std::vector<Repair>& repairs)
{
    for (const HunkReading& reading : file.readings) {
        for (const LogicalLine& line : reading.lines) {
            if (!line.from_base) {
                continue;
            }
            if (std::string what = describe_damage(lines, line); !what.empty()) {
                repairs.push_back({lines[line.first].number, std::move(what), Certainty::proven});
            }
        }
    }
}

/// Works the added lines out and puts them into the readings.
void settle_added(const std::vector<RawLine>& lines, ReadFile& file, const Damage& damage, const MendOptions& options,
                  std::vector<Repair>& repairs)
{
    const size_t before = repairs.size();
    const AddedLines added = work_out_added(lines, file, damage, options.delete_space);
    for (const AddedLine& one : added.lines) {
        LogicalLine& line = file.readings[one.hunk].lines[one.line];
        line.text = one.text;
        const Certainty how = one.proven ? Certainty::proven : one.sure ? Certainty::sure : Certainty::likely;
        std::string what = describe_damage(lines, line);
        if (!what.empty() || how == Certainty::likely) {
            repairs.push_back({lines[line.first].number,
                               what.empty() ? "kept as it is, though tabs may be lost" : std::move(what), how});
        }
    }
    const bool touched = damage.tabs.kind != TabDamage::Kind::none || damage.trails_lost || repairs.size() > before;
    if (added.checked && !added.proven && touched) {
        repairs.push_back({lines[file.part.first_line].number,
                           fmt::format("'{}' does not become the blob {} that its index line names; an added line is not as "
                                       "it was sent",
                                       patch::printable(file.part.change.path()), file.part.change.new_blob),
                           Certainty::likely});
    }
}

void write_hunk(const std::vector<RawLine>& lines, const ReadFile& file, size_t hunk, bool delete_space, std::string& out,
                std::vector<Repair>& repairs)
{
    const HunkPart& part = file.part.hunks[hunk];
    const std::string& header = lines[part.header_line].text;
    out += header.substr(0, header.size() - part.section.size());
    out += mend_section(lines, file, hunk, delete_space, repairs) + "\n";
    for (const LogicalLine& line : file.readings[hunk].lines) {
        out += static_cast<char>(line.kind) + line.text + "\n";
        out += line.no_newline ? "\\ No newline at end of file\n" : "";
    }
}

/// All or nothing: a repair that is only likely is taken when the user says so.
Result<void> check_certainty(const std::vector<Repair>& repairs, const MendOptions& options)
{
    const auto likely = [](const Repair& repair) { return repair.how == Certainty::likely; };
    const auto first = std::find_if(repairs.begin(), repairs.end(), likely);
    if (options.guess || first == repairs.end()) {
        return {};
    }
    const auto count = std::count_if(repairs.begin(), repairs.end(), likely);
    return Error{ErrorKind::conflict,
                 fmt::format("line {}: damaged, and not to be repaired for certain: {}{}", first->line, first->what,
                             count > 1 ? fmt::format(" ({} more like it)", count - 1) : ""),
                 options.base ? "take what is only likely with --guess, and look at it"
                              : "say what it is for, with --base or --tree; or take what is only likely with --guess"};
}

}  // namespace

Result<Mended> mend_diff(std::vector<RawLine> lines, const MendOptions& options)
{
    Mended mended;
    Damage damage;
    mend_whole(lines, options, damage, mended.repairs);
    auto parts = find_parts(lines, options, mended.repairs);
    if (!parts) {
        return parts.error();
    }
    std::vector<std::unique_ptr<BaseFile>> bases;
    auto files = read_files(lines, *parts, options, bases);
    if (!files) {
        return files.error();
    }
    const bool crs_lost = damage.crs_lost;
    damage = find_damage(lines, *files);
    damage.crs_lost = crs_lost;
    settle_without_base(lines, *files, mended.repairs);
    for (ReadFile& file : *files) {
        if (file.base) {
            report_known(lines, file, mended.repairs);
            settle_added(lines, file, damage, options, mended.repairs);
        }
        for (const std::string& line : file.part.header) {
            mended.diff += line + "\n";
        }
        for (size_t hunk = 0; hunk < file.readings.size(); ++hunk) {
            write_hunk(lines, file, hunk, options.delete_space, mended.diff, mended.repairs);
        }
    }
    for (size_t i = 0; i < parts->begin; ++i) {
        mended.before += lines[i].text + "\n";
    }
    std::stable_sort(mended.repairs.begin(), mended.repairs.end(),
                     [](const Repair& a, const Repair& b) { return a.line < b.line; });
    if (auto checked = check_certainty(mended.repairs, options); !checked) {
        return checked.error();
    }
    // What hunks say of each other is the strict reader's to judge: that they overlap, or follow the file's end.
    if (auto read = patch::parse_diff(std::make_shared<const std::string>(mended.diff)); !read) {
        return at_line(ErrorKind::corrupt, lines[parts->begin], "no diff comes of it: its repaired " + read.error().text);
    }
    return mended;
}

}  // namespace rogate::series
