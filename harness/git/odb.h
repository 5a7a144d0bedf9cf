// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/libgit2.h"
#include "git/tree.h"

namespace rogate::git {

/// An object database of libgit2's, and trees read through it.
class Odb {
public:
    struct Item {
        uint32_t mode;
        std::string name;
        ObjectId id;
    };
    using Folder = std::vector<Item>;

    Odb(const Library& lib, git_odb* odb) : lib_(lib), odb_(odb, lib.odb_free) {}

    [[nodiscard]] const Library& lib() const { return lib_; }
    [[nodiscard]] bool contains(const ObjectId& id) const;
    /// The blob whose id has these first `digits` hexadecimal digits; nothing when there is none or several.
    [[nodiscard]] std::optional<ObjectId> find_blob(const ObjectId& id, size_t digits) const;
    /// The entries of a tree object, in its order. Errors: as read().
    [[nodiscard]] Result<Folder> folder(const ObjectId& id) const;
    Result<ObjectId> write(std::string_view body, git_object_t type);
    /// Errors: not_found; usage when it is of another type; corrupt.
    [[nodiscard]] Result<std::string> read(const ObjectId& id, git_object_t type) const;

    /// The files of the tree `root` at or below `prefix`, with their contents when `contents`.
    /// `name` is what to call the tree in errors. Errors: not_found (the prefix), corrupt.
    [[nodiscard]] Result<Tree> read_tree(const ObjectId& root, std::string_view prefix, bool contents,
                                         const std::string& name) const;
    /// Of `paths`, those that are files in the tree `root`, with contents.
    [[nodiscard]] Result<Tree> read_paths(const ObjectId& root, const std::vector<std::string>& paths) const;

private:
    [[nodiscard]] Result<void> walk(const ObjectId& id, const std::string& prefix, bool contents, int depth,
                                    Tree& files) const;
    [[nodiscard]] Result<Entry> entry(const Item& item, bool contents) const;

    const Library& lib_;
    std::unique_ptr<git_odb, decltype(Library::odb_free)> odb_;
};

}  // namespace rogate::git
