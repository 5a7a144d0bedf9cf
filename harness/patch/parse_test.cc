// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "patch/parse.h"

using namespace rogate;
using namespace rogate::patch;

namespace {

Result<std::vector<FilePatch>> parse(std::string text, unsigned strip = 1)
{
    return parse_diff(std::make_shared<const std::string>(std::move(text)), {.strip = strip});
}

/// The only change of a diff that must parse.
FilePatch parse_one(const std::string& text, unsigned strip = 1)
{
    auto changes = parse(text, strip);
    if (!changes || changes->size() != 1) {
        ADD_FAILURE() << (changes ? "not one change" : changes.error().text);
        return {};
    }
    return changes->front();
}

std::string error_of(const std::string& text, unsigned strip = 1)
{
    const auto changes = parse(text, strip);
    if (changes) {
        return "parsed";
    }
    EXPECT_EQ(changes.error().kind, ErrorKind::corrupt);
    return changes.error().text;
}

std::string with_hunk(const std::string& hunk)
{
    return "--- a/f\n+++ b/f\n" + hunk;
}

}  // namespace

// Oracle of all tests here: small diffs written by hand, and what git-diff(1) says they mean.
TEST(ParseDiff, ReadsAGitDiffInsideAMail)
{
    const FilePatch change = parse_one("a message\n\n---\n f.c | 2 +-\n\n"
                                       "diff --git a/d/f.c b/d/f.c\n"
                                       "index 1a2b3c4..5d6e7f8 100755\n"
                                       "--- a/d/f.c\n"
                                       "+++ b/d/f.c\n"
                                       "@@ -10,3 +12,4 @@ int main(void)\n"
                                       " one\n"
                                       "-two\n"
                                       "+2\n"
                                       "+2b\n"
                                       " three\r\n"
                                       "-- \n2.39.5\n\n");
    EXPECT_EQ(change.kind, ChangeKind::modified);
    EXPECT_EQ(change.old_path, "d/f.c");
    EXPECT_EQ(change.new_path, "d/f.c");
    EXPECT_EQ(change.old_mode, 0100755U);
    EXPECT_EQ(change.new_mode, 0100755U);
    EXPECT_EQ(change.old_blob, "1a2b3c4");
    EXPECT_EQ(change.new_blob, "5d6e7f8");
    EXPECT_EQ(change.patch_line, 6U);
    ASSERT_EQ(change.hunks.size(), 1U);
    const Hunk& hunk = change.hunks[0];
    EXPECT_EQ(hunk.old_start, 10U);
    EXPECT_EQ(hunk.old_count, 3U);
    EXPECT_EQ(hunk.new_start, 12U);
    EXPECT_EQ(hunk.new_count, 4U);
    EXPECT_EQ(hunk.section, "int main(void)");
    EXPECT_EQ(hunk.patch_line, 10U);
    ASSERT_EQ(hunk.lines.size(), 5U);
    EXPECT_EQ(hunk.lines[1].kind, LineKind::removed);
    EXPECT_EQ(hunk.lines[1].text, "two\n");
    EXPECT_EQ(hunk.lines[4].kind, LineKind::context);
    EXPECT_EQ(hunk.lines[4].text, "three\r\n");
}

TEST(ParseDiff, ReadsThePlainDiffOfTwoFolders)
{
    const FilePatch change = parse_one("diff -rup x.orig/tools/f.c x.new/tools/f.c\n"
                                       "--- x.orig/tools/f.c\t2008-07-10 05:41:58.000000000 -0400\n"
                                       "+++ x.new/tools/f.c        2008-07-11 07:54:18.000000000 -0400\n"
                                       "@@ -1 +1 @@\n-a\n+b\nOnly in x.new: y\n");
    EXPECT_EQ(change.kind, ChangeKind::modified);
    EXPECT_EQ(change.old_path, "tools/f.c");
    EXPECT_EQ(change.new_path, "tools/f.c");
    EXPECT_EQ(change.hunks[0].old_count, 1U);
}

TEST(ParseDiff, TakesTheShorterNameOfABackup)
{
    EXPECT_EQ(parse_one("--- f.c.orig\n+++ f.c\n@@ -1 +1 @@\n-a\n+b\n", 0).old_path, "f.c");
    EXPECT_EQ(parse_one("--- f.c\n+++ f.c.new\n@@ -1 +1 @@\n-a\n+b\n", 0).new_path, "f.c");
}

TEST(ParseDiff, KnowsNewAndRemovedFilesInEveryDialect)
{
    const FilePatch created = parse_one("diff --git a/f b/f\nnew file mode 100755\nindex 0000000..5d6e7f8\n"
                                        "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n");
    EXPECT_EQ(created.kind, ChangeKind::created);
    EXPECT_EQ(created.old_path, "");
    EXPECT_EQ(created.new_path, "f");
    EXPECT_EQ(created.new_mode, 0100755U);
    const FilePatch removed = parse_one("diff --git a/f b/f\ndeleted file mode 100644\nindex 5d6e7f8..0000000\n"
                                        "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
    EXPECT_EQ(removed.kind, ChangeKind::removed);
    EXPECT_EQ(removed.old_path, "f");
    EXPECT_EQ(removed.new_path, "");
    EXPECT_EQ(parse_one("--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n").kind, ChangeKind::created);
    EXPECT_EQ(parse_one("--- a/f\t1970-01-01 01:00:00.000000000 +0100\n+++ b/f\t2008-07-11 07:54:18 +0100\n"
                        "@@ -0,0 +1 @@\n+x\n")
                  .kind,
              ChangeKind::created);
    EXPECT_EQ(parse_one("--- a/f\t2008-07-11 07:54:18 -0400\n+++ b/f\t1969-12-31 20:00:00.000000000 -0400\n"
                        "@@ -1 +0,0 @@\n-x\n")
                  .kind,
              ChangeKind::removed);
    // An emptied file is no removed one.
    EXPECT_EQ(parse_one("--- a/f\t2008-07-11 07:54:18 +0000\n+++ b/f\t2008-07-11 07:54:19 +0000\n"
                        "@@ -1 +0,0 @@\n-x\n")
                  .kind,
              ChangeKind::modified);
    EXPECT_EQ(parse_one("diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69de29\n").kind,
              ChangeKind::created);
}

TEST(ParseDiff, ReadsModesRenamesAndCopiesWithoutHunks)
{
    const FilePatch mode = parse_one("diff --git a/x y b/x y\nold mode 100644\nnew mode 100755\n");
    EXPECT_EQ(mode.path(), "x y");
    EXPECT_EQ(mode.old_mode, 0100644U);
    EXPECT_EQ(mode.new_mode, 0100755U);
    const FilePatch moved =
        parse_one("diff --git a/d/x b/e/y\nsimilarity index 100%\nrename from d/x\nrename to e/y\n");
    EXPECT_EQ(moved.kind, ChangeKind::renamed);
    EXPECT_EQ(moved.old_path, "d/x");
    EXPECT_EQ(moved.new_path, "e/y");
    const FilePatch copied = parse_one("diff --git a/x b/y\nsimilarity index 90%\ncopy from x\ncopy to y\n"
                                       "index 1..2 100644\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n");
    EXPECT_EQ(copied.kind, ChangeKind::copied);
    EXPECT_EQ(copied.hunks.size(), 1U);
}

TEST(ParseDiff, ReadsQuotedNames)
{
    EXPECT_EQ(parse_one("diff --git \"a/f\\303\\266\" \"b/f\\303\\266\"\nold mode 100644\nnew mode 100755\n").path(),
              "f\303\266");
    EXPECT_EQ(parse_one("--- \"a/t\\tb\"\n+++ \"b/t\\tb\"\n@@ -1 +1 @@\n-a\n+b\n").path(), "t\tb");
}

TEST(ParseDiff, MarksBinaryChanges)
{
    EXPECT_TRUE(parse_one("diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n").binary);
    EXPECT_TRUE(parse_one("diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\n"
                          "literal 2\nJcmZ\n\n")
                    .binary);
    const FilePatch plain = parse_one("Binary files x.orig/d/f and x.new/d/f differ\n");
    EXPECT_TRUE(plain.binary);
    EXPECT_EQ(plain.path(), "d/f");
}

TEST(ParseDiff, KeepsAMissingNewlineAtTheEnd)
{
    const FilePatch change = parse_one(with_hunk("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"));
    ASSERT_EQ(change.hunks[0].lines.size(), 3U);
    EXPECT_EQ(change.hunks[0].lines[1].text, "b");
    EXPECT_EQ(change.hunks[0].lines[2].text, "b\n");
}

TEST(ParseDiff, TakesAnEmptyLineForEmptyContext)
{
    const FilePatch change = parse_one(with_hunk("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"));
    EXPECT_EQ(change.hunks[0].lines[1].kind, LineKind::context);
    EXPECT_EQ(change.hunks[0].lines[1].text, "\n");
}

TEST(ParseDiff, FindsNoDiffInAMessage)
{
    const auto changes = parse("Subject: hello\n\n--- not a diff\n+++ this neither\n-- \nbye\n");
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->empty());
}

TEST(ParseDiff, BeginsWhereToldAndStillCountsLinesOfTheWholeText)
{
    const std::string text = "@@ -1 +1 @@ in a message\n---\n" + with_hunk("@@ -1 +1 @@\n-a\n*b\n");
    const auto changes = parse_diff(std::make_shared<const std::string>(text), {.strip = 1, .offset_bytes = 25});
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().text, "line 7: '*b' does not fit the hunk of line 5, which lacks 0 old and 1 new lines");
}

TEST(ParseDiff, RefusesHunksThatDoNotAddUp)
{
    EXPECT_EQ(error_of(with_hunk("@@ -1,2 +1,2 @@\n a\n-b\n")),
              "line 6: the hunk of line 3 ends early: 0 old and 1 new lines are missing");
    EXPECT_EQ(error_of(with_hunk("@@ -1 +1 @@\n-b\n+c\n+d\n")),
              "line 6: '+d' follows the hunk of line 3, whose header has no room for it");
    EXPECT_EQ(error_of(with_hunk("@@ -1,2 +1,1 @@\n-b\n+c\n+d\n")),
              "line 6: '+d' does not fit the hunk of line 3, which lacks 1 old and 0 new lines");
    EXPECT_EQ(error_of(with_hunk("@@ -1 +1 @@\n a\n")), "line 5: the hunk of line 3 changes nothing");
    EXPECT_EQ(error_of(with_hunk("@@ -0,0 +0,0 @@\n")), "line 3: the hunk has no lines");
    EXPECT_EQ(error_of(with_hunk("@@ -1 +1 @@\n-a\n+b")), "line 5: the text ends in the middle of a line");
    EXPECT_EQ(error_of(with_hunk("@@ -5,2 +5,1 @@\n-a\n b\n@@ -6 +6 @@\n-b\n+c\n")),
              "line 6: the hunk begins at line 6, inside or before the one of line 3");
}

TEST(ParseDiff, RefusesBrokenHunkHeaders)
{
    for (const char* header : {"@@ -1", "@@ -1,2 +1,2", "@@ -1,x +1 @@", "@@ -1 1 @@", "@@ --1 +1 @@", "@@ -0 +1 @@",
                               "@@ -99999999999999999999 +1 @@", "@@ -1,1000000001 +1 @@"}) {
        EXPECT_EQ(error_of(with_hunk(header + std::string("\n-a\n+b\n"))),
                  "line 3: bad hunk header '" + std::string(header) + "'");
    }
    EXPECT_EQ(error_of("@@ -1 +1 @@\n-a\n+b\n"), "line 1: a hunk without '---' and '+++' lines before it");
}

TEST(ParseDiff, RefusesMisplacedMissingNewlines)
{
    EXPECT_EQ(error_of(with_hunk("@@ -1,2 +1 @@\n-a\n\\ No newline at end of file\n-b\n+c\n")),
              "line 8: a line without newline is not the file's last");
    EXPECT_EQ(error_of(with_hunk("@@ -1 +1 @@\n-a\n+c\n\\ No newline at end of file\n\\ No newline\n")), "parsed");
    EXPECT_EQ(
        error_of(with_hunk("@@ -1 +1 @@\n\\ No newline at end of file\n-a\n+c\n")),
        "line 4: '\\ No newline at end of file' does not fit the hunk of line 3, which lacks 1 old and 1 new lines");
    EXPECT_EQ(error_of(with_hunk("@@ -1 +1 @@\n-a\n+c\n\\ No newline at end of file\n@@ -3 +3 @@\n-x\n+y\n")),
              "line 7: a hunk follows one that ends the file");
}

TEST(ParseDiff, RefusesUnsafePathsByName)
{
    EXPECT_EQ(error_of("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n"),
              "line 1: unsafe path '../x': it holds '.' or '..'");
    EXPECT_EQ(error_of("--- a/x\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n"),
              "line 2: unsafe path '/etc/passwd': it is absolute");
    EXPECT_EQ(error_of("diff --git a/.git/config b/.git/config\nold mode 100644\nnew mode 100755\n"),
              "line 1: unsafe path '.git/config': it lies in '.git'");
    EXPECT_EQ(error_of("diff --git a/x b/y\nrename from x\nrename to ../y\n"),
              "line 3: unsafe path '../y': it holds '.' or '..'");
    EXPECT_EQ(error_of("--- \"a/x\\000y\"\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
              "line 1: unsafe path 'x\\x00y': it holds a NUL");
    EXPECT_EQ(error_of("--- a/\n+++ b/\n@@ -1 +1 @@\n-a\n+b\n"), "line 1: unsafe path '': it is empty");
    EXPECT_EQ(error_of("--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n"), "line 1: 'x' has fewer than 1 folders to strip");
}

TEST(ParseDiff, RefusesHeadersThatContradictEachOther)
{
    const char* const kText = "the header lines above contradict each other";
    EXPECT_EQ(error_of("diff --git a/x b/x\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"), std::string("line 4: ") + kText);
    EXPECT_EQ(error_of("diff --git a/x b/x\nnew file mode 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
              std::string("line 5: ") + kText);
    EXPECT_EQ(error_of("diff --git a/x b/y\nrename from x\n"), std::string("line 3: ") + kText);
    EXPECT_EQ(error_of("diff --git a/x b/y\nold mode 100644\nnew mode 100755\n"),
              "line 4: the header above names no file");
    EXPECT_EQ(error_of("diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
              "line 8: new file 'x' has old lines");
    EXPECT_EQ(error_of("diff --git a/x b/x\nold mode 100644\nnew mode 777\n"), "line 3: unknown file mode '777'");
    EXPECT_EQ(error_of("diff --git a/x b/x\n--- a/x\n+++ b/x\n"), "line 4: the change of 'x' has no hunks");
    EXPECT_EQ(error_of("diff --cc x\n"), "line 1: a combined diff of a merge cannot be applied");
}

TEST(Reversed, SwapsBothSides)
{
    const FilePatch back = reversed(parse_one("diff --git a/f b/f\ndeleted file mode 100755\n"
                                              "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"));
    EXPECT_EQ(back.kind, ChangeKind::created);
    EXPECT_EQ(back.new_path, "f");
    EXPECT_EQ(back.new_mode, 0100755U);
    EXPECT_EQ(back.hunks[0].old_count, 0U);
    EXPECT_EQ(back.hunks[0].lines[0].kind, LineKind::added);
}
