// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/learn.h"

#include <fmt/format.h>

#include "base/file.h"
#include "patch/path.h"
#include "series/marked.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOriginal = ".marked";  ///< behind the name of a file as it was written, to see what people did to it

/// A conflict that can be edited: one with regions, and no earlier one in its file.
struct Editable {
    size_t patch;
    size_t file;
    std::string path;  ///< in the conflicts folder
    std::string text;
    size_t marker_size;
    const Marked* marked;
};

std::vector<Editable> editable_conflicts(const Series& series, const SeriesOutcome& outcome)
{
    std::vector<Editable> all;
    for (size_t p = 0; p < outcome.patches.size(); ++p) {
        for (size_t f = 0; f < outcome.patches[p].files.size(); ++f) {
            const FileOutcome& file = outcome.patches[p].files[f];
            if (file.outcome != Outcome::conflict || file.follows || !file.marked || file.marked->regions.empty()) {
                continue;
            }
            Editable one{p, f, series.patches[p].file_name + "/" + file.path, "", 7, file.marked.get()};
            one.text = print_marked(*file.marked, series.patches[p].file_name, one.marker_size);
            all.push_back(std::move(one));
        }
    }
    return all;
}

std::string read_or_empty(const fs::path& file)
{
    auto text = read_file(file);
    return text ? *std::move(text) : std::string();
}

}  // namespace

Result<std::map<std::string, std::string>> conflict_files(const Series& series, const SeriesOutcome& outcome, const fs::path& folder,
                                                          const DescribeConflict& describe)
{
    std::map<std::string, std::string> files;
    for (const Editable& one : editable_conflicts(series, outcome)) {
        const std::string theirs = read_or_empty(folder / one.path);
        const std::string original = read_or_empty(folder / (one.path + kOriginal));
        const bool edited = !theirs.empty() && theirs != original;
        files[one.path] = edited && original == one.text ? theirs : one.text;
        files[one.path + kOriginal] = one.text;
        if (edited && original != one.text) {
            files[one.path + ".yours"] = theirs;
        }
    }
    std::string text;
    for (size_t p = 0; p < outcome.patches.size(); ++p) {
        for (size_t f = 0; f < outcome.patches[p].files.size(); ++f) {
            const FileOutcome& file = outcome.patches[p].files[f];
            if (file.outcome != Outcome::conflict) {
                continue;
            }
            text += fmt::format("{} {}\n", patch::printable(series.patches[p].file_name), patch::printable(file.path));
            if (!file.why.empty()) {
                text += fmt::format("    {}\n", file.why);
            }
            for (const HunkOutcome& hunk : file.hunks) {
                text += hunk.outcome == Outcome::conflict && !hunk.why.empty() ? fmt::format("    {}\n", hunk.why) : "";
            }
            if (file.follows) {
                text += "    an earlier patch is in conflict in this file: resolve that first\n";
            }
            auto said = describe(p, f);
            if (!said) {
                return said.error();
            }
            text += said->empty() ? "" : fmt::format("    upstream last touched these lines in {}\n", *said);
        }
    }
    files["conflicts.txt"] = text;
    return files;
}

std::vector<Resolution> learn_resolutions(const Series& series, const SeriesOutcome& outcome, const fs::path& folder, const std::string& note)
{
    std::vector<Resolution> learned;
    for (const Editable& one : editable_conflicts(series, outcome)) {
        auto text = read_file(folder / one.path);
        const auto resolved = text ? edited_regions(*one.marked, *text, one.marker_size) : std::nullopt;
        for (size_t i = 0; resolved && i < resolved->size(); ++i) {
            const FileOutcome& file = outcome.patches[one.patch].files[one.file];
            learned.push_back({fmt::format("'{}', {}\n{}", patch::printable(series.patches[one.patch].file_name), patch::printable(file.path), note),
                               one.marked->regions[i], (*resolved)[i]});
        }
    }
    return learned;
}

Result<void> remember(const fs::path& series_folder, const std::vector<Resolution>& resolutions)
{
    const fs::path folder = series_folder / "resolutions";
    for (const Resolution& resolution : resolutions) {
        std::error_code err;
        fs::create_directories(folder, err);
        if (err) {
            return errno_error("make the folder", folder.string(), err.value());
        }
        if (auto written = write_file(folder / Resolutions::file_name(resolution.region), print_resolution(resolution)); !written) {
            return written;
        }
    }
    return {};
}

}  // namespace rogate::series
