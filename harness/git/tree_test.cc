// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "git/tree.h"

using namespace rogate;
using namespace rogate::git;

namespace {

Entry file(std::string content, uint32_t mode = kModeFile)
{
    return {mode, std::make_shared<const std::string>(std::move(content)), {}};
}

std::string error_of(const Tree& files)
{
    const auto id = tree_id(files);
    return id ? "a tree" : id.error().text;
}

}  // namespace

// Oracle: ids that everybody knows: those of the empty blob and the empty tree, and of "hello world\n".
TEST(ObjectId, IsGits)
{
    EXPECT_EQ(hash_blob("").hex(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    EXPECT_EQ(hash_blob("hello world\n").hex(), "3b18e512dba79e4c8300dd08aeb37f8e728b8dad");
    EXPECT_EQ(tree_id({})->hex(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

// Oracle: the text that went in.
TEST(ObjectId, ReadsItsOwnText)
{
    const std::string text = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";
    EXPECT_EQ(ObjectId::from_hex(text)->hex(), text);
    EXPECT_EQ(ObjectId::from_hex("3B18E512DBA79E4C8300DD08AEB37F8E728B8DAD")->hex(), text);
    for (const char* bad :
         {"", "3b18", "3b18e512dba79e4c8300dd08aeb37f8e728b8dax", "3b18e512dba79e4c8300dd08aeb37f8e728b8dad0"}) {
        const auto id = ObjectId::from_hex(bad);
        ASSERT_FALSE(id) << bad;
        EXPECT_EQ(id.error().kind, ErrorKind::usage);
    }
}

// Oracle: what the header says is refused.
TEST(TreeId, RefusesWhatGitCouldNotHold)
{
    EXPECT_EQ(error_of({{"a", Entry{}}}), "cannot make a tree of 'a': neither its content nor its id is known");
    EXPECT_EQ(error_of({{"a", file("x", 0100600)}}), "cannot make a tree of 'a': its mode is none of git's");
    EXPECT_EQ(error_of({{"a", file("x", kModeCommit)}}),
              "cannot make a tree of 'a': neither its content nor its id is known");
    EXPECT_EQ(error_of({{"a", file("")}, {"a-b", file("")}, {"a/b", file("")}}),
              "cannot make a tree of 'a': it is a file and a folder");
    for (const char* path : {"", "/a", "a//b", "a/", "a/./b", "../a"}) {
        EXPECT_EQ(error_of({{path, file("")}}), "cannot make a tree of '" + std::string(path) +
                                                    "': a part of the path is empty, '.', '..' or holds a NUL");
    }
}

// Oracle: a known id stands for a content; the tree with contents has the same id.
TEST(TreeId, TakesAnIdForAContent)
{
    Tree files{{"d/a", file("x\n")}, {"d/b", file("y\n", kModeExecutable)}};
    const ObjectId id = *tree_id(files);
    fill_ids(files);
    for (auto& [path, entry] : files) {
        ASSERT_TRUE(entry.id);
        entry.content.reset();
    }
    EXPECT_EQ(*tree_id(files), id);
}

// Oracle: a list written by hand.
TEST(PathsBelow, TakesWholeNamesOnly)
{
    const Tree files{{"a", {}}, {"d-x", {}}, {"d/a", {}}, {"d/e/f", {}}, {"d0", {}}};
    EXPECT_EQ(paths_below(files, "d"), (std::vector<std::string>{"d/a", "d/e/f"}));
    EXPECT_EQ(paths_below(files, "d/e"), (std::vector<std::string>{"d/e/f"}));
    EXPECT_EQ(paths_below(files, "a"), (std::vector<std::string>{"a"}));
    EXPECT_EQ(paths_below(files, "x"), (std::vector<std::string>{}));
    EXPECT_EQ(paths_below(files, "").size(), 5U);
}
