// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "base/file.h"
#include "process/group.h"

namespace rogate::git {

/// A throwaway git repository, worked on with the real git.
class TestRepository {
public:
    TestRepository() : folder_(*TempDir::make("/tmp", "rogate-git-")) { git({"init", "-q", "-b", "main"}); }

    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

    /// Output of `git <args>` without its last newline; a failure fails the test.
    std::string git(std::vector<std::string> args)
    {
        args.insert(args.begin(), "git");
        const auto outcome = process::run({.argv = std::move(args),
                                           .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                   {"GIT_CONFIG_NOSYSTEM", "1"},
                                                   {"GIT_AUTHOR_NAME", "A U Thor"},
                                                   {"GIT_AUTHOR_EMAIL", "author@example.org"},
                                                   {"GIT_COMMITTER_NAME", "C O Mitter"},
                                                   {"GIT_COMMITTER_EMAIL", "committer@example.org"}},
                                           .folder = folder_.path()});
        EXPECT_TRUE(outcome) << outcome.error().text;
        EXPECT_TRUE(outcome->ok()) << outcome->err;
        return outcome->out.substr(0, outcome->out.find_last_not_of('\n') + 1);
    }

    void put(const std::string& file, const std::string& content)
    {
        std::filesystem::create_directories((path() / file).parent_path());
        ASSERT_TRUE(write_file(path() / file, content));
    }

    std::string commit(const std::string& message)
    {
        git({"add", "-A"});
        git({"commit", "-q", "--allow-empty", "-m", message});
        return git({"rev-parse", "HEAD"});
    }

private:
    TempDir folder_;
};

}  // namespace rogate::git
