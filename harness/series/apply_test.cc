// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "series/apply.h"

using namespace rogate;
using namespace rogate::series;

namespace {

git::Entry file(std::string content, uint32_t mode = git::kModeFile)
{
    return {mode, std::make_shared<const std::string>(std::move(content)), {}};
}

Series series_of(const std::vector<std::string>& diffs)
{
    Series series;
    for (const std::string& diff : diffs) {
        const std::string name = "000" + std::to_string(series.patches.size() + 1) + "-x.patch";
        auto patch = parse_patch(name, std::make_shared<const std::string>(diff), 1, name);
        EXPECT_TRUE(patch) << patch.error().text;
        series.patches.push_back(patch ? *std::move(patch) : Patch{});
    }
    return series;
}

/// Text and hint of the conflict that applying must end in; the base must be as it was.
std::string conflict_of(const git::Tree& base, const std::vector<std::string>& diffs)
{
    git::Tree before = base;
    for (auto& [path, entry] : before) {
        entry.content = std::make_shared<const std::string>(*entry.content);
    }
    const auto applied = apply_series(base, series_of(diffs));
    for (const auto& [path, entry] : before) {
        EXPECT_EQ(*base.at(path).content, *entry.content) << path;
    }
    if (applied) {
        return "applied";
    }
    EXPECT_EQ(applied.error().kind, ErrorKind::conflict);
    return applied.error().text + "\n" + applied.error().hint;
}

git::Tree tip_of(const git::Tree& base, const std::vector<std::string>& diffs)
{
    auto applied = apply_series(base, series_of(diffs));
    EXPECT_TRUE(applied) << applied.error().text;
    return applied ? applied->states.back() : git::Tree{};
}

std::string change(const std::string& path, const std::string& from, const std::string& to)
{
    return "--- a/" + path + "\n+++ b/" + path + "\n@@ -1 +1 @@\n-" + from + "\n+" + to + "\n";
}

std::string header(const std::string& from, const std::string& to, const std::string& lines)
{
    return "diff --git a/" + from + " b/" + to + "\n" + lines;
}

constexpr const char* kRefresh = "\nthe base has changed since the patch was made: refresh the patch";
constexpr const char* kDrop = "\nthe base seems to have this change already: drop it from the patch";

}  // namespace

// Oracle of all tests here: trees and texts written by hand; git-apply(1) for what each kind of change demands.
TEST(ApplySeries, GivesAStateForEachPatchAndSharesTheRest)
{
    const git::Tree base{{"f", file("a\n")}, {"g", file("x\n")}};
    const auto applied = apply_series(base, series_of({change("f", "a", "b"), change("f", "b", "c")}));
    ASSERT_TRUE(applied) << applied.error().text;
    ASSERT_EQ(applied->states.size(), 3U);
    EXPECT_EQ(*applied->states[0].at("f").content, "a\n");
    EXPECT_EQ(*applied->states[1].at("f").content, "b\n");
    EXPECT_EQ(*applied->states[2].at("f").content, "c\n");
    for (const git::Tree& state : applied->states) {
        EXPECT_EQ(state.at("g").content, base.at("g").content) << "the same object";
    }
    ASSERT_EQ(applied->patches.size(), 2U);
    EXPECT_EQ(applied->patches[0].at(0).path, "f");
    EXPECT_EQ(applied->patches[0].at(0).hunks.at(0).offset_lines, 0);
}

TEST(ApplySeries, ForgetsTheIdOfAChangedFile)
{
    git::Tree base{{"f", file("a\n")}};
    git::fill_ids(base);
    EXPECT_EQ(git::tree_id(tip_of(base, {change("f", "a", "b")}))->hex(), git::tree_id({{"f", file("b\n")}})->hex());
}

TEST(ApplySeries, CreatesRemovesRenamesCopiesAndChangesModes)
{
    const git::Tree base{{"gone", file("x\n")}, {"old", file("o\n", git::kModeExecutable)}, {"f", file("a\n")}};
    const git::Tree tip = tip_of(
        base, {header("new", "new", "new file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n") +
               header("empty", "empty", "new file mode 100644\nindex 0000000..e69de29\n") +
               header("gone", "gone", "deleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n") +
               header("old", "moved", "rename from old\nrename to moved\n") +
               header("f", "f", "old mode 100644\nnew mode 100755\n") + change("f", "a", "b") +
               header("f", "copy", "copy from f\ncopy to copy\n--- a/f\n+++ b/copy\n@@ -1 +1 @@\n-a\n+c\n")});
    std::vector<std::string> seen;
    for (const auto& [path, entry] : tip) {
        seen.push_back(path + " " + (entry.mode == git::kModeExecutable ? "x " : "- ") + *entry.content);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"copy - c\n", "empty - ", "f x b\n", "moved x o\n", "new x n\n"}));
}

TEST(ApplySeries, SwapsTwoFiles)
{
    const git::Tree tip =
        tip_of({{"a", file("A\n")}, {"b", file("B\n")}},
               {header("b", "a", "rename from b\nrename to a\n") + header("a", "b", "rename from a\nrename to b\n")});
    EXPECT_EQ(*tip.at("a").content, "B\n");
    EXPECT_EQ(*tip.at("b").content, "A\n");
}

TEST(ApplySeries, ReplacesAFileByALink)
{
    const git::Tree tip = tip_of(
        {{"f", file("a\n")}},
        {header("f", "f", "deleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n") +
         header("f", "f",
                "new file mode 120000\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+to\n\\ No newline at end of file\n")});
    EXPECT_EQ(tip.at("f").mode, git::kModeLink);
    EXPECT_EQ(*tip.at("f").content, "to");
}

TEST(ApplySeries, NamesPatchHunkFileAndLine)
{
    std::string text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    const std::string diff =
        "--- a/d/f\n+++ b/d/f\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n@@ -6,4 +6,4 @@\n 6\n 7\n-8\n+eight\n 9\n";
    text.replace(text.find('8'), 1, "8 changed");
    EXPECT_EQ(conflict_of({{"d/f", file(text)}, {"f", file("a\n")}}, {change("f", "a", "b"), diff}),
              "cannot apply '0002-x.patch': hunk 2 of 'd/f' at line 6: expected '8', found '8 changed' "
              "(first differing line 8)" +
                  std::string(kRefresh));
}

TEST(ApplySeries, KnowsAChangeThatIsThereAlready)
{
    EXPECT_EQ(conflict_of({{"f", file("b\n")}}, {change("f", "a", "b")}),
              "cannot apply '0001-x.patch': hunk 1 of 'f' at line 1: expected 'a', found 'b' (first differing line 1)" +
                  std::string(kDrop));
}

TEST(ApplySeries, RefusesAFileThatIsInTheWay)
{
    const std::string create = header("f", "f", "new file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+n\n");
    EXPECT_EQ(conflict_of({{"f", file("a\n")}}, {create}),
              "cannot apply '0001-x.patch': it creates 'f', which is there already" + std::string(kRefresh));
    EXPECT_EQ(conflict_of({{"f", file("n\n")}}, {create}),
              "cannot apply '0001-x.patch': it creates 'f', which is there already" + std::string(kDrop));
    EXPECT_EQ(conflict_of({{"f", file("a\n")}, {"g", file("b\n")}}, {header("g", "f", "rename from g\nrename to f\n")}),
              "cannot apply '0001-x.patch': it creates 'f', which is there already" + std::string(kRefresh));
}

TEST(ApplySeries, RefusesAFileThatIsMissing)
{
    EXPECT_EQ(conflict_of({}, {change("f", "a", "b")}),
              "cannot apply '0001-x.patch': it changes 'f', which is not there" + std::string(kRefresh));
    EXPECT_EQ(conflict_of({}, {header("f", "g", "rename from f\nrename to g\n")}),
              "cannot apply '0001-x.patch': it renames 'f', which is not there" + std::string(kRefresh));
    EXPECT_EQ(conflict_of({}, {"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"}),
              "cannot apply '0001-x.patch': it removes 'f', which is not there" + std::string(kDrop));
}

TEST(ApplySeries, RefusesToRemoveAFileWithOtherContent)
{
    const std::string remove = "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
    EXPECT_EQ(conflict_of({{"f", file("a\nb\n")}}, {remove}),
              "cannot apply '0001-x.patch': it removes 'f', which has more lines than the patch knows" +
                  std::string(kRefresh));
    EXPECT_EQ(conflict_of({{"f", file("b\n")}}, {remove}),
              "cannot apply '0001-x.patch': hunk 1 of 'f' at line 1: expected 'a', found 'b' (first differing line 1)" +
                  std::string(kRefresh));
}

TEST(ApplySeries, RefusesBinaryChangesAndEqualPlaces)
{
    EXPECT_EQ(
        conflict_of({{"f", file("a\n")}}, {header("f", "f", "index 1..2 100644\nBinary files a/f and b/f differ\n")}),
        "cannot apply '0001-x.patch': 'f': it is a binary change, which cannot be applied\n"
        "take the binary file out of the patch");
    EXPECT_EQ(conflict_of({{"f", file("x\ny\nz\n-\n-\n-\nx\ny\nz\n")}},
                          {"--- a/f\n+++ b/f\n@@ -4,3 +4,3 @@\n x\n-y\n+Y\n z\n"}),
              "cannot apply '0001-x.patch': hunk 1 of 'f' at line 4: it fits equally well at lines 1 and 7\n"
              "refresh the patch with more lines of context, so that one place is left");
}

TEST(ApplyPatch, SaysWhatConflictsAsAValue)
{
    const Series series = series_of({change("f", "a", "b")});
    const auto outcome = apply_patch({{"f", file("x\n")}}, series.patches[0]);
    const auto* conflict = std::get_if<PatchConflict>(&outcome);
    ASSERT_TRUE(conflict);
    EXPECT_EQ(conflict->path, "f");
    ASSERT_TRUE(conflict->hunk);
    EXPECT_EQ(conflict->hunk->reason, patch::Conflict::Reason::differs);
    EXPECT_EQ(conflict->hunk->found, "x\n");
    EXPECT_FALSE(conflict->already_applied);
}
