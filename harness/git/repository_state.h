// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "git/odb.h"
#include "git/repository.h"

namespace rogate::git {

struct Repository::State {
    const Library& lib;
    std::unique_ptr<git_repository, decltype(Library::repository_free)> repository;
    std::unique_ptr<Odb> odb;
    std::string path;

    /// The object `revision` names, peeled to `type`.
    [[nodiscard]] Result<ObjectId> peel(const std::string& revision, git_object_t type) const;
};

}  // namespace rogate::git
