// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "git/repository.h"

namespace rogate::git {

/// What a commit says of itself.
struct Commit {
    ObjectId id;
    ObjectId tree;
    std::vector<ObjectId> parents;
    std::string author_name;
    std::string author_email;
    int64_t author_seconds = 0;  ///< since 1970-01-01 00:00 UTC
    int utc_offset_minutes = 0;
    std::string subject;
};

/// A file's identity at a commit.
struct FileId {
    uint32_t mode = kModeFile;
    ObjectId id;
    auto operator<=>(const FileId&) const = default;
};

/// One for each path asked for; nothing where there is no such file.
using FileIds = std::vector<std::optional<FileId>>;

/// A fixed set of paths, looked up in many trees.
class PathSet {
public:
    explicit PathSet(const std::vector<std::string>& paths);
    ~PathSet();
    PathSet(PathSet&&) noexcept;
    PathSet& operator=(PathSet&&) noexcept;
    [[nodiscard]] size_t size() const { return size_; }

private:
    friend class History;
    struct Node;
    std::unique_ptr<Node> root_;
    size_t size_ = 0;
};

/// The commits of a repository and the files they hold; nothing is checked out. What was read once is kept, so that a
/// walk costs one folder for each that has changed. Lives no longer than its Repository; one thread at a time.
class History {
public:
    explicit History(const Repository& repository);
    ~History();
    History(History&&) noexcept;

    /// Errors: not_found, usage when it is no commit, corrupt.
    [[nodiscard]] Result<Commit> commit(const ObjectId& id) const;

    /// The commits that are reachable from `to` and not from `from` (nothing = all), parents before children.
    /// Errors: not_found, corrupt.
    [[nodiscard]] Result<std::vector<ObjectId>> list(const std::optional<ObjectId>& from, const ObjectId& to) const;

    /// The paths' files in the tree `tree`. The set must outlive this History. Errors: corrupt, not_found.
    Result<std::shared_ptr<const FileIds>> files(const ObjectId& tree, const PathSet& paths);

    /// A file's content. Errors: not_found, usage, corrupt.
    [[nodiscard]] Result<std::shared_ptr<const std::string>> blob(const ObjectId& id) const;

    /// The blob whose id begins with these hexadecimal digits (4 at least); nothing when there is none or several.
    [[nodiscard]] std::optional<ObjectId> find_blob(const std::string& prefix) const;

    /// Where the file `path` of the tree `from` is found in the tree `to`, which has no file of that name: the one most
    /// like it among those that `from` has not, half of their lines at least. Nothing when there is none.
    /// Errors: environment. Source: git-diff(1), -M50%.
    [[nodiscard]] Result<std::optional<std::string>> renamed_to(const ObjectId& from, const ObjectId& to,
                                                                const std::string& path) const;

    /// Called with a commit that changed a file, what the commit made of it, and what was there before; false ends the walk.
    using OnChange = std::function<Result<bool>(const Commit&, const std::optional<FileId>& now, const std::optional<FileId>& before)>;

    /// The changes of `path` from `tip` back, newest first. At a merge the walk follows a parent that has the same file;
    /// where none has, the merge is the change, and the first parent is followed.
    /// Errors: as commit() and files().
    Result<void> walk_file(const ObjectId& tip, const std::string& path, const OnChange& on_change);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rogate::git
