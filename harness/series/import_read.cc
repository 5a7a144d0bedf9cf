// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "series/import.h"
#include "series/series.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

Result<void> add_file(const fs::path& path, std::vector<Source>& sources)
{
    auto text = read_file(path);
    if (!text) {
        return text.error();
    }
    for (const mail::MailboxPart& part : mail::split_mailbox(*text)) {
        sources.push_back({path.string(), std::string(part.text), part.first_line});
    }
    return {};
}

/// Names of the files in a folder that `wanted` takes, sorted.
template <class Wanted>
std::vector<fs::path> list(const fs::path& folder, Wanted wanted)
{
    std::vector<fs::path> paths;
    std::error_code err;
    for (fs::directory_iterator it(folder, err), end; !err && it != end; it.increment(err)) {
        if (it->is_regular_file(err) && wanted(it->path())) {
            paths.push_back(it->path());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

Result<std::vector<fs::path>> files_of(const fs::path& folder)
{
    std::error_code err;
    if (fs::is_directory(folder / "cur", err) || fs::is_directory(folder / "new", err)) {
        const auto shown = [](const fs::path& path) { return !path.filename().string().starts_with('.'); };
        std::vector<fs::path> paths = list(folder / "cur", shown);
        const std::vector<fs::path> fresh = list(folder / "new", shown);
        paths.insert(paths.end(), fresh.begin(), fresh.end());
        return paths;
    }
    if (const auto order = read_file(folder / "series")) {
        auto entries = parse_series_file(*order, (folder / "series").string());
        if (!entries) {
            return entries.error();
        }
        std::vector<fs::path> paths;
        for (const SeriesEntry& entry : *entries) {
            paths.push_back(folder / entry.file_name);
        }
        return paths;
    }
    auto paths = list(folder, [](const fs::path& path) {
        const std::string ending = path.extension().string();
        return ending == ".patch" || ending == ".diff" || ending == ".eml" || ending == ".mbox";
    });
    if (paths.empty()) {
        return Error{ErrorKind::usage, fmt::format("the folder '{}' holds no patches", folder.string()),
                     "a maildir, a quilt folder or one of *.patch, *.diff, *.eml or *.mbox files is read"};
    }
    return paths;
}

}  // namespace

Result<std::vector<Source>> read_sources(const std::vector<fs::path>& paths)
{
    std::vector<Source> sources;
    for (const fs::path& path : paths) {
        std::error_code err;
        std::vector<fs::path> files{path};
        if (fs::is_directory(path, err)) {
            auto found = files_of(path);
            if (!found) {
                return found.error();
            }
            files = *std::move(found);
        }
        for (const fs::path& file : files) {
            if (auto added = add_file(file, sources); !added) {
                return added.error();
            }
        }
    }
    return sources;
}

}  // namespace rogate::series
