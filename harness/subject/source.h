// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "subject/profile.h"

namespace rogate::subject {

/// The profile's place in an in-tree tree, and in a tree that a profile outside it was laid over.
constexpr const char* kInTreeProfile = "rogate.toml";
constexpr const char* kLaidProfile = ".rogate/profile.toml";
/// Where rogate's own bridge and the files that a profile names beside itself are laid over a user's tree.
constexpr const char* kLaidBridge = ".rogate/bridge";
constexpr const char* kLaidFiles = ".rogate/files";

/// A tree that subjects are made of.
struct Source {
    std::string name;          ///< for messages
    std::string commit = {};   ///< of a repository's tree
    git::Tree files;           ///< before the series; an entry may have its id only: `load` reads it
    std::string profile_file;  ///< which of `files` is the profile
    /// Reads the contents that `files` lacks.
    std::function<Result<void>(git::Tree& files)> load = [](git::Tree&) { return Result<void>(); };
    /// Every file of the tree's folder, with ids only; what `files` was chosen from.
    std::shared_ptr<const git::Tree> whole = std::make_shared<const git::Tree>();
};

/// Reads the files below `folder` (no links followed, no special files). Errors: not_found, environment.
Result<git::Tree> read_folder(const std::filesystem::path& folder);

/// The tree in `folder`, which holds its own profile. Errors: as read_folder().
Result<Source> folder_source(const std::filesystem::path& folder);

/// What to read of a user's repository, and what to lay over it.
struct RepositoryRequest {
    std::filesystem::path repository;
    std::string rev;
    std::filesystem::path profile_path;  ///< its folder is where the files it names beside itself are
    std::string profile_text;
    std::filesystem::path bridge;   ///< the folder of rogate's bridge
    std::vector<std::string> also;  ///< further paths, those that a series touches; one that is not there is left out
};

/// Chooses what `profile` names of the repository's tree: its sources, the headers beside them and in its include
/// folders, and those it names. The repository is only read. Contents come with Source::load, but for `also`.
/// Errors: not_found (repository, revision, folder), usage (a glob that fits nothing, a stub or prelude that is not
/// there), environment.
Result<Source> repository_source(const RepositoryRequest& request, const Profile& profile);

}  // namespace rogate::subject
