// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/repair_read.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "patch/path.h"

namespace rogate::series {
namespace {

using patch::LineKind;

/// The longest received line of a hunk that has a blank to break it at.
size_t find_width(const std::vector<RawLine>& lines, const Parts& parts)
{
    size_t width = 0;
    for (const FilePart& file : parts.files) {
        for (const HunkPart& hunk : file.hunks) {
            for (size_t i = hunk.first; i < hunk.last; ++i) {
                const std::string_view text = without_trail(lines[i].text);
                width = text.find(' ', 1) == std::string_view::npos ? width : std::max(width, text.size());
            }
        }
    }
    return width;
}

size_t stated_position(const HunkPart& part)
{
    return part.header.old_count == 0 ? part.header.old_start : part.header.old_start - std::min<size_t>(1, part.header.old_start);
}

/// Reads hunks of one file against its base.
class BasedReader {
public:
    BasedReader(const std::vector<RawLine>& lines, const BaseFile& base, const MendOptions& options, size_t width)
        : lines_(lines), base_(base), options_(options), width_(width)
    {
    }

    /// The readings; empty when a hunk does not fit the base.
    std::vector<HunkReading> read(const FilePart& file);

private:
    [[nodiscard]] std::optional<HunkReading> at(const HunkPart& part, size_t position) const
    {
        if (position < free_ || position + part.header.old_count > base_.lines.size()) {
            return std::nullopt;
        }
        return read_hunk({lines_, part, &base_, position, false, options_.delete_space, width_});
    }
    [[nodiscard]] std::optional<HunkReading> elsewhere(const HunkPart& part, size_t expected) const;
    [[nodiscard]] bool may_begin(const HunkPart& part, size_t position) const;

    const std::vector<RawLine>& lines_;
    const BaseFile& base_;
    const MendOptions& options_;
    size_t width_;
    size_t free_ = 0;  ///< first line of the base that no earlier hunk has used
};

/// A cheap question before the dear one: could one of the first lines be a line of the base near there? The very first may
/// be the end of the header.
bool BasedReader::may_begin(const HunkPart& part, size_t position) const
{
    bool asked = false;
    for (size_t i = part.first; i < std::min(part.last, part.first + 5); ++i) {
        const std::string text = bare(lines_[i].text);
        if (text.empty() || text[0] == '+') {
            continue;
        }
        asked = true;
        const size_t last = std::min(base_.bare.size(), position + 1 + i - part.first);
        for (size_t line = position; line < last; ++line) {
            const std::string& want = base_.bare[line];
            if (want.starts_with(text) || (text[0] == '-' && want.starts_with(std::string_view(text).substr(1)))) {
                return true;
            }
        }
    }
    return !asked;
}

/// The nearest other place at which the hunk can be read; nothing when two are equally near.
std::optional<HunkReading> BasedReader::elsewhere(const HunkPart& part, size_t expected) const
{
    for (size_t away = 1; away <= base_.lines.size(); ++away) {
        std::optional<HunkReading> before;
        std::optional<HunkReading> after;
        if (away <= expected && may_begin(part, expected - away)) {
            before = at(part, expected - away);
        }
        if (expected + away < base_.lines.size() && may_begin(part, expected + away)) {
            after = at(part, expected + away);
        }
        if (before || after) {
            return before && after ? std::nullopt : before ? before : after;
        }
    }
    return std::nullopt;
}

std::vector<HunkReading> BasedReader::read(const FilePart& file)
{
    std::vector<HunkReading> readings;
    ptrdiff_t offset = 0;
    for (const HunkPart& part : file.hunks) {
        const size_t stated = stated_position(part);
        const size_t expected = static_cast<size_t>(std::max<ptrdiff_t>(0, static_cast<ptrdiff_t>(stated) + offset));
        auto reading = at(part, expected);
        if (!reading && part.header.old_count > 0) {
            reading = elsewhere(part, expected);
        }
        if (!reading || reading->ambiguous) {
            return {};
        }
        offset = static_cast<ptrdiff_t>(reading->position) - static_cast<ptrdiff_t>(stated);
        free_ = reading->position + part.header.old_count;
        readings.push_back(*std::move(reading));
    }
    return readings;
}

/// The hunks of files without a base, read with and without the supposition that lines have lost their first column.
/// A mailer loses it everywhere or nowhere, so the mail as a whole decides.
class CountReader {
public:
    CountReader(const std::vector<RawLine>& lines, const MendOptions& options, size_t width)
        : lines_(lines), options_(options), width_(width)
    {
    }

    /// Errors: conflict.
    Result<void> read(std::vector<ReadFile*>& files);

private:
    std::optional<HunkReading> one(const HunkPart& part, bool lost_column) const
    {
        return read_hunk({lines_, part, nullptr, 0, lost_column, options_.delete_space, width_});
    }
    /// Whether all hunks can be read so; `doubt` is a hunk that cannot, `joined` a line that is made of several.
    bool all(const std::vector<ReadFile*>& files, bool lost_column, const HunkPart*& doubt, size_t& joined) const;

    const std::vector<RawLine>& lines_;
    const MendOptions& options_;
    size_t width_;
};

bool CountReader::all(const std::vector<ReadFile*>& files, bool lost_column, const HunkPart*& doubt, size_t& joined) const
{
    for (const ReadFile* file : files) {
        for (const HunkPart& part : file->part.hunks) {
            const auto reading = one(part, lost_column);
            if (!reading) {
                doubt = &part;
                return false;
            }
            for (const LogicalLine& line : reading->lines) {
                joined = line.count > 1 ? line.first : joined;
            }
            joined = reading->header_lines > 0 ? part.header_line : joined;
        }
    }
    return true;
}

Result<void> CountReader::read(std::vector<ReadFile*>& files)
{
    constexpr size_t kNone = std::string::npos;
    const HunkPart* doubt = nullptr;
    const HunkPart* ignored = nullptr;
    size_t joined = kNone;
    size_t never = kNone;
    const bool kept = all(files, false, doubt, joined);
    const bool lost = (!kept || joined != kNone) && all(files, true, ignored, never);
    if (!kept && !lost) {
        return at_line(ErrorKind::conflict, lines_[doubt->header_line],
                       fmt::format("the lines of the hunk do not add up to its header ({} old and {} new lines)",
                                   doubt->header.old_count, doubt->header.new_count));
    }
    if (kept && lost) {
        return at_line(ErrorKind::conflict, lines_[joined],
                       "it may have been wrapped here, or lines of context may have lost their first column");
    }
    const bool lost_column = lost;
    for (ReadFile* file : files) {
        for (const HunkPart& part : file->part.hunks) {
            auto reading = one(part, lost_column);
            if (reading->ambiguous) {
                return at_line(ErrorKind::conflict, lines_[reading->doubt],
                               fmt::format("the hunk of line {} can be read in more than one way from here",
                                           lines_[part.header_line].number));
            }
            file->readings.push_back(*std::move(reading));
        }
    }
    return {};
}

}  // namespace

Result<std::vector<ReadFile>> read_files(const std::vector<RawLine>& lines, const Parts& parts, const MendOptions& options,
                                         std::vector<std::unique_ptr<BaseFile>>& bases)
{
    const size_t width = find_width(lines, parts);
    std::vector<ReadFile> files;
    files.reserve(parts.files.size());
    std::vector<ReadFile*> without;
    std::set<std::string> seen;
    for (const FilePart& part : parts.files) {
        files.push_back({part, nullptr, {}});
        const bool created = part.change.kind == patch::ChangeKind::created;
        const bool again = !seen.insert(part.change.path()).second;  // its base is what the first part makes of it
        const git::Entry* entry = nullptr;
        if (options.base && !created && !again) {
            const auto at = options.base->find(part.change.old_path);
            entry = at == options.base->end() || !at->second.content ? nullptr : &at->second;
        }
        if (entry || created) {
            bases.push_back(std::make_unique<BaseFile>(entry ? std::string_view(*entry->content) : std::string_view()));
            files.back().readings = BasedReader(lines, *bases.back(), options, width).read(part);
            files.back().base = files.back().readings.size() == part.hunks.size() ? bases.back().get() : nullptr;
        }
        if (!files.back().base) {
            files.back().readings.clear();
            without.push_back(&files.back());
        }
    }
    if (auto read = CountReader(lines, options, width).read(without); !read) {
        return read.error();
    }
    return files;
}

std::string_view received_text(const std::vector<RawLine>& lines, const LogicalLine& line)
{
    const std::string_view raw = lines[line.first].text;
    return raw.starts_with(static_cast<char>(line.kind)) ? raw.substr(1) : raw;
}

Damage find_damage(const std::vector<RawLine>& lines, const std::vector<ReadFile>& files)
{
    Damage damage;
    std::vector<size_t> votes(tab_damages().size(), 0);
    size_t kept = 0;
    for (const ReadFile& file : files) {
        for (const HunkReading& reading : file.readings) {
            for (const LogicalLine& line : reading.lines) {
                if (!line.from_base || line.count > 1) {
                    continue;
                }
                const std::string_view seen = without_trail(received_text(lines, line));
                const std::string_view want = without_trail(line.text);
                damage.trails_lost = damage.trails_lost || (want.size() < line.text.size() && line.text.back() != '\r' &&
                                                            received_text(lines, line).size() == seen.size()) ||
                                     lines[line.first].text.empty();
                if (want.find('\t') == std::string_view::npos) {
                    continue;
                }
                kept += seen == want ? 1 : 0;
                for (size_t i = 0; i < votes.size(); ++i) {
                    votes[i] += seen == damaged(want, tab_damages()[i]) ? 1 : 0;
                }
            }
        }
    }
    const auto most = std::max_element(votes.begin(), votes.end());
    if (*most > kept) {
        damage.tabs = tab_damages()[static_cast<size_t>(most - votes.begin())];
    }
    return damage;
}

std::string describe_damage(const std::vector<RawLine>& lines, const LogicalLine& line)
{
    const std::string expected = static_cast<char>(line.kind) + line.text;
    const std::string& raw = lines[line.first].text;
    if (line.count == 1 && raw == expected) {
        return {};
    }
    std::string what;
    const auto say = [&](const std::string& words) { what += (what.empty() ? "" : ", ") + words; };
    if (line.count > 1) {
        say(fmt::format("{} wrapped lines joined", line.count));
    }
    if (raw.starts_with(">From")) {
        say("'>' before 'From' taken off");
    }
    if (line.kind == LineKind::context && !raw.empty() && raw[0] != ' ') {
        say("the first column put back");
    }
    if (expected.find('\t') != std::string::npos && raw.find('\t') == std::string::npos) {
        say("tabs put back");
    }
    if (line.count == 1 && without_trail(expected).size() < expected.size() && without_trail(raw).size() == raw.size()) {
        say(raw.empty() ? "an empty line of context" : "blanks at the end put back");
    }
    return what.empty() ? "white space put right" : what;
}

}  // namespace rogate::series
