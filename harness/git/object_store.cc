// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/object_store.h"

#include <fmt/format.h>

#include "base/file.h"
#include "git/odb.h"

namespace rogate::git {
namespace {

namespace fs = std::filesystem;

/// Lies in each bare repository that a store has made; without it a repository is somebody else's.
constexpr const char* kMark = "rogate-object-store";

Error foreign(const fs::path& folder)
{
    return {ErrorKind::usage, fmt::format("'{}' is not an object store of rogate's", folder.string()),
            "name a folder that does not exist yet, or an empty one"};
}

/// Makes `folder` a bare repository with our mark, unless it is one.
Result<void> prepare(const Library& lib, const fs::path& folder)
{
    std::error_code err;
    if (fs::exists(folder / kMark, err)) {
        return {};
    }
    if (fs::exists(folder, err) && !fs::is_empty(folder, err)) {
        return foreign(folder);
    }
    fs::create_directories(folder, err);
    if (err) {
        return errno_error("make", folder.string(), err.value());
    }
    git_repository* raw = nullptr;
    if (lib.repository_init(&raw, folder.c_str(), 1) < 0) {
        return git_error(lib, ErrorKind::environment,
                         fmt::format("cannot make an object store in '{}'", folder.string()));
    }
    lib.repository_free(raw);
    return write_file(folder / kMark, "1\n");
}

}  // namespace

struct ObjectStore::State {
    Odb odb;
};

ObjectStore::ObjectStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectStore::ObjectStore(ObjectStore&&) noexcept = default;
ObjectStore& ObjectStore::operator=(ObjectStore&&) noexcept = default;
ObjectStore::~ObjectStore() = default;

Result<ObjectStore> ObjectStore::in_memory()
{
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    git_odb* odb = nullptr;
    git_odb_backend* memory = nullptr;
    if (lib.odb_new(&odb) < 0) {
        return git_error(lib, ErrorKind::environment, "cannot make an object store in memory");
    }
    auto state = std::make_unique<State>(State{Odb(lib, odb)});
    if (lib.mempack_new(&memory) < 0 || lib.odb_add_backend(odb, memory, 1) < 0) {
        return git_error(lib, ErrorKind::environment, "cannot make an object store in memory");
    }
    return ObjectStore(std::move(state));
}

Result<ObjectStore> ObjectStore::in_folder(const fs::path& folder)
{
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    if (auto prepared = prepare(lib, folder); !prepared) {
        return prepared.error();
    }
    git_repository* raw = nullptr;
    const unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE;
    if (lib.repository_open_ext(&raw, folder.c_str(), flags, nullptr) < 0) {
        return git_error(lib, ErrorKind::environment,
                         fmt::format("cannot open the object store '{}'", folder.string()));
    }
    git_odb* odb = nullptr;
    const int err = lib.repository_odb(&odb, raw);
    lib.repository_free(raw);  // the database has its own reference count
    if (err < 0) {
        return git_error(lib, ErrorKind::environment,
                         fmt::format("cannot open the object store '{}'", folder.string()));
    }
    return ObjectStore(std::make_unique<State>(State{Odb(lib, odb)}));
}

Result<ObjectId> ObjectStore::put_blob(std::string_view content)
{
    return state_->odb.write(content, GIT_OBJECT_BLOB);
}

Result<ObjectId> ObjectStore::put_tree(const Tree& files)
{
    for (const auto& [path, entry] : files) {
        if (entry.content && entry.mode != kModeCommit) {
            if (auto put = put_blob(*entry.content); !put) {
                return put.error();
            }
        } else if (entry.id && entry.mode != kModeCommit && !contains(*entry.id)) {
            return Error{ErrorKind::not_found,
                         fmt::format("object {} of '{}' is not in the store", entry.id->hex(), path)};
        }
    }
    return write_folders(files, [&](const ObjectId&, const std::string& body) -> Result<void> {
        auto put = state_->odb.write(body, GIT_OBJECT_TREE);
        return put ? Result<void>() : Result<void>(put.error());
    });
}

bool ObjectStore::contains(const ObjectId& id) const
{
    return state_->odb.contains(id);
}

Result<std::shared_ptr<const std::string>> ObjectStore::blob(const ObjectId& id) const
{
    auto content = state_->odb.read(id, GIT_OBJECT_BLOB);
    if (!content) {
        return content.error();
    }
    return std::make_shared<const std::string>(*std::move(content));
}

Result<Tree> ObjectStore::read_tree(const ObjectId& id, std::string_view prefix) const
{
    return state_->odb.read_tree(id, prefix, true, id.hex());
}

}  // namespace rogate::git
