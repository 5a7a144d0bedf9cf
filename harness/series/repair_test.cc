// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <set>

#include "series/repair.h"
#include "series/repair_slots.h"

using namespace rogate;
using namespace rogate::series;

namespace {

std::string mended(const std::string& text, bool guess = false)
{
    const auto result = mend_diff(raw_lines(text), {.guess = guess});
    return result ? result->diff : "error: " + result.error().text + "\nhint: " + result.error().hint;
}

/// A plain diff as web pages show it: headers wrapped, their tabs made blanks.
constexpr const char* kPage = "diff -rup src.orig/tools/ioemu/a.c \nsrc.new/tools/ioemu/a.c\n"
                              "--- src.orig/tools/ioemu/a.c        2007-05-18 \n10:45:21.000000000 -0400\n"
                              "+++ src.new/tools/ioemu/a.c 2008-07-11 07:54:52.000000000 \n-0400\n"
                              "@@ -10,3 +10,3 @@ static int f(void)\n"
                              "     int a;\n-    old(a);\n+    new(a, \nb);\n        return a;\n\n\n-- \n|: sender :|\n";

}  // namespace

// Oracle of all tests here: diffs written by hand.
TEST(MendDiff, ReadsTheTextOfAWebPage)
{
    EXPECT_EQ(mended(kPage), "diff --git a/tools/ioemu/a.c b/tools/ioemu/a.c\n--- a/tools/ioemu/a.c\n"
                             "+++ b/tools/ioemu/a.c\n@@ -10,3 +10,3 @@ static int f(void)\n"
                             "     int a;\n-    old(a);\n+    new(a, b);\n \treturn a;\n");
    const auto result = mend_diff(raw_lines(kPage, 100), {});
    ASSERT_TRUE(result);
    ASSERT_EQ(result->repairs.size(), 5U);
    EXPECT_EQ(result->repairs[0].line, 100U);
    EXPECT_EQ(result->repairs[3].line, 109U);
    EXPECT_EQ(result->repairs[3].what, "2 wrapped lines joined");
    EXPECT_EQ(result->repairs[4].what, "tabs put back");
    EXPECT_EQ(result->repairs[4].how, Certainty::sure);
}

TEST(MendDiff, KnowsCreatedAndRemovedFilesOfAPlainDiff)
{
    EXPECT_EQ(mended("diff -N -u old/f new/f\n--- old/f\t1970-01-01 00:00:00.000000000 +0000\n"
                     "+++ new/f\t2008-07-11 07:54:52.000000000 +0000\n@@ -0,0 +1 @@\n+a\n"
                     "--- old/g\t2008-07-11 07:54:52.000000000 +0000\n+++ /dev/null\t1970-01-01 00:00:00.000000000 +0000\n"
                     "@@ -1 +0,0 @@\n-a\n"),
              "diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"
              "diff --git a/g b/g\ndeleted file mode 100644\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
}

TEST(MendDiff, TakesNamesWithoutAFolderBeforeThem)
{
    EXPECT_EQ(mended("--- tools/f.orig\n+++ tools/f\n@@ -1 +1 @@\n-a\n+b\n"),
              "diff --git a/tools/f b/tools/f\n--- a/tools/f\n+++ b/tools/f\n@@ -1 +1 @@\n-a\n+b\n");
}

TEST(MendDiff, NamesThePlaceOfWhatItCannotKnow)
{
    const std::string head = "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n";
    EXPECT_EQ(mended(head + " a\n-b\n+b\n\n"),
              "error: line 7: damaged, and not to be repaired for certain: an empty line of context (blanks at line ends were "
              "stripped, perhaps elsewhere, too)\nhint: say what it is for, with --base or --tree; or take what is only likely "
              "with --guess");
    EXPECT_EQ(mended(head + " a\n-b\n+b\n\n", true), "diff --git a/f b/f\n" + head + " a\n-b\n+b\n \n");
    EXPECT_EQ(mended(head + " a\n-b\n+c\n").substr(0, 93),
              "error: line 3: the lines of the hunk do not add up to its header (3 old and 3 new lines)\nhint");
    EXPECT_EQ(mended("hello\n"), "error: it holds no diff\nhint: ");
    EXPECT_EQ(mended("diff --git a/f b/f\nGIT binary patch\n"), "error: line 2: a binary change cannot be imported\nhint: ");
    EXPECT_EQ(mended("--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n"),
              "error: line 1: unsafe path '../f': it holds '.' or '..'\nhint: ");
}

TEST(MendDiff, RefusesWhatCanBeReadInTwoWays)
{
    // The third line may be the end of the second, or be added itself and go on in the fourth.
    EXPECT_EQ(mended("--- a/f\n+++ b/f\n@@ -1 +1,3 @@\n a\n+x x\n+x x\n+x x\n").substr(0, 76),
              "error: line 6: the hunk of line 3 can be read in more than one way from here");
}

TEST(MendDiff, KeepsTheMarkOfAMissingNewline)
{
    const std::string diff = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
                             "\\ No newline at end of file\n";
    EXPECT_EQ(mended(diff), diff);
    const git::Tree base{{"f", {git::kModeFile, std::make_shared<const std::string>("a"), {}}}};
    const auto result = mend_diff(raw_lines(diff), {.base = &base});
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->diff, diff);
}

TEST(MendDiff, FindsAHunkThatHasMovedInTheBase)
{
    const std::string text = "1\n2\n3\n4\n\tfive\n6\n7\n8\n9\n";
    const git::Tree base{{"f", {git::kModeFile, std::make_shared<const std::string>(text), {}}}};
    const auto result =
        mend_diff(raw_lines("--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n 4\n-        five\n+        six\n 6\n"), {.base = &base});
    ASSERT_TRUE(result) << result.error().text;
    EXPECT_EQ(result->diff, "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n 4\n-\tfive\n+\tsix\n 6\n");
}

TEST(SearchChoices, TriesTheLikeliestFirstAndEachWayOnce)
{
    const std::vector<Slot> slots{{{"a", "b", "c"}, true}, {{"x", "y"}, true}};
    std::vector<std::string> tried;
    search_choices(slots, 100, [&](const std::vector<size_t>& chosen) {
        tried.push_back(slots[0].choices[chosen[0]] + slots[1].choices[chosen[1]]);
        return false;
    });
    EXPECT_EQ(tried.size(), 6U);
    EXPECT_EQ(tried.front(), "ax");
    EXPECT_EQ(std::set<std::string>(tried.begin(), tried.end()).size(), 6U);
}
