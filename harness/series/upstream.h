// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/history.h"
#include "series/carry.h"

namespace rogate::series {

/// Where the files of a series lie in a repository.
struct Place {
    std::string subdir;  ///< a folder of the repository, put before the series' paths; empty = its root
    std::string strip;   ///< a folder taken off the series' paths first; empty = none
};

/// The files that a series touches, as they are at one commit.
struct UpstreamFiles {
    git::Tree files;                             ///< by the series' paths; ids, no contents
    std::map<std::string, std::string> renamed;  ///< the series' path, its path now: upstream has renamed it
};

/// A user's repository, seen through the paths of one series; nothing in it is ever written. One thread at a time.
class Upstream {
public:
    /// Errors: as git::Repository::open(); usage when a path of the series does not begin with `place.strip`.
    static Result<std::unique_ptr<Upstream>> open(const std::filesystem::path& repository, const Series& series, Place place);

    [[nodiscard]] git::History& history() { return history_; }
    /// Errors: as git::Repository::resolve() and git::History::commit().
    [[nodiscard]] Result<git::Commit> commit(const std::string& revision) const;

    [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }  ///< the series' paths, sorted
    [[nodiscard]] std::string in_repository(const std::string& path) const;         ///< from a path of the series
    /// A path of the repository without `subdir` before it; it must begin with it.
    [[nodiscard]] std::string below_subdir(const std::string& repository_path) const;
    /// The series' name of a file of the repository; empty when it lies outside of `subdir`.
    [[nodiscard]] std::string in_series(const std::string& repository_path) const;

    /// The files at a commit; one that upstream has renamed since some parent had it is looked for under its new name.
    /// Errors: corrupt, not_found, environment.
    Result<UpstreamFiles> files(const git::Commit& commit);
    /// The ids of all paths() at a commit, in their order; renames are not followed.
    Result<std::shared_ptr<const git::FileIds>> ids(const git::Commit& commit) { return history_.files(commit.tree, set_); }
    /// A file by its path in the repository. Errors: as files().
    Result<std::optional<git::FileId>> file(const git::Commit& commit, const std::string& repository_path);

    [[nodiscard]] LoadBlob loader();

private:
    Upstream(git::Repository repository, std::vector<std::string> paths, Place place);

    git::Repository repository_;
    git::History history_;
    std::vector<std::string> paths_;
    Place place_;
    git::PathSet set_;
    std::map<std::string, git::PathSet, std::less<>> single_;
    std::vector<bool> made_;  ///< for each path: the series creates it, so upstream need not have it
};

/// Finds ancestors of the files of `series` in the history of `tip`: the version that the patches' index lines name, if the
/// repository has it, and the newest version on which all changes of the file apply. Each file is searched for once.
class AncestorFinder {
public:
    AncestorFinder(Upstream& upstream, Carrier& carrier, git::Commit tip, std::map<std::string, std::string> renamed = {});
    /// Errors: as git::History::walk_file().
    Result<std::vector<git::Entry>> find(const std::string& path);
    /// find(), as the carrier wants it. The finder must outlive it.
    [[nodiscard]] FindAncestors function();

private:
    Result<std::vector<git::Entry>> search(const std::string& path);
    Result<std::optional<git::Entry>> newest(const std::string& path, const std::string& repository_path);

    Upstream& upstream_;
    Carrier& carrier_;
    git::Commit tip_;
    std::map<std::string, std::string> renamed_;
    std::map<std::string, std::vector<git::Entry>, std::less<>> known_;
};

/// The version of `path` that the series' index lines name, if the repository has it and the changes apply to it.
Result<std::optional<git::Entry>> stated_version(Upstream& upstream, Carrier& carrier, const std::string& path);

}  // namespace rogate::series
