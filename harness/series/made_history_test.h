// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

#include "base/file.h"
#include "process/group.h"
#include "series/made_history.h"
#include "series/upstream.h"

namespace rogate::series {

/// The in-tree sources and series, and a history of upstream made from them, in a folder of its own.
class MadeUpstream {
public:
    explicit MadeUpstream(const HistoryPlan& plan) : folder_(*TempDir::make("/tmp", "rogate-upstream-"))
    {
        const std::filesystem::path overlay = std::filesystem::path(ROGATE_ROOT) / "overlay";
        for (const auto& file : std::filesystem::recursive_directory_iterator(overlay)) {
            if (file.is_regular_file()) {
                base_[std::filesystem::relative(file.path(), overlay).string()] = {
                    git::kModeFile, std::make_shared<const std::string>(*read_file(file.path())), {}};
            }
        }
        std::filesystem::copy(std::filesystem::path(ROGATE_ROOT) / "patches" / "drv_read_only", patches(),
                              std::filesystem::copy_options::recursive);
        auto loaded = load_series(patches());
        EXPECT_TRUE(loaded) << loaded.error().text;
        series_ = *std::move(loaded);
        const auto made = make_history(repository(), base_, series_, plan);
        EXPECT_TRUE(made) << made.error().text;
    }

    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
    [[nodiscard]] std::filesystem::path repository() const { return folder_.path() / "upstream.git"; }
    [[nodiscard]] std::filesystem::path patches() const { return folder_.path() / "patches"; }
    [[nodiscard]] const git::Tree& base() const { return base_; }
    [[nodiscard]] const Series& series() const { return series_; }

    /// Output of a shell script run in folder(); a failure fails the test.
    std::string shell(const std::string& script, std::chrono::seconds deadline = std::chrono::seconds(100)) const
    {
        const auto outcome = process::run({.argv = {"sh", "-ec", script},
                                           .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                   {"GIT_CONFIG_NOSYSTEM", "1"},
                                                   {"GIT_AUTHOR_NAME", "A"},
                                                   {"GIT_AUTHOR_EMAIL", "a@example.org"},
                                                   {"GIT_COMMITTER_NAME", "C"},
                                                   {"GIT_COMMITTER_EMAIL", "c@example.org"}},
                                           .folder = folder_.path(),
                                           .deadline = deadline});
        EXPECT_TRUE(outcome) << outcome.error().text;
        EXPECT_TRUE(outcome->ok()) << process::describe(*outcome) << "\n" << outcome->out << outcome->err;
        return outcome->out;
    }

private:
    TempDir folder_;
    git::Tree base_;
    Series series_;
};

/// The files that the series touches after it was carried onto a commit, by their paths in the repository: as `git ls-tree`
/// tells them.
inline std::map<std::string, std::string> blob_ids(const SeriesOutcome& outcome, const UpstreamFiles& upstream)
{
    std::map<std::string, std::string> ids;
    for (const auto& [path, entry] : outcome.states.back()) {
        const auto renamed = upstream.renamed.find(path);
        ids[renamed == upstream.renamed.end() ? path : renamed->second] = (entry.id ? *entry.id : git::hash_blob(*entry.content)).hex();
    }
    return ids;
}

/// What `git ls-tree -r` printed: path, id.
inline std::map<std::string, std::string> parse_ls_tree(const std::string& text)
{
    std::map<std::string, std::string> ids;
    std::istringstream lines(text);
    for (std::string mode, type, id, path; lines >> mode >> type >> id >> path;) {
        ids[path] = id;
    }
    return ids;
}

}  // namespace rogate::series
