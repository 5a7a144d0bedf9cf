// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "git/tree.h"

namespace rogate::git {

/// Objects of rogate's own: in memory, or in a bare repository in rogate's cache. A user's repository is never one.
/// One ObjectStore belongs to one thread at a time.
class ObjectStore {
public:
    /// Objects live as long as the store. Errors: environment when libgit2 is missing.
    static Result<ObjectStore> in_memory();
    /// Opens the bare repository at `folder`, making it if there is none.
    /// Errors: usage when there is something else (a work tree's repository too); environment.
    static Result<ObjectStore> in_folder(const std::filesystem::path& folder);
    ObjectStore(ObjectStore&&) noexcept;
    ObjectStore& operator=(ObjectStore&&) noexcept;
    ~ObjectStore();

    /// Stores a content and returns its id. Errors: environment.
    Result<ObjectId> put_blob(std::string_view content);
    /// Stores all contents and folders of `files` and returns the root's id; an entry with an id only must be in the
    /// store already. Errors: as tree_id(); not_found for such a missing entry; environment.
    Result<ObjectId> put_tree(const Tree& files);
    [[nodiscard]] bool contains(const ObjectId& id) const;
    /// Errors: not_found; usage when it is no blob; corrupt.
    [[nodiscard]] Result<std::shared_ptr<const std::string>> blob(const ObjectId& id) const;
    /// The files of a tree at or below the folder `prefix`, with contents and ids. Errors: not_found, usage, corrupt.
    [[nodiscard]] Result<Tree> read_tree(const ObjectId& id, std::string_view prefix = {}) const;

private:
    struct State;
    explicit ObjectStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace rogate::git
