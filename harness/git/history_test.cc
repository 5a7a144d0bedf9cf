// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/history.h"

#include "git/test_repository.h"

using namespace rogate;
using namespace rogate::git;

namespace {

/// main: base - edit - (side merged) - rename - last; "keep" stays as it is.
class HistoryTest : public testing::Test {
protected:
    HistoryTest()
    {
        repo_.put("dir/file.c", numbered("base"));
        repo_.put("keep", "kept\n");
        base_ = repo_.commit("base");
        repo_.put("dir/file.c", numbered("edited"));
        edit_ = repo_.commit("edit: with a subject\n\nand a body");
        repo_.git({"checkout", "-q", "-b", "side", base_});
        repo_.put("other", "o\n");
        repo_.commit("side");
        repo_.git({"checkout", "-q", "main"});
        repo_.git({"merge", "-q", "--no-ff", "-m", "merge", "side"});
        repo_.git({"mv", "dir/file.c", "moved.c"});
        rename_ = repo_.commit("rename");
    }

    static std::string numbered(const std::string& head)
    {
        std::string text = head + "\n";
        for (int i = 0; i < 30; ++i) {
            text += "line " + std::to_string(i) + "\n";
        }
        return text;
    }

    TestRepository repo_;
    std::string base_, edit_, rename_;
};

}  // namespace

// Oracle: git rev-list and git log.
TEST_F(HistoryTest, ListsARangeAndReadsItsCommits)
{
    const auto repository = Repository::open(repo_.path());
    ASSERT_TRUE(repository);
    const History history(*repository);
    const auto commits = history.list(repository->resolve(base_).value(), repository->resolve("main").value());
    ASSERT_TRUE(commits);
    std::string listed;
    for (const ObjectId& id : *commits) {
        const auto commit = history.commit(id);
        ASSERT_TRUE(commit);
        listed += commit->id.hex() + " " + commit->tree.hex() + " " + std::to_string(commit->parents.size()) + " " +
                  commit->author_name + " " + commit->author_email + " " + std::to_string(commit->author_seconds) + " " +
                  commit->subject + "\n";
    }
    std::string theirs;
    for (const std::string& id : {edit_, repo_.git({"rev-parse", "side"}), repo_.git({"rev-parse", "main~1"}), rename_}) {
        const std::string parents = repo_.git({"log", "-1", "--format=%P", id});
        theirs += repo_.git({"log", "-1", "--format=%H %T", id}) + " " + (parents.size() > 40 ? "2" : "1") + " " +
                  repo_.git({"log", "-1", "--format=%an %ae %at %s", id}) + "\n";
    }
    std::sort(listed.begin(), listed.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(listed, theirs);
    EXPECT_EQ(commits->back().hex(), rename_);
    EXPECT_EQ(history.list(std::nullopt, repository->resolve(base_).value())->size(), 1U);
}

// Oracle: git rev-parse of commit:path.
TEST_F(HistoryTest, FindsFilesOfATree)
{
    const auto repository = Repository::open(repo_.path());
    ASSERT_TRUE(repository);
    History history(*repository);
    const PathSet paths({"dir/file.c", "keep", "none", "keep/none", "dir"});
    const auto files = history.files(history.commit(repository->resolve(edit_).value())->tree, paths);
    ASSERT_TRUE(files);
    ASSERT_TRUE((**files)[0]);
    EXPECT_EQ((**files)[0]->id.hex(), repo_.git({"rev-parse", edit_ + ":dir/file.c"}));
    EXPECT_EQ((**files)[1]->id.hex(), repo_.git({"rev-parse", edit_ + ":keep"}));
    EXPECT_FALSE((**files)[2]);
    EXPECT_FALSE((**files)[3]);
    EXPECT_FALSE((**files)[4]);
    const std::string blob = (**files)[0]->id.hex();
    EXPECT_EQ(history.find_blob(blob.substr(0, 7))->hex(), blob);
    EXPECT_FALSE(history.find_blob("0000000"));
    EXPECT_FALSE(history.find_blob("zzzzzzz"));
    EXPECT_FALSE(history.find_blob(edit_.substr(0, 9))) << "a commit is no blob";
    EXPECT_EQ(**history.blob((**files)[1]->id), "kept\n");
}

// Oracle: git log of one file.
TEST_F(HistoryTest, WalksTheChangesOfAFile)
{
    const auto repository = Repository::open(repo_.path());
    ASSERT_TRUE(repository);
    History history(*repository);
    std::string seen;
    const auto walked = history.walk_file(repository->resolve("main").value(), "dir/file.c",
                                          [&](const Commit& commit, const std::optional<FileId>& now, const std::optional<FileId>& before) {
                                              seen += commit.id.hex() + (now ? "" : " removed") + (before ? "" : " made") + "\n";
                                              return Result<bool>(true);
                                          });
    ASSERT_TRUE(walked);
    EXPECT_EQ(seen, rename_ + " removed\n" + edit_ + "\n" + base_ + " made\n");
    EXPECT_EQ(repo_.git({"log", "--format=%H", "--", "dir/file.c"}), rename_ + "\n" + edit_ + "\n" + base_);
}

TEST_F(HistoryTest, FollowsARename)
{
    const auto repository = Repository::open(repo_.path());
    ASSERT_TRUE(repository);
    const History history(*repository);
    const auto tree = [&](const std::string& id) { return history.commit(repository->resolve(id).value())->tree; };
    const auto renamed = history.renamed_to(tree(base_), tree(rename_), "dir/file.c");
    ASSERT_TRUE(renamed);
    EXPECT_EQ(*renamed, "moved.c");
    EXPECT_FALSE(history.renamed_to(tree(base_), tree(edit_), "dir/file.c").value());
    EXPECT_FALSE(history.renamed_to(tree(base_), tree(rename_), "keep").value());
}
