// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/threeway.h"

#include <gtest/gtest.h>

#include "base/file.h"

#include "patch/parse.h"
#include "series/hunks.h"
#include "series/marked.h"

using namespace rogate;
using namespace rogate::series;

namespace {

using Lines = std::vector<std::string>;

Lines numbered(int count)
{
    Lines lines;
    for (int i = 1; i <= count; ++i) {
        lines.push_back("line " + std::to_string(i));
    }
    return lines;
}

std::string text_of(const Lines& lines)
{
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

/// The change that makes one text of another.
patch::FilePatch change_of(const std::string& before, const std::string& after)
{
    const auto diff = "--- a/f.c\n+++ b/f.c\n" + *print_hunks(before, after);
    return patch::parse_diff(std::make_shared<const std::string>(diff))->at(0);
}

/// Lines 20 and 60 of 80 changed.
class ThreeWay : public testing::Test {
protected:
    ThreeWay() : base_(numbered(80)), made_(base_)
    {
        made_[19] = "patched 20";
        made_[59] = "patched 60";
        before_ = text_of(base_);
        after_ = text_of(made_);
        change_ = change_of(before_, after_);
    }

    [[nodiscard]] std::vector<Step> steps() const { return {{before_, after_}}; }

    /// The outcome, which must be told by one of the two functions as apply, merge and the others are tried in turn.
    CarriedText carry(const Lines& upstream, const std::vector<Step>& steps, const Resolutions& resolutions = {}, unsigned fuzz = 0)
    {
        const std::string text = text_of(upstream);
        if (auto plain = carry_plainly(text, change_)) {
            return *std::move(plain);
        }
        auto merged = carry_by_merge(text, change_, steps, resolutions, fuzz);
        EXPECT_TRUE(merged) << merged.error().text;
        return *std::move(merged);
    }

    Lines base_, made_;
    std::string before_, after_;
    patch::FilePatch change_;
};

std::vector<Outcome> outcomes(const CarriedText& carried)
{
    std::vector<Outcome> all;
    for (const HunkOutcome& hunk : carried.outcome.hunks) {
        all.push_back(hunk.outcome);
    }
    return all;
}

}  // namespace

TEST_F(ThreeWay, TellsExactFromMoved)
{
    Lines upstream = base_;
    const CarriedText same = carry(upstream, {});
    EXPECT_EQ(outcomes(same), (std::vector{Outcome::exact, Outcome::exact}));
    EXPECT_EQ(same.text, after_);
    upstream.insert(upstream.begin() + 40, {"a", "b"});
    const CarriedText moved = carry(upstream, {});
    EXPECT_EQ(outcomes(moved), (std::vector{Outcome::exact, Outcome::offset}));
    EXPECT_EQ(moved.outcome.hunks[1].offset_lines, 2);
    EXPECT_EQ(moved.outcome.outcome, Outcome::offset);
}

TEST_F(ThreeWay, KnowsWhatUpstreamHas)
{
    const CarriedText all = carry(made_, {});
    EXPECT_EQ(all.outcome.outcome, Outcome::upstream);
    EXPECT_EQ(all.text, after_);
    Lines half = base_;
    half[19] = "patched 20";
    const CarriedText part = carry(half, {});
    EXPECT_EQ(outcomes(part), (std::vector{Outcome::upstream, Outcome::exact}));
    EXPECT_EQ(part.outcome.outcome, Outcome::upstream);
    EXPECT_EQ(part.text, after_);
    // The same by a merge, with another change in the context so that nothing else works.
    half[57] = "near 58";
    const CarriedText merged = carry(half, steps());
    EXPECT_EQ(outcomes(merged), (std::vector{Outcome::upstream, Outcome::three_way}));
}

TEST_F(ThreeWay, MergesAChangeOfTheContext)
{
    Lines upstream = base_;
    upstream[16] = "near 17";
    Lines wanted = made_;
    wanted[16] = "near 17";
    const CarriedText merged = carry(upstream, steps());
    EXPECT_EQ(outcomes(merged), (std::vector{Outcome::three_way, Outcome::exact}));
    EXPECT_EQ(merged.text, text_of(wanted));
    const CarriedText alone = carry(upstream, {});
    EXPECT_EQ(outcomes(alone), (std::vector{Outcome::conflict, Outcome::exact})) << "without an ancestor there is nothing to merge with";
    const CarriedText fuzzy = carry(upstream, {}, {}, 1);
    EXPECT_EQ(fuzzy.outcome.outcome, Outcome::fuzz);
    EXPECT_EQ(fuzzy.text, text_of(wanted));
}

TEST_F(ThreeWay, LeavesOnlyTheDisputedHunkOut)
{
    Lines upstream = base_;
    upstream[19] = "upstream 20";
    upstream[57] = "near 58";
    Lines wanted = upstream;
    wanted[59] = "patched 60";
    const CarriedText conflict = carry(upstream, steps());
    EXPECT_EQ(outcomes(conflict), (std::vector{Outcome::conflict, Outcome::three_way}));
    EXPECT_EQ(conflict.outcome.outcome, Outcome::conflict);
    EXPECT_EQ(conflict.text, text_of(wanted));
    EXPECT_NE(conflict.outcome.hunks[0].why.find("expected 'line 20', found 'upstream 20'"), std::string::npos) << conflict.outcome.hunks[0].why;
    ASSERT_TRUE(conflict.outcome.marked);
    EXPECT_EQ(conflict.outcome.marked->regions, (std::vector<Region>{{"upstream 20\n", "line 20\n", "patched 20\n"}}));
}

TEST_F(ThreeWay, NeverGuessesBetweenTwoPlaces)
{
    // The block of the hunk stands twice, 30 lines before and 30 lines behind its stated place.
    Lines block(made_.begin() + 16, made_.begin() + 23);
    Lines old_block(base_.begin() + 16, base_.begin() + 23);
    Lines upstream = numbered(80);
    for (int i = 0; i < 7; ++i) {
        upstream[static_cast<size_t>(16 + i)] = "other " + std::to_string(i);
        upstream[static_cast<size_t>(6 + i)] = old_block[static_cast<size_t>(i)];
        upstream[static_cast<size_t>(26 + i)] = old_block[static_cast<size_t>(i)];
    }
    const CarriedText carried = carry(upstream, {});
    EXPECT_EQ(outcomes(carried)[0], Outcome::conflict);
    EXPECT_NE(carried.outcome.hunks[0].why.find("equally well at lines 7 and 27"), std::string::npos) << carried.outcome.hunks[0].why;
    EXPECT_EQ(carried.text.find("patched 20"), std::string::npos);
}

TEST_F(ThreeWay, UsesAResolutionForTheSameRegionOnly)
{
    const auto folder = TempDir::make("/tmp", "rogate-resolutions-");
    ASSERT_TRUE(folder);
    std::filesystem::create_directory(folder->path() / "resolutions");
    const Resolution known{"a note", {"upstream 20\n", "line 20\n", "patched 20\n"}, "both 20\n"};
    ASSERT_TRUE(write_file(folder->path() / "resolutions" / Resolutions::file_name(known.region), print_resolution(known)));
    const auto resolutions = Resolutions::load(folder->path());
    ASSERT_TRUE(resolutions) << resolutions.error().text;
    ASSERT_EQ(resolutions->size(), 1U);
    Lines upstream = base_;
    upstream[19] = "upstream 20";
    Lines wanted = made_;
    wanted[19] = "both 20";
    const CarriedText resolved = carry(upstream, steps(), *resolutions);
    EXPECT_EQ(outcomes(resolved), (std::vector{Outcome::resolved, Outcome::exact}));
    EXPECT_EQ(resolved.text, text_of(wanted));
    EXPECT_EQ(resolved.outcome.resolutions, (std::vector<std::string>{Resolutions::file_name(known.region)}));
    upstream[19] = "another 20";
    EXPECT_EQ(carry(upstream, steps(), *resolutions).outcome.outcome, Outcome::conflict);
}

TEST_F(ThreeWay, ShowsAConflictWithoutAnAncestor)
{
    Lines upstream = base_;
    upstream[19] = "upstream 20";
    const CarriedText conflict = carry(upstream, {});
    ASSERT_TRUE(conflict.outcome.marked);
    ASSERT_EQ(conflict.outcome.marked->regions.size(), 1U);
    EXPECT_NE(conflict.outcome.marked->regions[0].ours.find("upstream 20\n"), std::string::npos);
    EXPECT_NE(conflict.outcome.marked->regions[0].theirs.find("patched 20\n"), std::string::npos);
    // The hunk that has a place is in the text around the region.
    EXPECT_NE(conflict.outcome.marked->agreed.back().find("patched 60\n"), std::string::npos);
}

TEST(Marked, ReadsWhatItPrints)
{
    const Marked marked{{"a\n<<<<<<< not one\n", "b\n", ""}, {{"o\n", "", "t\n"}, {"", "x\n", "=======\n"}}};
    size_t size = 0;
    const std::string text = print_marked(marked, "0001-x.patch", size);
    EXPECT_EQ(size, 8U);
    const auto again = parse_marked(text, size);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->agreed, marked.agreed);
    EXPECT_EQ(again->regions, marked.regions);
    EXPECT_FALSE(parse_marked("<<<<<<< a\nno end\n"));
}

TEST(Marked, TakesEditsBetweenTheMarkersOnly)
{
    const Marked marked{{"head\n", "middle\n", "tail\n"}, {{"o\n", "a\n", "t\n"}, {"o2\n", "a2\n", "t2\n"}}};
    EXPECT_EQ(edited_regions(marked, "head\nnew\nline\nmiddle\ntail\n", 7), (std::vector<std::string>{"new\nline\n", ""}));
    EXPECT_FALSE(edited_regions(marked, "other head\nx\nmiddle\ny\ntail\n", 7));
    EXPECT_FALSE(edited_regions(marked, "head\nx\ntail\n", 7));
    size_t size = 0;
    EXPECT_FALSE(edited_regions(marked, print_marked(marked, "p", size), 7)) << "markers are left";
}

TEST(Resolution, IsATextThatReadsBack)
{
    const Resolution one{"first\nsecond", {"o\n", "", "t without end"}, "#|\\\nupstream:\n"};
    const auto again = parse_resolution(print_resolution(one), "r.txt");
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->note, one.note);
    EXPECT_EQ(again->region, one.region);
    EXPECT_EQ(again->resolved, one.resolved);
    const auto broken = parse_resolution("upstream:\n|o\nseries:\n", "r.txt");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(broken.error().text, "'r.txt' line 3: expected 'ancestor:'");
}
