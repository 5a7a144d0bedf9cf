// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/object_store.h"
#include "git/test_repository.h"

using namespace rogate;
using namespace rogate::git;

namespace {

Tree sample()
{
    const auto text = [](const char* content) { return std::make_shared<const std::string>(content); };
    return {{"a", {kModeFile, text("a\n"), {}}},
            {"d/b", {kModeExecutable, text("b\n"), {}}},
            {"d/e/c", {kModeFile, text("a\n"), {}}}};
}

void expect_same(const Tree& left, const Tree& right)
{
    ASSERT_EQ(left.size(), right.size());
    for (const auto& [path, entry] : left) {
        ASSERT_TRUE(right.contains(path)) << path;
        EXPECT_EQ(entry.mode, right.at(path).mode) << path;
        EXPECT_EQ(*entry.content, *right.at(path).content) << path;
    }
}

}  // namespace

// Oracle: what was put in.
TEST(ObjectStore, GivesBackWhatWasPutIntoMemory)
{
    auto store = ObjectStore::in_memory();
    ASSERT_TRUE(store) << store.error().text;
    const ObjectId id = *store->put_blob("hello world\n");
    EXPECT_EQ(id, hash_blob("hello world\n"));
    EXPECT_TRUE(store->contains(id));
    EXPECT_EQ(**store->blob(id), "hello world\n");
    EXPECT_EQ(store->blob(hash_blob("other")).error().kind, ErrorKind::not_found);

    const auto root = store->put_tree(sample());
    ASSERT_TRUE(root) << root.error().text;
    EXPECT_EQ(*root, *tree_id(sample()));
    expect_same(*store->read_tree(*root), sample());
    const auto below = store->read_tree(*root, "d");
    ASSERT_TRUE(below) << below.error().text;
    EXPECT_EQ(paths_below(*below, ""), (std::vector<std::string>{"d/b", "d/e/c"}));
    EXPECT_EQ(store->read_tree(id).error().kind, ErrorKind::usage);
    EXPECT_EQ(store->blob(*root).error().text, "object " + root->hex() + " is not a blob");
    EXPECT_EQ(store->put_tree({{"x", {kModeFile, nullptr, hash_blob("other")}}}).error().kind, ErrorKind::not_found);
}

// Oracle: the real git reads the folder (fsck and cat-file).
TEST(ObjectStore, KeepsObjectsInAFolderThatGitCanRead)
{
    TestRepository git;  // only to run git in
    const std::string folder = (git.path() / "cache" / "objects.git").string();
    ObjectId root;
    {
        auto store = ObjectStore::in_folder(folder);
        ASSERT_TRUE(store) << store.error().text;
        root = *store->put_tree(sample());
    }
    auto again = ObjectStore::in_folder(folder);
    ASSERT_TRUE(again) << again.error().text;
    expect_same(*again->read_tree(root), sample());
    EXPECT_EQ(git.git({"--git-dir", folder, "ls-tree", "-r", "--name-only", root.hex()}), "a\nd/b\nd/e/c");
    EXPECT_EQ(git.git({"--git-dir", folder, "cat-file", "blob", root.hex() + ":d/b"}), "b");
    EXPECT_EQ(git.git({"--git-dir", folder, "fsck", "--no-dangling"}), "");
}

// Oracle: the folder's content before and after.
TEST(ObjectStore, NeverTakesAUsersRepository)
{
    TestRepository real;
    real.put("a", "a\n");
    real.commit("first");
    const std::string bare = (real.path() / "bare.git").string();
    real.git({"clone", "-q", "--bare", ".", bare});
    for (const std::string& folder : {real.path().string(), (real.path() / ".git").string(), bare}) {
        const auto store = ObjectStore::in_folder(folder);
        ASSERT_FALSE(store) << folder;
        EXPECT_EQ(store.error().kind, ErrorKind::usage);
        EXPECT_EQ(store.error().text, "'" + folder + "' is not an object store of rogate's");
    }
    EXPECT_EQ(real.git({"status", "--porcelain"}), "?? bare.git/");
}
