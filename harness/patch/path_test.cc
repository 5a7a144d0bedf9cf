// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "patch/path.h"

using namespace rogate;
using namespace rogate::patch;

// Oracle: the quoting rules of git-config(1), core.quotePath, written out by hand.
TEST(PatchPath, UndoesGitsQuoting)
{
    size_t used = 0;
    EXPECT_EQ(unquote(R"("a/f\303\266o\t\"x\\" rest)", used), "a/f\303\266o\t\"x\\");
    EXPECT_EQ(used, 21U);
    EXPECT_EQ(unquote(R"("a\0")", used), std::nullopt);
    EXPECT_EQ(unquote(R"("a\400")", used), std::nullopt);
    EXPECT_EQ(unquote(R"("a\x")", used), std::nullopt);
    EXPECT_EQ(unquote(R"("a)", used), std::nullopt);
    EXPECT_EQ(unquote(R"("a\)", used), std::nullopt);
    EXPECT_EQ(unquote("a", used), std::nullopt);
    EXPECT_EQ(unquote("", used), std::nullopt);
}

// Oracle: patch(1), -p: "a sequence of one or more adjacent slashes is counted as a single slash".
TEST(PatchPath, StripsFolders)
{
    EXPECT_EQ(strip_folders("a/b/c", 0), "a/b/c");
    EXPECT_EQ(strip_folders("a//b/c", 1), "b/c");
    EXPECT_EQ(strip_folders("a/b/c", 2), "c");
    EXPECT_EQ(strip_folders("a/b/c", 3), std::nullopt);
    EXPECT_EQ(strip_folders("c", 1), std::nullopt);
}

// Oracle: the list of unsafe paths in the header, written out by hand.
TEST(PatchPath, NamesTheUnsafePathAndTheReason)
{
    using namespace std::string_view_literals;
    const std::pair<std::string_view, const char*> kCases[] = {
        {"", "unsafe path '': it is empty"},
        {"/etc/passwd", "unsafe path '/etc/passwd': it is absolute"},
        {"../x", "unsafe path '../x': it holds '.' or '..'"},
        {"a/../x", "unsafe path 'a/../x': it holds '.' or '..'"},
        {"a/./x", "unsafe path 'a/./x': it holds '.' or '..'"},
        {"a/..", "unsafe path 'a/..': it holds '.' or '..'"},
        {"a//x", "unsafe path 'a//x': a part of it is empty"},
        {"a/", "unsafe path 'a/': a part of it is empty"},
        {".git/config", "unsafe path '.git/config': it lies in '.git'"},
        {"a/.GiT/hooks/x", "unsafe path 'a/.GiT/hooks/x': it lies in '.git'"},
        {"a/.git. /x", "unsafe path 'a/.git. /x': it lies in '.git'"},
        {"a\0b"sv, "unsafe path 'a\\x00b': it holds a NUL"},
        {"\x1b[2J/..", "unsafe path '\\x1b[2J/..': it holds '.' or '..'"},
    };
    for (const auto& [path, text] : kCases) {
        const auto checked = check_path(path);
        ASSERT_FALSE(checked) << path;
        EXPECT_EQ(checked.error().kind, ErrorKind::corrupt);
        EXPECT_EQ(checked.error().text, text);
    }
    for (const char* path : {"a", "a/b.c", ".gitignore", "a/..b/c", "...", ".github/x", "a b/\303\266"}) {
        EXPECT_TRUE(check_path(path)) << path;
    }
}
