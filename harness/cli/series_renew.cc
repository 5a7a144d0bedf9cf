// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/series_renew.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/file.h"
#include "patch/path.h"
#include "series/invariant.h"
#include "series/learn.h"
#include "series/rewrite.h"
#include "series/store.h"

namespace rogate::cli {
namespace {

using series::RewrittenPatch;

std::string onto_text(const Carried& carried)
{
    return carried.commit ? describe(*carried.commit) : "the in-tree sources";
}

/// Carries the series; while somebody has resolved conflicts of it, remembers that and carries it again.
Result<Carried> carry_and_learn(const Global& global, Target& target, const TargetOptions& options, const std::string& revision)
{
    for (;;) {
        auto carried = carry_target(global, target, options, revision);
        if (!carried || carried->outcome.applies()) {
            return carried;
        }
        const auto learned = series::learn_resolutions(target.series, carried->outcome, series::conflicts_folder(target.folder),
                                                       "onto " + onto_text(*carried));
        const size_t known = target.resolutions.size();
        if (auto written = series::remember(target.folder, learned); !written) {
            return written.error();
        }
        auto resolutions = series::Resolutions::load(target.folder);
        if (!resolutions) {
            return resolutions.error();
        }
        if (resolutions->size() == known) {
            return carried;
        }
        target.resolutions = *std::move(resolutions);
    }
}

Result<ExitCode> report_conflicts(const Target& target, const Carried& carried, const std::string& command)
{
    const std::filesystem::path folder = series::conflicts_folder(target.folder);
    auto files = series::conflict_files(target.series, carried.outcome, folder, [&](size_t patch, size_t file) -> Result<std::string> {
        auto commit = conflict_commit(target, carried, patch, file);
        if (!commit) {
            return commit.error();
        }
        return *commit ? describe(**commit) : std::string();
    });
    if (!files) {
        return files.error();
    }
    if (auto written = series::write_conflicts(target.folder, *files); !written) {
        return written.error();
    }
    fmt::print("{}", (*files)["conflicts.txt"]);
    Error error = series::conflict_error(target.series, carried.outcome);
    error.hint = fmt::format("edit the marked files below '{}' (what lies between the markers only), then run '{}' again", folder.string(), command);
    return error;
}

/// Carries the rewritten patches onto the same files: each hunk must be exact and the tip the same.
Result<void> verify(const Target& target, const Carried& carried, const std::vector<RewrittenPatch>& patches)
{
    series::Series renewed;
    for (size_t i = 0; i < patches.size(); ++i) {
        if (patches[i].text) {
            auto patch = series::parse_patch(target.series.patches[i].file_name, std::make_shared<const std::string>(*patches[i].text),
                                             patches[i].strip, target.series.patches[i].file_name);
            if (!patch) {
                return patch.error();
            }
            renewed.patches.push_back(*std::move(patch));
        }
    }
    const auto now = [&](const git::Tree& tree) {
        git::Tree named;
        for (const auto& [path, entry] : tree) {
            const auto moved = carried.files.renamed.find(path);
            named[moved == carried.files.renamed.end() ? path : moved->second] = entry;
        }
        return named;
    };
    const series::Resolutions none;
    series::Carrier carrier(renewed, none, {}, target.upstream ? target.upstream->loader() : series::LoadBlob());
    auto again = carrier.carry(now(carried.files.files));
    if (!again) {
        return again.error();
    }
    const git::Tree wanted = now(carried.outcome.states.back());
    const git::Tree& got = again->states.back();
    const bool same = std::equal(wanted.begin(), wanted.end(), got.begin(), got.end(), [](const auto& a, const auto& b) {
        return a.first == b.first && a.second.id == b.second.id && a.second.mode == b.second.mode;
    });
    if (!same || again->worst() != series::Outcome::exact) {
        return Error{ErrorKind::corrupt, fmt::format("the rewritten series '{}' does not make what the old one makes; nothing was written", target.series.name), ""};
    }
    return {};
}

/// The series file without the lines of patches that are gone.
std::string series_file_without(const std::string& text, const std::vector<std::string>& gone)
{
    std::string kept;
    for (size_t pos = 0; pos < text.size();) {
        const size_t end = std::min(text.find('\n', pos), text.size() - 1) + 1;
        const std::string line = text.substr(pos, end - pos);
        pos = end;
        const size_t begin = line.find_first_not_of(" \t");
        const std::string name = begin == std::string::npos ? "" : line.substr(begin, line.find_first_of(" \t\r\n", begin) - begin);
        if (std::find(gone.begin(), gone.end(), name) == gone.end()) {
            kept += line;
        }
    }
    return kept;
}

Result<series::FileUpdates> updates_of(const Target& target, const std::vector<RewrittenPatch>& patches)
{
    series::FileUpdates updates;
    std::vector<std::string> gone;
    for (size_t i = 0; i < patches.size(); ++i) {
        const std::string& name = target.series.patches[i].file_name;
        if (!patches[i].text) {
            gone.push_back(name);
        }
        if (patches[i].changed) {
            updates[name] = patches[i].text;
        }
    }
    if (!gone.empty()) {
        auto text = read_file(target.folder / "series");
        if (!text) {
            return text.error();
        }
        updates["series"] = series_file_without(*text, gone);
    }
    return updates;
}

/// Outside of what was resolved, the carried series must do to the new base what the old one did to the old base.
/// Errors: conflict where it does not.
Result<report::Json> check_carried(const Target& target, const Carried& carried, const series::LoadBlob& load)
{
    auto check = series::check_carry(target.series, *carried.carrier, carried.ancestors ? carried.ancestors->function() : series::FindAncestors(),
                                     carried.files.files, carried.outcome, load);
    if (!check) {
        return check.error();
    }
    if (!check->broken.empty()) {
        const auto& [path, one] = check->broken.front();
        return Error{ErrorKind::conflict,
                     fmt::format("'{}' would not be carried faithfully: at line {} of the old {} the {} differ and the {} do not; nothing was written",
                                 patch::printable(path), one.lines.begin + 1, one.in_bases ? "base" : "tip", one.in_bases ? "bases" : "tips", one.in_bases ? "tips" : "bases"),
                     "a hunk went to a wrong place: give the patch more lines of context, or do without --fuzz"};
    }
    return report::Json{{"checked", check->checked}, {"unchecked", check->unchecked}};
}

report::Json renewed_json(const Target& target, const std::vector<RewrittenPatch>& patches)
{
    report::Json list = report::Json::array();
    for (size_t i = 0; i < patches.size(); ++i) {
        list.push_back({{"patch", target.series.patches[i].file_name}, {"changed", patches[i].changed}, {"gone", !patches[i].text}, {"dropped", patches[i].dropped}});
    }
    return list;
}

std::string renewed_text(const Target& target, const std::vector<RewrittenPatch>& patches)
{
    std::string text;
    size_t changed = 0;
    for (size_t i = 0; i < patches.size(); ++i) {
        const std::string name = patch::printable(target.series.patches[i].file_name);
        changed += patches[i].changed ? 1 : 0;
        if (!patches[i].text) {
            text += fmt::format("upstream has {}: it is no longer in the series\n", name);
            continue;
        }
        for (const std::string& file : patches[i].dropped) {
            text += fmt::format("upstream has what {} does to {}: dropped from it\n", name, patch::printable(file));
        }
    }
    return text + fmt::format("{} of {} patches rewritten\n", changed, patches.size());
}

}  // namespace

Result<ExitCode> renew_series(const Global& global, const TargetOptions& options, const std::string& revision, const std::string& command)
{
    auto target = load_target(global, options);
    if (!target) {
        return target.error();
    }
    auto carried = carry_and_learn(global, **target, options, revision);
    if (!carried) {
        return carried.error();
    }
    auto text = options.json ? Result<std::string>(std::string()) : outcome_text(**target, *carried, false);
    auto json = options.json ? outcome_json(**target, *carried) : Result<report::Json>(report::Json());
    if (!text || !json) {
        return text ? json.error() : text.error();
    }
    if (!carried->outcome.applies()) {
        fmt::print("{}", options.json ? json->dump(1) + "\n" : *text);
        return report_conflicts(**target, *carried, command);
    }
    const series::LoadBlob load = (*target)->upstream ? (*target)->upstream->loader() : series::LoadBlob();
    auto patches = series::rewrite_series((*target)->series, carried->outcome, carried->files.renamed, load);
    if (!patches) {
        return patches.error();
    }
    if (auto verified = verify(**target, *carried, *patches); !verified) {
        return verified.error();
    }
    auto carry = check_carried(**target, *carried, load);
    if (!carry) {
        return carry.error();
    }
    auto updates = updates_of(**target, *patches);
    if (!updates) {
        return updates.error();
    }
    if (!updates->empty()) {
        if (auto replaced = series::replace_series((*target)->folder, *updates); !replaced) {
            return replaced.error();
        }
    }
    if (options.json) {
        (*json)["carry"] = *carry;
        (*json)["renewed"] = renewed_json(**target, *patches);
        fmt::print("{}\n", json->dump(1));
    } else {
        fmt::print("{}{}carried: in {} files the bases differ as the tips do{}\n", *text, renewed_text(**target, *patches), (*carry)["checked"].get<size_t>(),
                   (*carry)["unchecked"] > 0 ? fmt::format("; {} could not be checked, since no older base is known", (*carry)["unchecked"].get<size_t>()) : "");
    }
    return ExitCode::as_expected;
}

}  // namespace rogate::cli
