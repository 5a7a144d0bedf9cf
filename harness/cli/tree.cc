// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/tree.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/file.h"
#include "git/object_id.h"

namespace rogate::cli {

void add_tree_options(CLI::App& app, TreeOptions& options)
{
    app.add_option("--tree", options.repository,
                   "A git repository with the upstream to use instead of the in-tree one; it is "
                   "only read")
        ->type_name("REPO");
    app.add_option("--rev", options.rev, "The commit, branch or tag of --tree (default: the profile's, or HEAD)")
        ->type_name("REV");
    app.add_option("--profile", options.profile, "How that tree is built; 'rogate init' writes a first one")
        ->type_name("FILE");
}

std::string Tree::series(const std::string& asked) const
{
    if (!profile || profile->series.empty() || asked != kDefaultSeries) {
        return asked;
    }
    const std::filesystem::path folder = profile_path.parent_path() / profile->series;
    return std::filesystem::absolute(folder).lexically_normal().string();
}

std::string Tree::key() const
{
    if (!profile) {
        return {};
    }
    const std::string facts =
        fmt::format("{}\n{}\n{}", std::filesystem::absolute(repository).string(), rev, profile_text);
    return "-" + git::hash_blob(facts).hex().substr(0, 12);
}

void Tree::limit(std::vector<matrix::Case>& cases) const
{
    for (matrix::Case& one : cases) {
        if (profile && one.skip.empty()) {
            one.skip = profile->limits.skip_reason(one.format, one.bus, one.configuration, one.shape);
        }
    }
}

Result<Tree> load_tree(const TreeOptions& options)
{
    Tree tree;
    if (options.profile.empty()) {
        if (!options.repository.empty() || !options.rev.empty()) {
            return Error{ErrorKind::usage,
                         fmt::format("'{}' is given without a profile that tells how its tree is built",
                                     options.repository.empty() ? "--rev" : "--tree"),
                         "write a first one: rogate init --tree REPO --rev REV; then give it as --profile FILE"};
        }
        return tree;
    }
    auto text = read_file(options.profile);
    if (!text) {
        return text.error();
    }
    auto profile = subject::parse_profile(*text, options.profile);
    if (!profile) {
        return profile.error();
    }
    tree.profile_path = options.profile;
    tree.profile_text = std::move(*text);
    tree.rev = !options.rev.empty() ? options.rev : !profile->rev.empty() ? profile->rev : "HEAD";
    if (!options.repository.empty()) {
        tree.repository = options.repository;
    } else if (!profile->repository.empty()) {
        tree.repository = tree.profile_path.parent_path() / profile->repository;
    } else {
        return Error{ErrorKind::usage, fmt::format("'{}' names no repository", options.profile),
                     "name it as tree.repository there, or give --tree REPO"};
    }
    tree.profile = std::move(*profile);
    return tree;
}

Result<subject::Source> read_source(const Global& global, const Tree& tree, const series::Series& series)
{
    if (!tree.profile) {
        return subject::folder_source(global.root / "overlay");
    }
    return subject::repository_source({.repository = tree.repository,
                                       .rev = tree.rev,
                                       .profile_path = tree.profile_path,
                                       .profile_text = tree.profile_text,
                                       .bridge = global.root / "overlay/bridge",
                                       .also = series::touched_paths(series)},
                                      *tree.profile);
}

void limit_by_generation(std::vector<matrix::Case>& cases, const std::vector<subject::Subject>& subjects)
{
    for (matrix::Case& one : cases) {
        const auto cannot = [&](const subject::Subject& subject) {
            return subject.cannot_express(one.mode == matrix::Mode::ro, one.shape);
        };
        if (one.skip.empty() && !subjects.empty() &&
            std::all_of(subjects.begin(), subjects.end(),
                        [&](const auto& subject) { return !cannot(subject).empty(); })) {
            one.skip = cannot(subjects.front());
        }
    }
}

}  // namespace rogate::cli
