// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/resolutions.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/file.h"
#include "git/object_id.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kParts{"upstream:", "ancestor:", "series:", "resolved:"};

void print_part(std::string& out, const char* name, std::string_view text)
{
    out += name;
    out += '\n';
    while (!text.empty()) {
        const size_t newline = text.find('\n');
        const bool ended = newline != std::string_view::npos;
        const size_t length = ended ? newline + 1 : text.size();
        out += ended ? '|' : '\\';
        out += text.substr(0, length);
        out += ended ? "" : "\n";
        text.remove_prefix(length);
    }
}

}  // namespace

std::string print_resolution(const Resolution& resolution)
{
    std::string out;
    for (std::string_view note = resolution.note; !note.empty();) {
        const size_t end = std::min(note.find('\n'), note.size());
        out += fmt::format("# {}\n", note.substr(0, end));
        note.remove_prefix(std::min(end + 1, note.size()));
    }
    print_part(out, kParts[0], resolution.region.ours);
    print_part(out, kParts[1], resolution.region.ancestor);
    print_part(out, kParts[2], resolution.region.theirs);
    print_part(out, kParts[3], resolution.resolved);
    return out;
}

Result<Resolution> parse_resolution(std::string_view text, const std::string& origin)
{
    Resolution resolution;
    const std::array<std::string*, 4> parts{&resolution.region.ours, &resolution.region.ancestor, &resolution.region.theirs,
                                            &resolution.resolved};
    size_t part = 0;  // the number of parts begun
    size_t number = 0;
    const auto corrupt = [&](const std::string& what) {
        return Error{ErrorKind::corrupt, fmt::format("'{}' line {}: {}", origin, number, what),
                     "take the file away, or restore it: its lines begin with '#', '|' or '\\', or name a part"};
    };
    while (!text.empty()) {
        ++number;
        const size_t newline = text.find('\n');
        if (newline == std::string_view::npos) {
            return corrupt("the line has no end");
        }
        const std::string_view line = text.substr(0, newline + 1);
        text.remove_prefix(line.size());
        if (line[0] == '#' && part == 0) {
            const std::string_view note = line.substr(line.starts_with("# ") ? 2 : 1);
            resolution.note += note;
        } else if ((line[0] == '|' || line[0] == '\\') && part > 0) {
            *parts[part - 1] += line.substr(1, line.size() - (line[0] == '|' ? 1 : 2));
        } else if (part < kParts.size() && line.substr(0, line.size() - 1) == kParts[part]) {
            ++part;
        } else {
            return corrupt(part < kParts.size() ? fmt::format("expected '{}'", kParts[part]) : std::string("unexpected text"));
        }
    }
    if (part != kParts.size()) {
        return corrupt(fmt::format("'{}' is missing", kParts[part]));
    }
    if (!resolution.note.empty()) {
        resolution.note.pop_back();
    }
    return resolution;
}

Result<Resolutions> Resolutions::load(const fs::path& series_folder)
{
    Resolutions all;
    std::vector<fs::path> files;
    std::error_code err;
    for (fs::directory_iterator it(series_folder / "resolutions", err), end; !err && it != end; it.increment(err)) {
        if (it->path().extension() == ".txt") {
            files.push_back(it->path());
        }
    }
    if (err && err != std::errc::no_such_file_or_directory) {
        return errno_error("read the folder", (series_folder / "resolutions").string(), err.value());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        auto text = read_file(file);
        if (!text) {
            return text.error();
        }
        auto resolution = parse_resolution(*text, file.string());
        if (!resolution) {
            return resolution.error();
        }
        all.by_region_.emplace(resolution->region, Found{file.filename().string(), std::move(resolution->resolved)});
    }
    return all;
}

std::optional<Resolutions::Found> Resolutions::find(const Region& region) const
{
    const auto found = by_region_.find(region);
    return found == by_region_.end() ? std::nullopt : std::optional(found->second);
}

std::string Resolutions::file_name(const Region& region)
{
    const Resolution key{"", region, ""};
    return git::hash_blob(print_resolution(key)).hex().substr(0, 16) + ".txt";
}

}  // namespace rogate::series
