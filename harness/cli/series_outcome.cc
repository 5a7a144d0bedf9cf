// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <fmt/format.h>

#include "cli/series_target.h"
#include "patch/path.h"

namespace rogate::cli {
namespace {

using series::FileOutcome;
using series::HunkOutcome;
using series::Outcome;

using Counts = std::array<size_t, series::kOutcomes>;

/// "3 exact, 1 offset".
std::string counted(const Counts& counts)
{
    std::string text;
    for (size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i], series::to_string(static_cast<Outcome>(i)));
        }
    }
    return text;
}

/// A file's change counts as one where it has no hunks, or as a whole in conflict.
void count(const FileOutcome& file, Counts& counts)
{
    if (file.hunks.empty() || !file.why.empty()) {
        ++counts[static_cast<size_t>(file.outcome)];
        return;
    }
    for (const HunkOutcome& hunk : file.hunks) {
        ++counts[static_cast<size_t>(hunk.outcome)];
    }
}

std::string hunk_text(const FileOutcome& file, size_t number, const HunkOutcome& hunk)
{
    std::string text = fmt::format("    {} hunk {}: {}", patch::printable(file.path), number, series::to_string(hunk.outcome));
    if (hunk.outcome == Outcome::offset || hunk.outcome == Outcome::fuzz) {
        text += fmt::format(", {:+} lines, now at line {}", hunk.offset_lines, hunk.line);
    }
    if (hunk.outcome == Outcome::fuzz) {
        text += fmt::format(", {} lines of context ignored", hunk.fuzz_lines);
    }
    if (hunk.outcome == Outcome::conflict) {
        text += ": " + (hunk.why.empty() ? file.why : hunk.why);
    }
    return text + "\n";
}

Result<std::string> file_text(const Target& target, const Carried& carried, size_t patch, size_t file_number, bool all_hunks)
{
    const FileOutcome& file = carried.outcome.patches[patch].files[file_number];
    std::string text;
    if (!file.why.empty()) {
        text += fmt::format("    {}: conflict: {}\n", patch::printable(file.path), file.why);
    } else {
        for (size_t i = 0; i < file.hunks.size(); ++i) {
            if (all_hunks || file.hunks[i].outcome != Outcome::exact) {
                text += hunk_text(file, i + 1, file.hunks[i]);
            }
        }
    }
    if (file.outcome != Outcome::conflict) {
        return text;
    }
    if (file.follows) {
        text += "    an earlier patch is in conflict in this file, which may be why\n";
    }
    auto commit = conflict_commit(target, carried, patch, file_number);
    if (!commit) {
        return commit.error();
    }
    if (*commit) {
        text += fmt::format("    upstream last touched these lines in {}\n", describe(**commit));
    }
    return text;
}

report::Json commit_json(const git::Commit& commit)
{
    return {{"commit", commit.id.hex()}, {"author", commit.author_name}, {"email", commit.author_email},
            {"date", commit.author_seconds}, {"subject", commit.subject}};
}

report::Json hunk_json(const HunkOutcome& hunk)
{
    report::Json json{{"outcome", series::to_string(hunk.outcome)}};
    if (hunk.line > 0) {
        json["line"] = hunk.line;
    }
    if (hunk.offset_lines != 0) {
        json["offset_lines"] = hunk.offset_lines;
    }
    if (hunk.fuzz_lines != 0) {
        json["fuzz_lines"] = hunk.fuzz_lines;
    }
    if (!hunk.why.empty()) {
        json["why"] = hunk.why;
    }
    return json;
}

}  // namespace

Result<std::string> outcome_text(const Target& target, const Carried& carried, bool all_hunks)
{
    std::string text;
    Counts all{};
    for (size_t p = 0; p < carried.outcome.patches.size(); ++p) {
        const series::PatchOutcome& patch = carried.outcome.patches[p];
        Counts counts{};
        std::string details;
        for (size_t f = 0; f < patch.files.size(); ++f) {
            count(patch.files[f], counts);
            auto file = file_text(target, carried, p, f, all_hunks);
            if (!file) {
                return file;
            }
            details += *file;
        }
        for (size_t i = 0; i < counts.size(); ++i) {
            all[i] += counts[i];
        }
        text += fmt::format("{} {}: {}\n{}", series::symbol(patch.worst()), patch::printable(target.series.patches[p].file_name), counted(counts), details);
    }
    for (const auto& [path, now] : carried.files.renamed) {
        text += fmt::format("upstream has renamed {} to {}\n", patch::printable(path), patch::printable(now));
    }
    return text + fmt::format("{} patches: {}\n", carried.outcome.patches.size(), counted(all));
}

Result<report::Json> outcome_json(const Target& target, const Carried& carried)
{
    report::Json json{{"version", 1}, {"series", target.series.name}, {"applies", carried.outcome.applies()},
                      {"worst", series::to_string(carried.outcome.worst())}};
    if (carried.commit) {
        json["upstream"] = commit_json(*carried.commit);
    }
    json["renamed"] = carried.files.renamed;
    json["patches"] = report::Json::array();
    for (size_t p = 0; p < carried.outcome.patches.size(); ++p) {
        report::Json patch{{"patch", target.series.patches[p].file_name}, {"outcome", series::to_string(carried.outcome.patches[p].worst())}};
        for (size_t f = 0; f < carried.outcome.patches[p].files.size(); ++f) {
            const FileOutcome& file = carried.outcome.patches[p].files[f];
            report::Json one{{"path", file.path}, {"outcome", series::to_string(file.outcome)}, {"hunks", report::Json::array()}};
            for (const HunkOutcome& hunk : file.hunks) {
                one["hunks"].push_back(hunk_json(hunk));
            }
            if (!file.why.empty()) {
                one["why"] = file.why;
            }
            if (file.outcome == Outcome::conflict) {
                one["follows"] = file.follows;
                auto commit = conflict_commit(target, carried, p, f);
                if (!commit) {
                    return commit.error();
                }
                if (*commit) {
                    one["last_touched"] = commit_json(**commit);
                }
            }
            if (!file.resolutions.empty()) {
                one["resolutions"] = file.resolutions;
            }
            patch["files"].push_back(std::move(one));
        }
        json["patches"].push_back(std::move(patch));
    }
    return json;
}

}  // namespace rogate::cli
