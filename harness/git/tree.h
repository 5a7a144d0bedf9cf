// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/object_id.h"

namespace rogate::git {

constexpr uint32_t kModeFile = 0100644;
constexpr uint32_t kModeExecutable = 0100755;
constexpr uint32_t kModeLink = 0120000;
constexpr uint32_t kModeCommit = 0160000;  ///< a submodule: it has an id, never content
constexpr uint32_t kModeTree = 0040000;

/// One file. At least one of `content` and `id` is there; content is shared, never changed.
struct Entry {
    uint32_t mode = kModeFile;
    std::shared_ptr<const std::string> content = {};
    std::optional<ObjectId> id = {};
};

/// A snapshot: each file's path from the root ('/' between folders) in byte order. Copies share all contents.
using Tree = std::map<std::string, Entry, std::less<>>;

/// The id of the git tree that holds exactly these files, as `git write-tree` prints it. Needs no libgit2.
/// Errors: usage, naming the path: neither content nor id, an unknown mode, an unsafe part, both file and folder.
Result<ObjectId> tree_id(const Tree& files);

/// Hashes every content whose id is not known yet, so that copies of the tree need not do it again.
void fill_ids(Tree& files);

/// The paths of `files` at or below the folder `prefix` (no slash at its end; empty = all), in order.
std::vector<std::string> paths_below(const Tree& files, std::string_view prefix);

/// Gives `write` the id and body of each folder's tree object, innermost first; returns the root's id.
/// Errors: as tree_id(), and what `write` returns.
Result<ObjectId> write_folders(const Tree& files,
                               const std::function<Result<void>(const ObjectId&, const std::string& body)>& write);

}  // namespace rogate::git
