// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/merge.h"

#include <gtest/gtest.h>
#include <random>

#include "base/file.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::git;

namespace {

using Lines = std::vector<std::string>;

std::string text_of(const Lines& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

Lines numbered(int count)
{
    Lines lines;
    for (int i = 0; i < count; ++i) {
        lines.push_back("line " + std::to_string(i));
    }
    return lines;
}

}  // namespace

TEST(MergeText, TakesBothSidesChanges)
{
    Lines ours = numbered(20);
    ours[2] = "ours";
    Lines theirs = numbered(20);
    theirs[15] = "theirs";
    const auto merged = merge_text(text_of(numbered(20)), text_of(ours), text_of(theirs));
    ASSERT_TRUE(merged);
    ours[15] = "theirs";
    EXPECT_TRUE(merged->clean);
    EXPECT_EQ(merged->text, text_of(ours));
}

TEST(MergeText, MarksAConflictWithLongerMarkersThanTheTextHas)
{
    Lines base = numbered(9);
    base[0] = "=========";  // nine
    Lines ours = base;
    Lines theirs = base;
    ours[5] = "ours";
    theirs[5] = "theirs";
    const auto merged = merge_text(text_of(base), text_of(ours), text_of(theirs), {"A", "O", "T"});
    ASSERT_TRUE(merged);
    EXPECT_FALSE(merged->clean);
    EXPECT_EQ(merged->marker_size, 10U);
    EXPECT_NE(merged->text.find("<<<<<<<<<< O\nours\n|||||||||| A\nline 5\n==========\ntheirs\n>>>>>>>>>> T\n"),
              std::string::npos)
        << merged->text;
}

TEST(MergeText, RefusesBinaryTexts)
{
    const auto merged = merge_text(std::string_view("a\0b", 3), "a", "b");
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().kind, ErrorKind::conflict);
}

TEST(DiffLines, NamesTheLineBehindAGap)
{
    const auto edits = diff_lines("a\nb\nc\n", "a\nc\nd\n");
    ASSERT_TRUE(edits);
    EXPECT_EQ(*edits, (std::vector<Edit>{{1, 1, 1, 0}, {3, 0, 2, 1}}));
    EXPECT_EQ(*diff_lines("", "a\n"), (std::vector<Edit>{{0, 0, 0, 1}}));
    EXPECT_EQ(*diff_lines("a\n", ""), (std::vector<Edit>{{0, 1, 0, 0}}));
    EXPECT_TRUE(diff_lines("same\n", "same\n")->empty());
    EXPECT_EQ(*diff_lines("a\nb", "a\nb\n"), (std::vector<Edit>{{1, 1, 1, 1}}));  // the last line's end counts
}

// Oracle: git merge-file, on random changes of both sides; clean or not, and the text when clean.
TEST(MergeOracle, AgreesWithGitMergeFile)
{
    const auto folder = TempDir::make("/tmp", "rogate-merge-");
    ASSERT_TRUE(folder);
    std::mt19937 random(7);
    const auto change = [&](Lines lines) {
        for (int i = 0; i < 3; ++i) {
            const size_t at = random() % lines.size();
            if (random() % 3 == 0) {
                lines.erase(lines.begin() + static_cast<ptrdiff_t>(at));
            } else {
                lines.insert(lines.begin() + static_cast<ptrdiff_t>(at), random() % 2 == 0 ? "}" : "new " + std::to_string(random() % 3));
            }
        }
        return text_of(lines);
    };
    int clean = 0;
    constexpr int kRounds = 60;
    for (int round = 0; round < kRounds; ++round) {
        const std::string base = text_of(numbered(25));
        const std::string ours = change(numbered(25));
        const std::string theirs = change(numbered(25));
        ASSERT_TRUE(write_file(folder->path() / "base", base));
        ASSERT_TRUE(write_file(folder->path() / "ours", ours));
        ASSERT_TRUE(write_file(folder->path() / "theirs", theirs));
        const auto git = process::run({.argv = {"git", "merge-file", "-p", "-q", "ours", "base", "theirs"},
                                       .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}},
                                       .folder = folder->path()});
        ASSERT_TRUE(git) << git.error().text;
        const auto merged = merge_text(base, ours, theirs);
        ASSERT_TRUE(merged);
        EXPECT_EQ(merged->clean, git->ok()) << "round " << round;
        if (git->ok()) {
            EXPECT_EQ(merged->text, git->out) << "round " << round;
            ++clean;
        }
    }
    EXPECT_GT(clean, 5);
    EXPECT_LT(clean, kRounds - 5);
}
