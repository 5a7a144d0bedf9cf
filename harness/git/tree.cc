// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/tree.h"

#include <fmt/format.h>

namespace rogate::git {
namespace {

using Write = std::function<Result<void>(const ObjectId&, const std::string&)>;

bool known_mode(uint32_t mode)
{
    return mode == kModeFile || mode == kModeExecutable || mode == kModeLink || mode == kModeCommit;
}

Error bad(const std::string& path, const char* why)
{
    return {ErrorKind::usage, fmt::format("cannot make a tree of '{}': {}", path, why)};
}

/// Builds tree objects from the sorted paths. Byte order of whole paths is git's order of the entries in each folder,
/// since git compares a folder's name as if it ended in '/'.
class Builder {
public:
    Builder(const Tree& files, const Write& write) : files_(files), at_(files.begin()), write_(write) {}

    /// The folder whose paths begin with `prefix` (ends in '/', or is empty), from the file at hand on.
    Result<ObjectId> folder(const std::string& prefix)
    {
        std::string body;
        while (at_ != files_.end() && at_->first.starts_with(prefix)) {
            const std::string path = at_->first;
            const size_t slash = path.find('/', prefix.size());
            const std::string name = path.substr(prefix.size(), slash - prefix.size());
            if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string::npos) {
                return bad(path, "a part of the path is empty, '.', '..' or holds a NUL");
            }
            auto entry = slash == std::string::npos ? file(body, name) : subfolder(body, prefix + name, name);
            if (!entry) {
                return entry.error();
            }
        }
        const ObjectId id = hash_object("tree", body);
        if (write_) {
            if (auto written = write_(id, body); !written) {
                return written.error();
            }
        }
        return id;
    }

private:
    static void append(std::string& body, uint32_t mode, const std::string& name, const ObjectId& id)
    {
        body += fmt::format("{:o} {}", mode, name);
        body += '\0';
        body.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    }

    Result<void> file(std::string& body, const std::string& name)
    {
        const Entry& entry = at_->second;
        if (!known_mode(entry.mode)) {
            return bad(at_->first, "its mode is none of git's");
        }
        if (!entry.id && (!entry.content || entry.mode == kModeCommit)) {
            return bad(at_->first, "neither its content nor its id is known");
        }
        append(body, entry.mode, name, entry.id ? *entry.id : hash_blob(*entry.content));
        ++at_;
        return {};
    }

    Result<void> subfolder(std::string& body, const std::string& path, const std::string& name)
    {
        if (files_.contains(path)) {
            return bad(path, "it is a file and a folder");
        }
        auto id = folder(path + '/');
        if (!id) {
            return id.error();
        }
        append(body, kModeTree, name, *id);
        return {};
    }

    const Tree& files_;
    Tree::const_iterator at_;
    const Write& write_;
};

}  // namespace

Result<ObjectId> write_folders(const Tree& files, const Write& write)
{
    return Builder(files, write).folder("");
}

Result<ObjectId> tree_id(const Tree& files)
{
    return write_folders(files, {});
}

void fill_ids(Tree& files)
{
    for (auto& [path, entry] : files) {
        if (!entry.id && entry.content) {
            entry.id = hash_blob(*entry.content);
        }
    }
}

std::vector<std::string> paths_below(const Tree& files, std::string_view prefix)
{
    std::vector<std::string> paths;
    for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix); ++at) {
        if (prefix.empty() || at->first.size() == prefix.size() || at->first[prefix.size()] == '/') {
            paths.push_back(at->first);
        }
    }
    return paths;
}

}  // namespace rogate::git
