// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>
#include <unistd.h>

#include "git/repository.h"
#include "git/test_repository.h"

using namespace rogate;
using namespace rogate::git;

namespace {

/// Every file below a folder with its size, mode and times: what must not change when a repository is read.
std::vector<std::string> witness(const std::filesystem::path& folder)
{
    std::vector<std::string> seen;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        struct stat st {};
        EXPECT_EQ(::lstat(entry.path().c_str(), &st), 0);
        seen.push_back(entry.path().string() + " " + std::to_string(st.st_size) + " " + std::to_string(st.st_mode) +
                       " " + std::to_string(st.st_mtim.tv_sec) + "." + std::to_string(st.st_mtim.tv_nsec) + " " +
                       std::to_string(st.st_ctim.tv_sec) + "." + std::to_string(st.st_ctim.tv_nsec));
    }
    std::sort(seen.begin(), seen.end());
    return seen;
}

}  // namespace

// Oracle: git rev-parse, git ls-tree and the files that were committed.
TEST(Repository, ReadsATreeAtARevision)
{
    TestRepository real;
    real.put("tools/ioemu/block.c", "one\n");
    real.put("tools/ioemu/hw/pc.c", "pc\n");
    real.put("tools/other.c", "other\n");
    const std::string first = real.commit("first");
    real.put("tools/ioemu/block.c", "two\n");
    const std::string second = real.commit("second");
    real.git({"tag", "-a", "-m", "a tag", "v1", first});

    auto repository = Repository::open(real.path() / "tools");
    ASSERT_TRUE(repository) << repository.error().text;
    EXPECT_EQ(repository->resolve("HEAD")->hex(), second);
    EXPECT_EQ(repository->resolve("v1")->hex(), first);
    EXPECT_EQ(repository->resolve("HEAD~1")->hex(), first);

    const auto all = repository->read_tree("HEAD");
    ASSERT_TRUE(all) << all.error().text;
    EXPECT_EQ(tree_id(*all)->hex(), real.git({"rev-parse", "HEAD^{tree}"}));
    const auto below = repository->read_tree("v1", "tools/ioemu");
    ASSERT_TRUE(below) << below.error().text;
    ASSERT_EQ(below->size(), 2U);
    EXPECT_EQ(*below->at("tools/ioemu/block.c").content, "one\n");
    EXPECT_EQ(below->at("tools/ioemu/block.c").id->hex(), real.git({"rev-parse", "v1:tools/ioemu/block.c"}));
    EXPECT_EQ(*repository->list_paths("HEAD", "tools/ioemu"),
              (std::vector<std::string>{"tools/ioemu/block.c", "tools/ioemu/hw/pc.c"}));
    EXPECT_EQ(*repository->list_paths("HEAD", "tools/other.c"), (std::vector<std::string>{"tools/other.c"}));

    const auto some = repository->read_paths("HEAD", {"tools/ioemu/block.c", "tools", "none", "tools/other.c/x"});
    ASSERT_TRUE(some) << some.error().text;
    ASSERT_EQ(some->size(), 1U);
    EXPECT_EQ(*some->at("tools/ioemu/block.c").content, "two\n");
}

// Oracle: git ls-tree, for packed objects, links, modes and a submodule.
TEST(Repository, ReadsPackedObjectsAndOddModes)
{
    TestRepository real;
    real.put("run", "#!/bin/sh\n");
    std::filesystem::permissions(real.path() / "run", std::filesystem::perms::owner_all);
    std::filesystem::create_symlink("run", real.path() / "link");
    real.commit("first");
    const std::string commit = real.git({"rev-parse", "HEAD"});
    real.git({"update-index", "--add", "--cacheinfo", "160000," + commit + ",sub"});
    real.git({"commit", "-q", "-m", "second"});
    real.git({"gc", "-q"});
    auto repository = Repository::open(real.path());
    ASSERT_TRUE(repository) << repository.error().text;
    const auto files = repository->read_tree("HEAD");
    ASSERT_TRUE(files) << files.error().text;
    EXPECT_EQ(files->at("run").mode, kModeExecutable);
    EXPECT_EQ(files->at("link").mode, kModeLink);
    EXPECT_EQ(*files->at("link").content, "run");
    EXPECT_EQ(files->at("sub").mode, kModeCommit);
    EXPECT_EQ(files->at("sub").id->hex(), commit);
    EXPECT_EQ(tree_id(*files)->hex(), real.git({"rev-parse", "HEAD^{tree}"}));
}

// Oracle: stat of every file of the work tree and of .git.
TEST(Repository, LeavesTheRepositoryAsItIs)
{
    TestRepository real;
    real.put("a", "a\n");
    real.commit("first");
    real.put("a", "changed, not committed\n");
    const auto before = witness(real.path());
    {
        auto repository = Repository::open(real.path());
        ASSERT_TRUE(repository) << repository.error().text;
        EXPECT_EQ(*repository->read_tree("HEAD")->at("a").content, "a\n");
        EXPECT_TRUE(repository->resolve("main"));
    }
    EXPECT_EQ(witness(real.path()), before);
}

// Oracle: the texts written here; a person must be able to act on them.
TEST(Repository, NamesWhatIsNotThere)
{
    TestRepository real;
    real.put("a", "a\n");
    real.commit("first");
    auto repository = Repository::open(real.path());
    ASSERT_TRUE(repository) << repository.error().text;
    const auto missing = repository->resolve("nonesuch");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    EXPECT_TRUE(missing.error().text.starts_with("'nonesuch' names nothing in the repository at '" +
                                                 real.path().string() + "'"))
        << missing.error().text;
    EXPECT_EQ(repository->resolve("HEAD:a").error().text, "'HEAD:a' is no commit");
    EXPECT_EQ(repository->read_tree("HEAD", "x/y").error().text, "'HEAD' has no 'x/y'");
    EXPECT_EQ(repository->read_tree("HEAD", "a/y").error().text, "'HEAD' has no 'a/y'");
    TempDir empty = *TempDir::make("/tmp", "rogate-git-");
    const auto none = Repository::open(empty.path());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::not_found);
    EXPECT_EQ(none.error().text, "'" + empty.path().string() + "' is in no git repository");
}

// Oracle: a damaged object must never come back as content.
TEST(Repository, RefusesADamagedObject)
{
    TestRepository real;
    real.put("a", "a\n");
    real.commit("first");
    const std::string id = real.git({"rev-parse", "HEAD:a"});
    const auto object = real.path() / ".git/objects" / id.substr(0, 2) / id.substr(2);
    std::filesystem::permissions(object, std::filesystem::perms::owner_all);
    ASSERT_TRUE(write_file(object, "rubbish"));
    auto repository = Repository::open(real.path());
    ASSERT_TRUE(repository) << repository.error().text;
    const auto files = repository->read_tree("HEAD");
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().kind, ErrorKind::corrupt);
    EXPECT_NE(files.error().text.find("cannot read 'a'"), std::string::npos) << files.error().text;
}

// Oracle: git's own rule, safe.directory, in git-config(1). Only root can give a folder to somebody else.
TEST(Repository, NamesARepositoryOfAnotherUser)
{
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root, to give a folder away";
    }
    ::setenv("HOME", "/nonexistent", 1);  // a user's own safe.directory must not decide this test
    TestRepository real;
    real.put("a", "a\n");
    real.commit("first");
    ASSERT_EQ(::chown(real.path().c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chown((real.path() / ".git").c_str(), 65534, 65534), 0);
    const auto repository = Repository::open(real.path());
    ASSERT_FALSE(repository);
    EXPECT_EQ(repository.error().kind, ErrorKind::environment);
    EXPECT_EQ(repository.error().text,
              "the repository at '" + real.path().string() + "' belongs to another user, so git does not trust it");
    EXPECT_EQ(repository.error().hint,
              "if you trust it: git config --global --add safe.directory '" + real.path().string() + "'");
}
