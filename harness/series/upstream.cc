// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/upstream.h"

#include <fmt/format.h>

#include "patch/path.h"

namespace rogate::series {
namespace {

using git::Entry;
using git::FileId;

/// A folder's path without slashes at its ends.
std::string tidy(std::string folder)
{
    while (folder.ends_with('/')) {
        folder.pop_back();
    }
    while (folder.starts_with("./")) {
        folder.erase(0, 2);
    }
    return folder == "." ? std::string() : folder;
}

std::vector<std::string> in_repository(const std::vector<std::string>& paths, const Place& place)
{
    std::vector<std::string> names;
    for (const std::string& path : paths) {
        const size_t cut = place.strip.empty() ? 0 : place.strip.size() + 1;
        names.push_back((place.subdir.empty() ? "" : place.subdir + "/") + path.substr(cut));
    }
    return names;
}

std::vector<std::string> made_by(const Series& series)
{
    std::vector<std::string> made;
    for (const Patch& patch : series.patches) {
        for (const patch::FilePatch& change : patch.changes) {
            if (change.kind != patch::ChangeKind::modified && change.kind != patch::ChangeKind::removed) {
                made.push_back(change.new_path);
            }
        }
    }
    return made;
}

Entry entry_of(const FileId& file)
{
    return {file.mode, nullptr, file.id};
}

}  // namespace

Upstream::Upstream(git::Repository repository, std::vector<std::string> paths, Place place)
    : repository_(std::move(repository)), history_(repository_), paths_(std::move(paths)), place_(std::move(place)),
      set_(series::in_repository(paths_, place_))
{
}

Result<std::unique_ptr<Upstream>> Upstream::open(const std::filesystem::path& path, const Series& series, Place place)
{
    auto repository = git::Repository::open(path);
    if (!repository) {
        return repository.error();
    }
    place.subdir = tidy(std::move(place.subdir));
    place.strip = tidy(std::move(place.strip));
    std::vector<std::string> paths = touched_paths(series);
    for (const std::string& one : paths) {
        if (!place.strip.empty() && !one.starts_with(place.strip + "/")) {
            return Error{ErrorKind::usage, fmt::format("'{}' of the series does not lie in '{}', which is to be taken off",
                                                       patch::printable(one), patch::printable(place.strip)),
                         "--strip names a folder in which all files of the series lie"};
        }
    }
    auto upstream = std::unique_ptr<Upstream>(new Upstream(*std::move(repository), std::move(paths), std::move(place)));
    const std::vector<std::string> made = made_by(series);
    for (const std::string& one : upstream->paths_) {
        upstream->made_.push_back(std::find(made.begin(), made.end(), one) != made.end());
    }
    return upstream;
}

Result<git::Commit> Upstream::commit(const std::string& revision) const
{
    auto id = repository_.resolve(revision);
    return id ? history_.commit(*id) : Result<git::Commit>(id.error());
}

std::string Upstream::in_repository(const std::string& path) const
{
    return series::in_repository({path}, place_)[0];
}

std::string Upstream::below_subdir(const std::string& repository_path) const
{
    return repository_path.substr(place_.subdir.empty() ? 0 : place_.subdir.size() + 1);
}

std::string Upstream::in_series(const std::string& repository_path) const
{
    const std::string above = place_.subdir.empty() ? "" : place_.subdir + "/";
    if (!repository_path.starts_with(above)) {
        return {};
    }
    return (place_.strip.empty() ? "" : place_.strip + "/") + repository_path.substr(above.size());
}

Result<std::optional<FileId>> Upstream::file(const git::Commit& commit, const std::string& repository_path)
{
    auto set = single_.find(repository_path);
    if (set == single_.end()) {
        set = single_.emplace(repository_path, git::PathSet({repository_path})).first;
    }
    auto ids = history_.files(commit.tree, set->second);
    return ids ? Result<std::optional<FileId>>((**ids)[0]) : Result<std::optional<FileId>>(ids.error());
}

Result<UpstreamFiles> Upstream::files(const git::Commit& commit)
{
    auto found = ids(commit);
    if (!found) {
        return found.error();
    }
    UpstreamFiles result;
    for (size_t i = 0; i < paths_.size(); ++i) {
        if (const auto& file = (**found)[i]) {
            result.files[paths_[i]] = entry_of(*file);
            continue;
        }
        if (made_[i]) {
            continue;
        }
        std::optional<git::Commit> last;  // the newest commit that still had it
        const std::string name = in_repository(paths_[i]);
        auto walked = history_.walk_file(commit.id, name, [&](const git::Commit& at, const auto& now, const auto& before) -> Result<bool> {
            if (now || !before) {
                return false;
            }
            for (const git::ObjectId& id : at.parents) {
                auto parent = history_.commit(id);
                auto there = parent ? file(*parent, name) : Result<std::optional<FileId>>(parent.error());
                if (!there) {
                    return there.error();
                }
                if (*there) {
                    last = *parent;
                }
            }
            return false;
        });
        if (!walked) {
            return walked.error();
        }
        auto renamed = last ? history_.renamed_to(last->tree, commit.tree, name) : Result<std::optional<std::string>>(std::nullopt);
        if (!renamed) {
            return renamed.error();
        }
        if (*renamed && !in_series(**renamed).empty()) {
            auto file_now = file(commit, **renamed);
            if (!file_now) {
                return file_now.error();
            }
            result.files[paths_[i]] = entry_of(**file_now);
            result.renamed[paths_[i]] = in_series(**renamed);
        }
    }
    return result;
}

LoadBlob Upstream::loader()
{
    return [this](const git::ObjectId& id) { return history_.blob(id); };
}

}  // namespace rogate::series
