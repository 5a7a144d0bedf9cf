// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/tree.h"

namespace rogate::git {

/// A user's repository, opened to be read: nothing in it, its index and its work tree included, is ever written.
/// One Repository belongs to one thread at a time; different ones may be used side by side.
class Repository {
public:
    /// Opens the repository that `path` lies in (its work tree, a folder below, or a bare repository).
    /// Errors: not_found; environment when git would refuse it for its owner (safe.directory) or libgit2 is missing.
    static Result<Repository> open(const std::filesystem::path& path);
    Repository(Repository&&) noexcept;
    Repository& operator=(Repository&&) noexcept;
    ~Repository();

    /// The commit that `revision` names (branch, tag, id, HEAD~2...).
    /// Errors: not_found; usage when it names no commit.
    [[nodiscard]] Result<ObjectId> resolve(const std::string& revision) const;

    /// The files of `revision` at or below the folder `prefix` (empty = all), keyed by their path from the root, with
    /// contents and ids; a submodule has its id only. A revision may name a commit or a tree.
    /// Errors: not_found (the revision, the prefix), corrupt or environment when an object cannot be read.
    [[nodiscard]] Result<Tree> read_tree(const std::string& revision, std::string_view prefix = {}) const;

    /// Of `paths`, those that are files at `revision`, with contents and ids. Much cheaper than the whole tree.
    /// Errors: as read_tree(), but a path that is not there is left out.
    [[nodiscard]] Result<Tree> read_paths(const std::string& revision, const std::vector<std::string>& paths) const;

    /// The files at or below the folder `prefix`, with ids but no contents. Errors: as read_tree().
    [[nodiscard]] Result<Tree> list_files(const std::string& revision, std::string_view prefix = {}) const;

    /// Reads every content of `files` that is not there yet, by its id; a submodule stays without.
    /// Errors: corrupt or environment, naming the path.
    [[nodiscard]] Result<void> load_contents(Tree& files) const;

    /// The paths at or below `prefix`, in byte order; no content is read. Errors: as read_tree().
    [[nodiscard]] Result<std::vector<std::string>> list_paths(const std::string& revision,
                                                              std::string_view prefix = {}) const;

private:
    friend class History;
    struct State;
    explicit Repository(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace rogate::git
