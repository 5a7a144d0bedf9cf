// SPDX-License-Identifier: GPL-2.0-or-later
// Sources out of users' repositories. Oracle for "unchanged": every file's bytes and mtime before and after.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "git/test_repository.h"
#include "subject/source.h"

using namespace rogate;
using namespace rogate::subject;

namespace fs = std::filesystem;

namespace {

const fs::path kTrees = fs::path(ROGATE_TESTDATA) / "trees";

/// A test tree as a repository, with a file that no profile names and a second commit.
class SourceOfRepository : public ::testing::Test {
protected:
    void SetUp() override
    {
        fs::copy(kTrees / "root/tree", repository_.path(), fs::copy_options::recursive);
        repository_.put("doc/README", "not named\n");
        first_ = repository_.commit("first");
        repository_.put("block.h", "#error the second commit\n");
        repository_.commit("second");
    }

    static Result<Source> read(const fs::path& repository, const std::string& rev, const std::string& text)
    {
        auto profile = parse_profile(text, "p.toml");
        if (!profile) {
            return profile.error();
        }
        return repository_source({.repository = repository,
                                  .rev = rev,
                                  .profile_path = kTrees / "root/profile/profile.toml",
                                  .profile_text = text,
                                  .bridge = ROGATE_BRIDGE,
                                  .also = {"doc/README", "not/there.c"}},
                                 *profile);
    }

    Result<Source> read(const fs::path& repository) const { return read(repository, first_, text_); }

    static std::string id_of(const Source& source)
    {
        const auto id = git::tree_id(source.files);
        return id ? id->hex() : id.error().text;
    }

    /// Every file below `folder` with its time and content.
    static std::map<std::string, std::string> all_of(const fs::path& folder)
    {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const auto time = entry.last_write_time().time_since_epoch().count();
            all[entry.path().string()] =
                fmt::format("{} {}", time, entry.is_regular_file() ? *read_file(entry.path()) : "");
        }
        return all;
    }

    git::TestRepository repository_;
    std::string first_;
    std::string text_ = *read_file(kTrees / "root/profile/profile.toml");
};

}  // namespace

TEST_F(SourceOfRepository, HasWhatTheProfileNamesAndContentsOnlyWhenLoaded)
{
    auto source = read(repository_.path());
    ASSERT_TRUE(source) << source.error().text;
    EXPECT_EQ(source->commit, first_);
    EXPECT_TRUE(source->files.contains("block-qcow.c"));
    EXPECT_TRUE(source->files.contains("block_int.h"));
    EXPECT_TRUE(source->files.contains(".rogate/bridge/bridge.c"));
    EXPECT_TRUE(source->files.at("doc/README").content) << "a series touches it";
    EXPECT_FALSE(source->files.at("block.h").content) << "nothing has asked for it";
    ASSERT_TRUE(source->load(source->files));
    EXPECT_EQ(*source->files.at("block.h").content, *read_file(kTrees / "root/tree/block.h"));
}

TEST_F(SourceOfRepository, IsTheSameFromABareAShallowAndAWorktreeAndLeavesThemAlone)
{
    auto plain = read(repository_.path());
    ASSERT_TRUE(plain) << plain.error().text;
    auto others = TempDir::make("/tmp", "rogate-source-");
    ASSERT_TRUE(others);
    const fs::path bare = others->path() / "bare.git";
    const fs::path shallow = others->path() / "shallow";
    const fs::path worktree = others->path() / "worktree";
    repository_.git({"clone", "-q", "--bare", repository_.path().string(), bare.string()});
    repository_.git({"branch", "-q", "old", first_});
    repository_.git(
        {"clone", "-q", "--depth", "1", "-b", "old", "file://" + repository_.path().string(), shallow.string()});
    repository_.git({"worktree", "add", "-q", worktree.string(), "old"});
    for (const fs::path& one : {repository_.path(), bare, shallow, worktree}) {
        const auto before = all_of(one);
        const auto main_before = all_of(repository_.path());
        auto source = read(one);
        ASSERT_TRUE(source) << one << ": " << source.error().text;
        ASSERT_TRUE(source->load(source->files));
        EXPECT_EQ(id_of(*source), id_of(*plain)) << one;
        EXPECT_EQ(all_of(one), before) << one;
        EXPECT_EQ(all_of(repository_.path()), main_before) << one;
    }
}

TEST_F(SourceOfRepository, OfSomebodyElseIsRefusedByName)
{
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give a repository to somebody else";
    }
    ASSERT_EQ(::chown(repository_.path().c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chown((repository_.path() / ".git").c_str(), 65534, 65534), 0);
    const auto source = read(repository_.path());
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().kind, ErrorKind::environment);
    EXPECT_EQ(source.error().text,
              fmt::format("the repository at '{}' belongs to another user, so git does not trust it",
                          repository_.path().string()));
}

TEST_F(SourceOfRepository, NamesWhatTheProfileHasWrong)
{
    const auto no_file = read(repository_.path(), first_, "[tree]\nsources = [\"blok.c\"]\n");
    ASSERT_FALSE(no_file);
    EXPECT_NE(no_file.error().text.find("the profile's source 'blok.c' fits no file of the tree"), std::string::npos);
    EXPECT_EQ(no_file.error().hint, "did you mean 'block.c'? ");
    const auto no_stub =
        read(repository_.path(), first_, "[tree]\nsources = [\"*.c\"]\n[build]\nstubs = [\"none.c\"]\n");
    ASSERT_FALSE(no_stub);
    EXPECT_NE(no_stub.error().text.find("none.c"), std::string::npos);
    const auto no_rev = read(repository_.path(), "v9", "[tree]\nsources = [\"*.c\"]\n");
    EXPECT_EQ(no_rev.error().kind, ErrorKind::not_found);
}
