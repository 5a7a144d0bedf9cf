// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/repository.h"

#include <fmt/format.h>

#include "git/repository_state.h"

namespace rogate::git {
namespace {

Error open_error(const Library& lib, int err, const std::string& path)
{
    // 1.5.1 says "not found" (in the configuration) where no safe.directory is set at all.
    const ::git_error* last = lib.error_last();
    if (err == GIT_EOWNER || (err == GIT_ENOTFOUND && last && last->klass == GIT_ERROR_CONFIG)) {
        return {ErrorKind::environment,
                fmt::format("the repository at '{}' belongs to another user, so git does not trust it", path),
                fmt::format("if you trust it: git config --global --add safe.directory '{}'", path)};
    }
    if (err == GIT_ENOTFOUND) {
        return {ErrorKind::not_found, fmt::format("'{}' is in no git repository", path)};
    }
    return git_error(lib, ErrorKind::environment, fmt::format("cannot open the repository at '{}'", path));
}

}  // namespace

Result<ObjectId> Repository::State::peel(const std::string& revision, git_object_t type) const
{
    git_object* raw = nullptr;
    const int err = lib.revparse_single(&raw, repository.get(), revision.c_str());
    if (err < 0) {
        return git_error(lib, err == GIT_ENOTFOUND ? ErrorKind::not_found : ErrorKind::usage,
                         fmt::format("'{}' names nothing in the repository at '{}'", revision, path));
    }
    using Object = std::unique_ptr<git_object, decltype(lib.object_free)>;
    const Object object(raw, lib.object_free);
    if (lib.object_peel(&raw, object.get(), type) < 0) {
        return Error{ErrorKind::usage,
                     fmt::format("'{}' is no {}", revision, type == GIT_OBJECT_TREE ? "commit or tree" : "commit")};
    }
    const Object peeled(raw, lib.object_free);
    return from_oid(*lib.object_id(peeled.get()));
}

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const std::filesystem::path& path)
{
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    git_repository* raw = nullptr;
    if (const int err = lib.repository_open_ext(&raw, path.c_str(), 0, nullptr); err < 0) {
        return open_error(lib, err, path.string());
    }
    auto state = std::make_unique<State>(State{lib, {raw, lib.repository_free}, nullptr, path.string()});
    git_odb* odb = nullptr;
    if (lib.repository_odb(&odb, raw) < 0) {
        return git_error(lib, ErrorKind::environment, fmt::format("cannot read the objects of '{}'", path.string()));
    }
    state->odb = std::make_unique<Odb>(lib, odb);
    return Repository(std::move(state));
}

Result<ObjectId> Repository::resolve(const std::string& revision) const
{
    return state_->peel(revision, GIT_OBJECT_COMMIT);
}

Result<Tree> Repository::read_tree(const std::string& revision, std::string_view prefix) const
{
    const auto root = state_->peel(revision, GIT_OBJECT_TREE);
    return root ? state_->odb->read_tree(*root, prefix, true, revision) : Result<Tree>(root.error());
}

Result<Tree> Repository::read_paths(const std::string& revision, const std::vector<std::string>& paths) const
{
    const auto root = state_->peel(revision, GIT_OBJECT_TREE);
    return root ? state_->odb->read_paths(*root, paths) : Result<Tree>(root.error());
}

Result<Tree> Repository::list_files(const std::string& revision, std::string_view prefix) const
{
    const auto root = state_->peel(revision, GIT_OBJECT_TREE);
    return root ? state_->odb->read_tree(*root, prefix, false, revision) : Result<Tree>(root.error());
}

Result<void> Repository::load_contents(Tree& files) const
{
    for (auto& [path, entry] : files) {
        if (entry.content || !entry.id || entry.mode == kModeCommit) {
            continue;
        }
        auto content = state_->odb->read(*entry.id, GIT_OBJECT_BLOB);
        if (!content) {
            return content.error().while_doing("cannot read '" + path + "'");
        }
        entry.content = std::make_shared<const std::string>(*std::move(content));
    }
    return {};
}

Result<std::vector<std::string>> Repository::list_paths(const std::string& revision, std::string_view prefix) const
{
    const auto files = list_files(revision, prefix);
    return files ? Result<std::vector<std::string>>(paths_below(*files, {}))
                 : Result<std::vector<std::string>>(files.error());
}

}  // namespace rogate::git
