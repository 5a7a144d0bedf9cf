// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

#include "cli/series.h"
#include "git/repository.h"
#include "subject/subject.h"

namespace rogate::cli {

void add_base_options(CLI::App& app, BaseOptions& options)
{
    app.add_option("--tree", options.tree, "A git repository that holds the base (default: the in-tree sources); only read")
        ->type_name("REPO");
    app.add_option("--rev", options.rev, "The base's revision in --tree (default: HEAD)")->type_name("REV");
    app.add_option("--subdir", options.subdir, "The folder of --tree in which the patches' paths begin")->type_name("DIR");
}

Result<git::Tree> load_base(const Global& global, const BaseOptions& options)
{
    if (options.tree.empty()) {
        if (!options.rev.empty() || !options.subdir.empty()) {
            return Error{ErrorKind::usage, "--rev and --subdir belong to a repository", "name it with --tree"};
        }
        return subject::read_folder(global.root / "overlay");
    }
    auto repository = git::Repository::open(options.tree);
    if (!repository) {
        return repository.error();
    }
    std::string prefix = options.subdir;
    while (prefix.ends_with('/')) {
        prefix.pop_back();
    }
    auto files = repository->read_tree(options.rev.empty() ? "HEAD" : options.rev, prefix);
    if (!files || prefix.empty()) {
        return files;
    }
    git::Tree base;
    for (auto& [path, entry] : *files) {
        base.emplace(path.substr(prefix.size() + 1), std::move(entry));
    }
    return base;
}

Result<std::filesystem::path> find_series(const Global& global, const std::string& name)
{
    if (name.find('/') != std::string::npos) {
        return std::filesystem::path(name);
    }
    const std::filesystem::path folder = global.root / "patches";
    std::vector<std::string> known;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
        known.push_back(entry.path().filename().string());
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
        std::sort(known.begin(), known.end());
        std::string list;
        for (const std::string& one : known) {
            list += (list.empty() ? "" : ", ") + one;
        }
        return Error{ErrorKind::usage, fmt::format("unknown series '{}' in '{}'", name, folder.string()),
                     did_you_mean(name, known) + fmt::format("the series are: {}; a path holds a '/'", list)};
    }
    return folder / name;
}

Result<series::Series> load_named_series(const Global& global, const std::string& name)
{
    auto folder = find_series(global, name);
    return folder ? series::load_series(*folder) : folder.error();
}

}  // namespace rogate::cli
