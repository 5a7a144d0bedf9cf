// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/source.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/file.h"
#include "git/repository.h"

namespace rogate::subject {
namespace {

std::string folder_of(const std::string& path)
{
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool is_file(const git::Entry& entry)
{
    return entry.mode == git::kModeFile || entry.mode == git::kModeExecutable;
}

void lay(git::Tree& files, const std::string& path, std::string content)
{
    git::Entry entry;
    entry.content = std::make_shared<const std::string>(std::move(content));
    files[path] = std::move(entry);
}

/// A file that the profile names beside itself.
Result<void> lay_own_file(git::Tree& files, const RepositoryRequest& request, const std::string& name)
{
    auto text = read_file(request.profile_path.parent_path() / name);
    if (!text) {
        return Error{ErrorKind::usage, fmt::format("'{}': {}", request.profile_path.string(), text.error().text),
                     "prelude and stubs are named relative to the profile"};
    }
    lay(files, fmt::format("{}/{}", kLaidFiles, name), std::move(*text));
    return {};
}

Result<void> lay_over(git::Tree& files, const RepositoryRequest& request, const Profile& profile)
{
    lay(files, kLaidProfile, request.profile_text);
    if (profile.bridge_sources.empty()) {
        auto bridge = read_folder(request.bridge);
        if (!bridge) {
            return bridge.error();
        }
        for (auto& [path, entry] : *bridge) {
            files[fmt::format("{}/{}", kLaidBridge, path)] = std::move(entry);
        }
    }
    std::vector<std::string> own = profile.stubs;
    if (!profile.prelude.empty()) {
        own.push_back(profile.prelude);
    }
    for (const std::string& name : own) {
        if (auto laid = lay_own_file(files, request, name); !laid) {
            return laid;
        }
    }
    return {};
}

/// The paths of `all` that a build of `profile` reads. Errors: usage, for a glob that fits nothing.
Result<std::set<std::string>> choose(const Profile& profile, const std::vector<std::string>& all)
{
    std::set<std::string> chosen;
    std::set<std::string> folders(profile.include.begin(), profile.include.end());
    for (const auto* globs : {&profile.sources, &profile.image_tool_sources, &profile.bridge_sources}) {
        auto sources = expand(*globs, globs == &profile.sources ? profile.exclude : std::vector<std::string>{}, all);
        if (!sources) {
            return sources.error();
        }
        for (std::string& source : *sources) {
            folders.insert(folder_of(source));
            chosen.insert(std::move(source));
        }
    }
    auto named = expand(profile.headers, {}, all);
    if (!named) {
        return named.error();
    }
    chosen.insert(named->begin(), named->end());
    for (const std::string& path : all) {
        if (path.ends_with(".h") && folders.contains(folder_of(path))) {
            chosen.insert(path);
        }
    }
    return chosen;
}

}  // namespace

Result<git::Tree> read_folder(const std::filesystem::path& folder)
{
    git::Tree files;
    std::error_code ec;
    auto walk = std::filesystem::recursive_directory_iterator(folder, ec);
    if (ec) {
        return errno_error("read the folder", folder.string(), ec.value());
    }
    for (const auto& entry : walk) {
        if (!entry.is_regular_file() || entry.is_symlink()) {
            continue;
        }
        auto text = read_file(entry.path());
        if (!text) {
            return text.error();
        }
        lay(files, entry.path().lexically_relative(folder).string(), std::move(*text));
    }
    return files;
}

Result<Source> folder_source(const std::filesystem::path& folder)
{
    auto files = read_folder(folder);
    if (!files) {
        return files.error();
    }
    Source source;
    source.name = folder.string();
    source.whole = std::make_shared<const git::Tree>(*files);
    source.files = std::move(*files);
    source.profile_file = kInTreeProfile;
    return source;
}

Result<Source> repository_source(const RepositoryRequest& request, const Profile& profile)
{
    auto opened = git::Repository::open(request.repository);
    if (!opened) {
        return opened.error();
    }
    const auto repository = std::make_shared<git::Repository>(std::move(*opened));
    auto commit = repository->resolve(request.rev);
    if (!commit) {
        return commit.error();
    }
    Source source;
    source.name = fmt::format("{} at {}", request.repository.string(), request.rev);
    source.commit = commit->hex();
    source.profile_file = kLaidProfile;
    source.load = [repository](git::Tree& files) { return repository->load_contents(files); };
    auto whole = repository->list_files(source.commit, profile.folder);
    if (!whole && whole.error().kind == ErrorKind::not_found) {
        return Error{ErrorKind::not_found, fmt::format("{} has no folder '{}'", source.name, profile.folder),
                     fmt::format("it is tree.folder of '{}'", request.profile_path.string())};
    }
    if (!whole) {
        return whole.error();
    }
    std::vector<std::string> paths;
    for (const auto& [path, entry] : *whole) {
        if (is_file(entry)) {
            paths.push_back(path);
        }
    }
    auto chosen = choose(profile, paths);
    if (!chosen) {
        return chosen.error().while_doing(fmt::format("'{}'", request.profile_path.string()));
    }
    auto also = repository->read_paths(source.commit, request.also);
    if (!also) {
        return also.error();
    }
    source.files = std::move(*also);
    for (const std::string& path : *chosen) {
        source.files.emplace(path, whole->at(path));
    }
    if (auto laid = lay_over(source.files, request, profile); !laid) {
        return laid.error();
    }
    source.whole = std::make_shared<const git::Tree>(std::move(*whole));
    return source;
}

}  // namespace rogate::subject
