// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <gtest/gtest.h>

#include "patch/parse.h"
#include "patch/place.h"

using namespace rogate;
using namespace rogate::patch;

namespace {

FilePatch parse_hunks(const std::string& hunks)
{
    auto changes = parse_diff(std::make_shared<const std::string>("--- a/f\n+++ b/f\n" + hunks));
    if (!changes || changes->size() != 1) {
        ADD_FAILURE() << (changes ? "not one change" : changes.error().text);
        return {};
    }
    return changes->front();
}

/// "l1\n" to "l<count>\n", with `extra` put before line `at`.
std::string lines(int count, int at = 0, const std::string& extra = {})
{
    std::string text;
    for (int i = 1; i <= count; ++i) {
        text += (i == at ? extra : "") + "l" + std::to_string(i) + "\n";
    }
    return text;
}

std::string repeated(const std::string& line, size_t count)
{
    std::string text;
    for (size_t i = 0; i < count; ++i) {
        text += line;
    }
    return text;
}

Applied apply_text(const std::string& text, const std::string& hunks, const PlaceOptions& options = {})
{
    auto outcome = apply_hunks(text, parse_hunks(hunks), options);
    if (const auto* conflict = std::get_if<Conflict>(&outcome)) {
        ADD_FAILURE() << describe(*conflict, "f");
        return {};
    }
    return std::get<Applied>(outcome);
}

std::string conflict_of(const std::string& text, const std::string& hunks, const PlaceOptions& options = {})
{
    const auto outcome = apply_hunks(text, parse_hunks(hunks), options);
    const auto* conflict = std::get_if<Conflict>(&outcome);
    return conflict ? describe(*conflict, "f") : "applied";
}

constexpr const char* kMiddle = "@@ -9,7 +9,8 @@\n l9\n l10\n l11\n-l12\n+new\n+newer\n l13\n l14\n l15\n";

}  // namespace

// Oracle of all tests here: texts written by hand after patch(1) and git-apply(1).
TEST(HunkPlacement, TakesTheStatedLine)
{
    const Applied applied = apply_text(lines(20), kMiddle);
    EXPECT_EQ(applied.text, lines(11) + "new\nnewer\n" + lines(20).substr(lines(12).size()));
    ASSERT_EQ(applied.placements.size(), 1U);
    EXPECT_EQ(applied.placements[0].line, 9U);
    EXPECT_EQ(applied.placements[0].offset_lines, 0);
    EXPECT_EQ(applied.placements[0].fuzz_lines, 0U);
}

TEST(HunkPlacement, SearchesBothWays)
{
    EXPECT_EQ(apply_text(lines(20, 3, "a\nb\n"), kMiddle).placements[0].offset_lines, 2);
    EXPECT_EQ(apply_text(lines(20).substr(9), kMiddle).placements[0].offset_lines, -3);
}

TEST(HunkPlacement, CarriesTheOffsetToTheNextHunk)
{
    // The second hunk fits at its stated line 30 and at 33; the first has moved by 3, so 33 it is.
    const std::string middle = "x\ny\nz\n";
    const std::string text = "a\nb\nc\n" + lines(8) + repeated("-\n", 18) + middle + middle + "end\n";
    const Applied applied =
        apply_text(text, "@@ -2,5 +2,5 @@\n l2\n l3\n-l4\n+L4\n l5\n l6\n@@ -30,3 +30,3 @@\n x\n-y\n+Y\n z\n");
    EXPECT_EQ(applied.placements[0].offset_lines, 3);
    EXPECT_EQ(applied.placements[1].line, 33U);
    EXPECT_EQ(applied.placements[1].offset_lines, 3);
}

TEST(HunkPlacement, RefusesTwoEqualMatches)
{
    EXPECT_EQ(apply_text("x\ny\nz\n-\n-\nx\ny\nz\n", "@@ -4,3 +4,3 @@\n x\n-y\n+Y\n z\n").placements[0].line, 6U);
    EXPECT_EQ(conflict_of("x\ny\nz\n-\n-\n-\nx\ny\nz\n", "@@ -4,3 +4,3 @@\n x\n-y\n+Y\n z\n"),
              "hunk 1 of 'f' at line 4: it fits equally well at lines 1 and 7");
}

TEST(HunkPlacement, UsesNoLineTwice)
{
    const std::string hunk = " x\n-y\n+y\n+n\n z\n";
    EXPECT_EQ(conflict_of("x\ny\nz\n", "@@ -1,3 +1,4 @@\n" + hunk + "@@ -11,3 +12,4 @@\n" + hunk),
              "hunk 2 of 'f' at line 11: expected 'x', found the end of the file (first differing line 4)");
    EXPECT_EQ(conflict_of("w\nx\ny\nz\n", "@@ -2,3 +2,4 @@\n" + hunk + "@@ -11,3 +12,3 @@\n w\n-x\n+X\n y\n"),
              "hunk 2 of 'f' at line 11: it needs line 2, which an earlier hunk has taken");
    EXPECT_EQ(apply_text("x\ny\nz\nx\ny\nz\n", "@@ -1,3 +1,4 @@\n" + hunk + "@@ -11,3 +12,4 @@\n" + hunk).text,
              "x\ny\nn\nz\nx\ny\nn\nz\n");
}

TEST(HunkPlacement, FollowsCodeThatMovedAboveAnEarlierHunk)
{
    const std::string text = "p\nq\nr\n" + lines(6);
    EXPECT_EQ(apply_text(text, "@@ -2,3 +2,3 @@\n l2\n-l3\n+L3\n l4\n@@ -7,3 +7,3 @@\n p\n-q\n+Q\n r\n").text,
              "p\nQ\nr\nl1\nl2\nL3\nl4\nl5\nl6\n");
}

TEST(HunkPlacement, KeepsAHunkAtTheEndOfTheText)
{
    const std::string hunk = "@@ -18,3 +18,4 @@\n l18\n l19\n l20\n+l21\n";
    EXPECT_EQ(apply_text(lines(20), hunk).text, lines(21));
    EXPECT_EQ(apply_text(lines(20, 2, "x\n"), hunk).placements[0].offset_lines, 1);
    EXPECT_EQ(conflict_of(lines(20) + "more\n", hunk),
              "hunk 1 of 'f' at line 18: expected the end of the file, found 'more' (first differing line 21)");
}

TEST(HunkPlacement, KeepsAHunkAtTheStartOfTheText)
{
    const std::string hunk = "@@ -1,3 +1,4 @@\n+l0\n l1\n l2\n l3\n";
    EXPECT_EQ(apply_text(lines(5), hunk).text, "l0\n" + lines(5));
    EXPECT_EQ(conflict_of("more\n" + lines(5), hunk),
              "hunk 1 of 'f' at line 1: it belongs at the start of the file, but fits only at line 2");
    // With as much context before as after, the start of the text means nothing.
    EXPECT_EQ(apply_text("more\n" + lines(5), "@@ -1,3 +1,3 @@\n l1\n-l2\n+x\n l3\n").text,
              "more\nl1\nx\nl3\nl4\nl5\n");
}

TEST(HunkPlacement, ComparesTheMissingNewline)
{
    const std::string hunk = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n";
    EXPECT_EQ(apply_text("a\nb\n", hunk).text, "a\nc");
    EXPECT_EQ(conflict_of("a\nb", hunk),
              "hunk 1 of 'f' at line 1: expected 'b', found 'b' without a newline (first differing line 2)");
    EXPECT_EQ(conflict_of("a\nb\nmore\n", hunk),
              "hunk 1 of 'f' at line 1: expected the end of the file, found 'more' (first differing line 3)");
    EXPECT_EQ(apply_text("a\nb", "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n").text, "a\nb\nc\n");
    EXPECT_EQ(conflict_of("a", "@@ -1,0 +2 @@\n+b\n"), "hunk 1 of 'f' at line 1: the file ends before line 2");
}

TEST(HunkPlacement, PutsInsertionsWithoutContextAtTheirLine)
{
    EXPECT_EQ(apply_text("a\nb\n", "@@ -1,0 +2 @@\n+x\n").text, "a\nx\nb\n");
    EXPECT_EQ(apply_text("a\nb\n", "@@ -0,0 +1 @@\n+x\n").text, "x\na\nb\n");
    EXPECT_EQ(apply_text("", "@@ -0,0 +1,2 @@\n+x\n+y\n").text, "x\ny\n");
    EXPECT_EQ(conflict_of("a\n", "@@ -7,0 +8 @@\n+x\n"), "hunk 1 of 'f' at line 7: the file ends before line 8");
    // An insertion right before the lines of the hunk placed before it, by offset.
    EXPECT_EQ(apply_text("a\nb\nc\n", "@@ -1 +1 @@\n-a\n+A\n@@ -1,0 +2 @@\n+x\n").text, "A\nx\nb\nc\n");
}

TEST(HunkPlacement, KeepsCarriageReturns)
{
    EXPECT_EQ(apply_text("a\r\nb\r\nc\r\n", "@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\r\n").text, "a\r\nB\r\nc\r\n");
    EXPECT_EQ(conflict_of("a\nb\nc\n", "@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\r\n"),
              "hunk 1 of 'f' at line 1: expected 'a\\r', found 'a' (first differing line 1)");
}

TEST(HunkPlacement, IgnoresContextOnlyWhenAllowed)
{
    std::string text = lines(20);
    text.replace(text.find("l9\n"), 3, "changed\n");
    text.replace(text.find("l15\n"), 4, "changed too\n");
    EXPECT_EQ(conflict_of(text, kMiddle),
              "hunk 1 of 'f' at line 9: expected 'l9', found 'changed' (first differing line 9)");
    const Applied applied = apply_text(text, kMiddle, {.fuzz = 1});
    EXPECT_EQ(applied.placements[0].fuzz_lines, 1U);
    EXPECT_EQ(applied.placements[0].line, 10U);
    EXPECT_EQ(applied.placements[0].offset_lines, 0);
    EXPECT_NE(applied.text.find("changed\nl10\nl11\nnew\nnewer\nl13\nl14\nchanged too\n"), std::string::npos);
    text.replace(text.find("l12\n"), 4, "not l12\n");
    EXPECT_NE(conflict_of(text, kMiddle, {.fuzz = 3}), "applied") << "fuzz never covers a removed line";
}

TEST(HunkPlacement, ObeysTheLimitOfOffsets)
{
    const std::string text = lines(20, 1, "1\n2\n3\n4\n");
    EXPECT_EQ(apply_text(text, kMiddle, {.max_offset = 4}).placements[0].offset_lines, 4);
    EXPECT_EQ(conflict_of(text, kMiddle, {.max_offset = 3}),
              "hunk 1 of 'f' at line 9: it fits only at line 13, which is too far away");
}

TEST(HunkPlacement, NamesTheFirstLineThatDiffersAtTheNearestPlace)
{
    std::string text = lines(20, 1, "a\nb\n");
    text.replace(text.find("l12\n"), 4, "l12 changed upstream\n");
    EXPECT_EQ(conflict_of(text, kMiddle),
              "hunk 1 of 'f' at line 9: expected 'l12', found 'l12 changed upstream' (first differing line 14)");
    EXPECT_EQ(conflict_of(lines(13), kMiddle),
              "hunk 1 of 'f' at line 9: expected 'l14', found the end of the file (first differing line 14)");
    EXPECT_EQ(conflict_of("", kMiddle),
              "hunk 1 of 'f' at line 9: expected 'l9', found the end of the file (first differing line 1)");
    // One line in common 500 lines away counts for nothing beside two nearby.
    EXPECT_EQ(conflict_of(lines(10) + "other\n" + repeated("-\n", 500) + "l9\nl10\nl11\n-\n", kMiddle),
              "hunk 1 of 'f' at line 9: expected 'l11', found 'other' (first differing line 11)");
}

TEST(HunkPlacement, RefusesBinaryChanges)
{
    FilePatch change;
    change.binary = true;
    const auto outcome = apply_hunks("x", change);
    ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
    EXPECT_EQ(describe(std::get<Conflict>(outcome), "f"), "'f': it is a binary change, which cannot be applied");
}

TEST(HunkPlacement, SearchesTheWholeTextWhateverLineIsStated)
{
    const auto before = std::chrono::steady_clock::now();
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(apply_text("a\nx\ny\nz\nb\n", "@@ -1000000000,3 +1000000000,3 @@\n x\n-y\n+Y\n z\n").text,
                  "a\nx\nY\nz\nb\n");
        EXPECT_EQ(conflict_of("a\nx\ny\nb\n", "@@ -1000000000,3 +1000000000,3 @@\n x\n-y\n+Y\n z\n"),
                  "hunk 1 of 'f' at line 1000000000: expected 'z', found 'b' (first differing line 4)");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

TEST(HunkPlacement, StaysLinearOnATextOfEqualLines)
{
    // A quadratic search would need minutes: 100000 places times 40000 lines that all match but the last.
    const std::string text = repeated("\n", 100'000) + "end\n";
    const std::string hunk = "@@ -50,40002 +50,40002 @@\n" + repeated(" \n", 40'000) + "-x\n+y\n \n";
    const auto before = std::chrono::steady_clock::now();
    EXPECT_NE(conflict_of(text, hunk), "applied");
    const std::string anchored = "@@ -50,40000 +50,40001 @@\n" + repeated(" \n", 40'000) + "+y\n";
    EXPECT_NE(conflict_of(text, anchored), "applied");
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
}
