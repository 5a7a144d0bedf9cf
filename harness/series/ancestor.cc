// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/upstream.h"

namespace rogate::series {

using git::Entry;
using git::FileId;

Result<std::optional<Entry>> stated_version(Upstream& upstream, Carrier& carrier, const std::string& path)
{
    const std::string prefix = carrier.stated_ancestor(path);
    const auto id = prefix.empty() ? std::nullopt : upstream.history().find_blob(prefix);
    if (!id) {
        return std::optional<Entry>();
    }
    Entry entry{git::kModeFile, nullptr, *id};
    auto applies = carrier.applies_to(path, entry);
    if (!applies) {
        return applies.error();
    }
    return *applies ? std::optional(std::move(entry)) : std::optional<Entry>();
}

AncestorFinder::AncestorFinder(Upstream& upstream, Carrier& carrier, git::Commit tip, std::map<std::string, std::string> renamed)
    : upstream_(upstream), carrier_(carrier), tip_(std::move(tip)), renamed_(std::move(renamed))
{
}

Result<std::vector<Entry>> AncestorFinder::find(const std::string& path)
{
    if (const auto known = known_.find(path); known != known_.end()) {
        return known->second;
    }
    auto found = search(path);
    if (found) {
        known_.emplace(path, *found);
    }
    return found;
}

FindAncestors AncestorFinder::function()
{
    return [this](const std::string& path) { return find(path); };
}

Result<std::optional<Entry>> AncestorFinder::newest(const std::string& path, const std::string& repository_path)
{
    std::optional<Entry> found;
    auto walked = upstream_.history().walk_file(
        tip_.id, repository_path,
        [&](const git::Commit& /*at*/, const std::optional<FileId>& now, const std::optional<FileId>& before) -> Result<bool> {
            for (const auto& version : {now, before}) {
                if (!version || found) {
                    continue;
                }
                const Entry entry{version->mode, nullptr, version->id};
                auto applies = carrier_.applies_to(path, entry);
                if (!applies) {
                    return applies.error();
                }
                if (*applies) {
                    found = entry;
                }
            }
            return !found;
        });
    return walked ? Result<std::optional<Entry>>(std::move(found)) : Result<std::optional<Entry>>(walked.error());
}

Result<std::vector<Entry>> AncestorFinder::search(const std::string& path)
{
    std::vector<Entry> versions;
    auto stated = stated_version(upstream_, carrier_, path);
    if (!stated) {
        return stated.error();
    }
    if (*stated) {
        versions.push_back(**std::move(stated));
    }
    std::vector<std::string> names;
    if (const auto renamed = renamed_.find(path); renamed != renamed_.end()) {
        names.push_back(upstream_.in_repository(renamed->second));
    }
    names.push_back(upstream_.in_repository(path));
    for (const std::string& name : names) {
        auto found = newest(path, name);
        if (!found) {
            return found.error();
        }
        if (*found) {
            if (versions.empty() || versions[0].id != (*found)->id) {
                versions.push_back(**std::move(found));
            }
            break;
        }
    }
    return versions;
}

}  // namespace rogate::series
