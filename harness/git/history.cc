// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/history.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>

#include "git/odb.h"
#include "git/repository_state.h"

namespace rogate::git {

/// A folder of the paths, or (leaf) the file at the end of one.
struct PathSet::Node {
    std::map<std::string, Node, std::less<>> below;
    std::vector<size_t> leaves;                                       ///< the paths that end here, by their place in the set
    std::map<ObjectId, std::shared_ptr<const std::vector<std::pair<size_t, FileId>>>> known;  ///< answers by tree
};

PathSet::PathSet(const std::vector<std::string>& paths) : root_(std::make_unique<Node>()), size_(paths.size())
{
    for (size_t i = 0; i < paths.size(); ++i) {
        Node* node = root_.get();
        for (size_t begin = 0; begin <= paths[i].size();) {
            const size_t end = std::min(paths[i].find('/', begin), paths[i].size());
            node = &node->below[paths[i].substr(begin, end - begin)];
            begin = end + 1;
        }
        node->leaves.push_back(i);
    }
}

PathSet::~PathSet() = default;
PathSet::PathSet(PathSet&&) noexcept = default;
PathSet& PathSet::operator=(PathSet&&) noexcept = default;

struct History::State {
    using Found = std::vector<std::pair<size_t, FileId>>;

    const Repository::State& repository;
    const Library& lib;
    std::map<std::string, std::unique_ptr<PathSet>, std::less<>> single;  ///< for walks of one file

    Result<std::shared_ptr<const Found>> look(PathSet::Node& node, const ObjectId& tree)
    {
        if (const auto known = node.known.find(tree); known != node.known.end()) {
            return known->second;
        }
        auto folder = repository.odb->folder(tree);
        if (!folder) {
            return folder.error();
        }
        auto found = std::make_shared<Found>();
        for (const Odb::Item& item : *folder) {
            const auto below = node.below.find(item.name);
            if (below == node.below.end()) {
                continue;
            }
            if (item.mode == kModeTree) {
                auto deeper = look(below->second, item.id);
                if (!deeper) {
                    return deeper.error();
                }
                found->insert(found->end(), (*deeper)->begin(), (*deeper)->end());
            } else {
                for (const size_t leaf : below->second.leaves) {
                    found->push_back({leaf, FileId{item.mode, item.id}});
                }
            }
        }
        node.known.emplace(tree, found);
        return std::shared_ptr<const Found>(found);
    }
};

History::History(const Repository& repository)
    : state_(std::make_unique<State>(State{*repository.state_, repository.state_->lib, {}}))
{
}

History::~History() = default;
History::History(History&&) noexcept = default;

Result<Commit> History::commit(const ObjectId& id) const
{
    const Library& lib = state_->lib;
    const git_oid oid = to_oid(id);
    git_commit* raw = nullptr;
    if (const int err = lib.commit_lookup(&raw, state_->repository.repository.get(), &oid); err < 0) {
        return git_error(lib, err == GIT_ENOTFOUND ? ErrorKind::not_found : ErrorKind::corrupt,
                         fmt::format("cannot read the commit {}", id.hex()));
    }
    const std::unique_ptr<git_commit, decltype(lib.commit_free)> owner(raw, lib.commit_free);
    Commit commit;
    commit.id = id;
    commit.tree = from_oid(*lib.commit_tree_id(raw));
    for (unsigned i = 0; i < lib.commit_parentcount(raw); ++i) {
        commit.parents.push_back(from_oid(*lib.commit_parent_id(raw, i)));
    }
    const auto text = [](const char* words) { return std::string(words ? words : ""); };
    if (const git_signature* author = lib.commit_author(raw)) {
        commit.author_name = text(author->name);
        commit.author_email = text(author->email);
        commit.author_seconds = author->when.time;
        commit.utc_offset_minutes = author->when.offset;
    }
    commit.subject = text(lib.commit_summary(raw));
    return commit;
}

Result<std::vector<ObjectId>> History::list(const std::optional<ObjectId>& from, const ObjectId& to) const
{
    const Library& lib = state_->lib;
    git_revwalk* raw = nullptr;
    const auto failed = [&] { return git_error(lib, ErrorKind::corrupt, fmt::format("cannot walk the commits up to {}", to.hex())); };
    if (lib.revwalk_new(&raw, state_->repository.repository.get()) < 0) {
        return failed();
    }
    const std::unique_ptr<git_revwalk, decltype(lib.revwalk_free)> walk(raw, lib.revwalk_free);
    lib.revwalk_sorting(raw, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME | GIT_SORT_REVERSE);
    const git_oid end = to_oid(to);
    if (lib.revwalk_push(raw, &end) < 0) {
        return failed();
    }
    if (from) {
        const git_oid begin = to_oid(*from);
        if (lib.revwalk_hide(raw, &begin) < 0) {
            return failed();
        }
    }
    std::vector<ObjectId> commits;
    git_oid oid;
    int err = 0;
    while ((err = lib.revwalk_next(&oid, raw)) == 0) {
        commits.push_back(from_oid(oid));
    }
    return err == GIT_ITEROVER ? Result<std::vector<ObjectId>>(std::move(commits)) : Result<std::vector<ObjectId>>(failed());
}

Result<std::shared_ptr<const FileIds>> History::files(const ObjectId& tree, const PathSet& paths)
{
    auto found = state_->look(*paths.root_, tree);
    if (!found) {
        return found.error();
    }
    auto ids = std::make_shared<FileIds>(paths.size());
    for (const auto& [place, file] : **found) {
        (*ids)[place] = file;
    }
    return std::shared_ptr<const FileIds>(std::move(ids));
}

Result<std::shared_ptr<const std::string>> History::blob(const ObjectId& id) const
{
    auto content = state_->repository.odb->read(id, GIT_OBJECT_BLOB);
    return content ? Result<std::shared_ptr<const std::string>>(std::make_shared<const std::string>(*std::move(content)))
                   : Result<std::shared_ptr<const std::string>>(content.error());
}

std::optional<ObjectId> History::find_blob(const std::string& prefix) const
{
    if (prefix.size() < 4 || prefix.size() > 40) {
        return std::nullopt;
    }
    const auto whole = ObjectId::from_hex(prefix + std::string(40 - prefix.size(), '0'));
    return whole ? state_->repository.odb->find_blob(*whole, prefix.size()) : std::nullopt;
}

Result<std::optional<std::string>> History::renamed_to(const ObjectId& from, const ObjectId& to, const std::string& path) const
{
    const Library& lib = state_->lib;
    git_repository* repository = state_->repository.repository.get();
    using TreeHandle = std::unique_ptr<git_tree, decltype(lib.tree_free)>;
    git_tree* raw = nullptr;
    const git_oid old_oid = to_oid(from);
    const git_oid new_oid = to_oid(to);
    const Error failed{ErrorKind::environment, fmt::format("cannot compare the trees {} and {}", from.hex(), to.hex())};
    if (lib.tree_lookup(&raw, repository, &old_oid) < 0) {
        return failed;
    }
    const TreeHandle old_tree(raw, lib.tree_free);
    if (lib.tree_lookup(&raw, repository, &new_oid) < 0) {
        return failed;
    }
    const TreeHandle new_tree(raw, lib.tree_free);
    git_diff* raw_diff = nullptr;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    if (lib.diff_tree_to_tree(&raw_diff, repository, old_tree.get(), new_tree.get(), &options) < 0) {
        return failed;
    }
    const std::unique_ptr<git_diff, decltype(lib.diff_free)> diff(raw_diff, lib.diff_free);
    git_diff_find_options find = GIT_DIFF_FIND_OPTIONS_INIT;
    find.flags = GIT_DIFF_FIND_RENAMES;
    find.rename_threshold = 50;
    find.rename_limit = 2000;
    if (lib.diff_find_similar(diff.get(), &find) < 0) {
        return failed;
    }
    for (size_t i = 0; i < lib.diff_num_deltas(diff.get()); ++i) {
        const git_diff_delta* delta = lib.diff_get_delta(diff.get(), i);
        if (delta->status == GIT_DELTA_RENAMED && path == delta->old_file.path) {
            return std::optional<std::string>(delta->new_file.path);
        }
    }
    return std::optional<std::string>();
}

Result<void> History::walk_file(const ObjectId& tip, const std::string& path, const OnChange& on_change)
{
    std::unique_ptr<PathSet>& paths = state_->single[path];
    if (!paths) {
        paths = std::make_unique<PathSet>(std::vector<std::string>{path});
    }
    const auto file_of = [&](const Commit& commit) -> Result<std::optional<FileId>> {
        auto ids = files(commit.tree, *paths);
        return ids ? Result<std::optional<FileId>>((**ids)[0]) : Result<std::optional<FileId>>(ids.error());
    };
    auto at = commit(tip);
    auto now = at ? file_of(*at) : Result<std::optional<FileId>>(at.error());
    while (now) {
        std::optional<Commit> next;
        std::optional<FileId> before;
        bool same = false;
        for (const ObjectId& id : at->parents) {
            auto parent = commit(id);
            if (!parent) {
                return parent.error();
            }
            auto file = file_of(*parent);
            if (!file) {
                return file.error();
            }
            if (!next || *file == *now) {
                same = *file == *now;
                before = *file;
                next = *std::move(parent);
            }
            if (same) {
                break;
            }
        }
        if (!same && (now->has_value() || before.has_value())) {
            auto go_on = on_change(*at, *now, before);
            if (!go_on || !*go_on) {
                return go_on ? Result<void>() : Result<void>(go_on.error());
            }
        }
        if (!next) {
            return {};
        }
        *at = *std::move(next);
        now = before;
    }
    return now.error();
}

}  // namespace rogate::git
