// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/upstreamed.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "series/apply.h"
#include "series/repair_text.h"

namespace rogate::series {
namespace {

/// A hunk's file and changed lines, white space apart; context may have changed around it.
std::string hunk_key(const patch::FilePatch& change, const patch::Hunk& hunk)
{
    std::string key = change.path() + "\n";
    for (const patch::Line& line : hunk.lines) {
        if (line.kind != patch::LineKind::context) {
            key += static_cast<char>(line.kind) + bare(line.text.substr(0, line.text.find('\n'))) + "\n";
        }
    }
    return key;
}

/// "1a2b3c4 subject": format-patch puts the commit's id into its first line.
std::string name_of(const VersionPatch& commit)
{
    return fmt::format("{} {}", commit.patch.text->substr(5, 12), commit.subject);
}

/// The patch the other way round.
Patch taken_back(const Patch& patch)
{
    Patch back = patch;
    back.changes.clear();
    for (auto change = patch.changes.rbegin(); change != patch.changes.rend(); ++change) {
        back.changes.push_back(patch::reversed(*change));
    }
    return back;
}

}  // namespace

std::string_view to_string(Upstream how)
{
    constexpr std::string_view kWords[] = {"patch id", "content", "partly", "no"};
    return kWords[static_cast<size_t>(how)];
}

std::vector<UpstreamedPatch> find_upstreamed(const Series& series, const Version& upstream, const git::Tree& tip)
{
    std::map<std::string, size_t> by_change;
    std::multimap<std::string, size_t> by_hunk;
    for (size_t i = 0; i < upstream.size(); ++i) {
        by_change.emplace(change_key(upstream[i].patch.changes), i);
        for (const patch::FilePatch& change : upstream[i].patch.changes) {
            for (const patch::Hunk& hunk : change.hunks) {
                by_hunk.emplace(hunk_key(change, hunk), i);
            }
        }
    }
    std::vector<UpstreamedPatch> found(series.patches.size());
    git::Tree state = tip;
    for (size_t n = series.patches.size(); n-- > 0;) {
        const Patch& patch = series.patches[n];
        UpstreamedPatch& one = found[n];
        one.file_name = patch.file_name;
        std::set<size_t> commits;
        for (const patch::FilePatch& change : patch.changes) {
            one.hunks += change.hunks.size();
            for (const patch::Hunk& hunk : change.hunks) {
                const auto at = by_hunk.find(hunk_key(change, hunk));
                one.hunks_found += at == by_hunk.end() ? 0 : 1;
                if (at != by_hunk.end()) {
                    commits.insert(at->second);
                }
            }
        }
        auto back = apply_patch(state, taken_back(patch));
        const bool there = std::holds_alternative<AppliedPatch>(back);
        if (there) {
            state = std::move(std::get<AppliedPatch>(back).tree);
        }
        if (const auto at = by_change.find(change_key(patch.changes)); at != by_change.end()) {
            one.how = Upstream::patch_id;
            commits = {at->second};
        } else {
            one.how = there ? Upstream::content : one.hunks_found > 0 ? Upstream::partly : Upstream::none;
        }
        for (const size_t commit : commits) {
            one.commits.push_back(name_of(upstream[commit]));
        }
    }
    return found;
}

}  // namespace rogate::series
