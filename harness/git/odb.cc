// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/odb.h"

#include <algorithm>

#include <fmt/format.h>

namespace rogate::git {
namespace {

/// Deeper trees than this are taken for an attack on the stack.
constexpr int kMaxDepth = 256;

Error corrupt_tree(const ObjectId& id, const char* why)
{
    return {ErrorKind::corrupt, fmt::format("tree {} is damaged: {}", id.hex(), why)};
}

/// Git's own modes only; old repositories hold 0100664 and its like.
uint32_t canonical(uint32_t mode)
{
    if ((mode & 0170000) == 0100000) {
        return (mode & 0111) != 0 ? kModeExecutable : kModeFile;
    }
    return mode & 0170000;
}

bool safe_name(std::string_view name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

}  // namespace

bool Odb::contains(const ObjectId& id) const
{
    const git_oid oid = to_oid(id);
    return lib_.odb_exists(odb_.get(), &oid) == 1;
}

std::optional<ObjectId> Odb::find_blob(const ObjectId& id, size_t digits) const
{
    const git_oid short_id = to_oid(id);
    git_oid oid;
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (lib_.odb_exists_prefix(&oid, odb_.get(), &short_id, digits) < 0 ||
        lib_.odb_read_header(&size, &type, odb_.get(), &oid) < 0 || type != GIT_OBJECT_BLOB) {
        return std::nullopt;
    }
    return from_oid(oid);
}

Result<ObjectId> Odb::write(std::string_view body, git_object_t type)
{
    git_oid oid;
    if (lib_.odb_write(&oid, odb_.get(), body.data(), body.size(), type) < 0) {
        return git_error(lib_, ErrorKind::environment, "cannot store an object");
    }
    return from_oid(oid);
}

Result<std::string> Odb::read(const ObjectId& id, git_object_t type) const
{
    const git_oid oid = to_oid(id);
    git_odb_object* raw = nullptr;
    const int err = lib_.odb_read(&raw, odb_.get(), &oid);
    if (err < 0) {
        return git_error(lib_, err == GIT_ENOTFOUND ? ErrorKind::not_found : ErrorKind::corrupt,
                         "cannot read object " + id.hex());
    }
    const std::unique_ptr<git_odb_object, decltype(lib_.odb_object_free)> object(raw, lib_.odb_object_free);
    if (lib_.odb_object_type(raw) != type) {
        return Error{ErrorKind::usage,
                     fmt::format("object {} is not a {}", id.hex(), type == GIT_OBJECT_TREE ? "tree" : "blob")};
    }
    return std::string(static_cast<const char*>(lib_.odb_object_data(raw)), lib_.odb_object_size(raw));
}

Result<Odb::Folder> Odb::folder(const ObjectId& id) const
{
    auto body = read(id, GIT_OBJECT_TREE);
    if (!body) {
        return body.error();
    }
    Folder items;
    for (std::string_view rest = *body; !rest.empty();) {
        uint32_t mode = 0;
        size_t at = 0;
        for (; at < rest.size() && at < 7 && rest[at] >= '0' && rest[at] <= '7'; ++at) {
            mode = mode * 8 + static_cast<uint32_t>(rest[at] - '0');
        }
        const size_t end = rest.find('\0', at);
        ObjectId item;
        if (at == 0 || at >= rest.size() || rest[at] != ' ' || end == std::string_view::npos ||
            rest.size() - end - 1 < item.bytes.size()) {
            return corrupt_tree(id, "an entry is cut short");
        }
        const std::string_view name = rest.substr(at + 1, end - at - 1);
        if (!safe_name(name)) {
            return corrupt_tree(id, "an entry's name is empty, '.', '..' or holds a '/'");
        }
        std::copy_n(rest.begin() + static_cast<ptrdiff_t>(end) + 1, item.bytes.size(), item.bytes.begin());
        items.push_back({canonical(mode), std::string(name), item});
        rest.remove_prefix(end + 1 + item.bytes.size());
    }
    return items;
}

Result<Entry> Odb::entry(const Item& item, bool contents) const
{
    Entry entry{item.mode, nullptr, item.id};
    if (contents && item.mode != kModeCommit) {
        auto content = read(item.id, GIT_OBJECT_BLOB);
        if (!content) {
            return content.error();
        }
        entry.content = std::make_shared<const std::string>(*std::move(content));
    }
    return entry;
}

Result<void> Odb::walk(const ObjectId& id, const std::string& prefix, bool contents, int depth, Tree& files) const
{
    auto items = folder(id);
    if (!items || depth > kMaxDepth) {
        return items ? corrupt_tree(id, "it is too deep") : items.error();
    }
    for (const Item& item : *items) {
        if (item.mode == kModeTree) {
            if (auto below = walk(item.id, prefix + item.name + '/', contents, depth + 1, files); !below) {
                return below;
            }
            continue;
        }
        auto file = entry(item, contents);
        if (!file) {
            return file.error().while_doing("cannot read '" + prefix + item.name + "'");
        }
        files.insert_or_assign(prefix + item.name, *std::move(file));
    }
    return {};
}

Result<Tree> Odb::read_tree(const ObjectId& root, std::string_view prefix, bool contents, const std::string& name) const
{
    ObjectId id = root;
    Tree files;
    std::string path;
    for (std::string_view rest = prefix; !rest.empty();) {
        const size_t slash = std::min(rest.find('/'), rest.size());
        const std::string_view part = rest.substr(0, slash);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        auto items = folder(id);
        if (!items) {
            return items.error();
        }
        const auto item = std::find_if(items->begin(), items->end(), [&](const Item& one) { return one.name == part; });
        if (item == items->end() || (item->mode != kModeTree && !rest.empty())) {
            return Error{ErrorKind::not_found, fmt::format("'{}' has no '{}'", name, prefix)};
        }
        path += part;
        if (item->mode != kModeTree) {
            auto file = entry(*item, contents);
            if (!file) {
                return file.error();
            }
            files.emplace(path, *std::move(file));
            return files;
        }
        path += '/';
        id = item->id;
    }
    auto walked = walk(id, path, contents, 0, files);
    return walked ? Result<Tree>(std::move(files)) : Result<Tree>(walked.error());
}

Result<Tree> Odb::read_paths(const ObjectId& root, const std::vector<std::string>& paths) const
{
    std::map<std::string, Folder> folders;  // by path with '/' at its end; each is read once
    Tree files;
    for (const std::string& path : paths) {
        ObjectId id = root;
        for (size_t begin = 0;;) {
            const std::string above = path.substr(0, begin);
            auto known = folders.find(above);
            if (known == folders.end()) {
                auto items = folder(id);
                if (!items) {
                    return items.error();
                }
                known = folders.emplace(above, *std::move(items)).first;
            }
            const size_t slash = path.find('/', begin);
            const std::string_view part = std::string_view(path).substr(begin, slash - begin);
            const Folder& items = known->second;
            const auto item =
                std::find_if(items.begin(), items.end(), [&](const Item& one) { return one.name == part; });
            if (item == items.end() || (slash == std::string::npos) == (item->mode == kModeTree)) {
                break;  // not there, or a folder where a file is asked for, or the other way round
            }
            if (slash == std::string::npos) {
                auto file = entry(*item, true);
                if (!file) {
                    return file.error().while_doing("cannot read '" + path + "'");
                }
                files.insert_or_assign(path, *std::move(file));
                break;
            }
            id = item->id;
            begin = slash + 1;
        }
    }
    return files;
}

}  // namespace rogate::git
