// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/rangediff.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

#include "series/apply.h"
#include "series/assignment.h"
#include "series/upstreamed.h"

using namespace rogate;
using namespace rogate::series;

namespace {

/// A patch of a file that adds `lines` behind its line `at`, of which it shows one line of context on each side.
std::string adding(const std::string& file, size_t at, const std::vector<std::string>& lines)
{
    std::string diff = "--- a/" + file + "\n+++ b/" + file + "\n@@ -" + std::to_string(at) + ",2 +" + std::to_string(at) + "," +
                       std::to_string(2 + lines.size()) + " @@\n line " + std::to_string(at) + "\n";
    for (const std::string& line : lines) {
        diff += "+" + line + "\n";
    }
    return diff + " line " + std::to_string(at + 1) + "\n";
}

VersionPatch version_patch(const std::string& subject, const std::string& diff)
{
    const std::string text = "From 0123456789abcdef0123456789abcdef01234567 x\nSubject: " + subject + "\n\n---\n" + diff;
    return {subject, "", *parse_patch(subject + ".patch", std::make_shared<const std::string>(text), 1, subject)};
}

std::string numbered_lines()
{
    std::string text;
    for (int i = 1; i <= 40; ++i) {
        text += "line " + std::to_string(i) + "\n";
    }
    return text;
}

/// "1=1 2!3 3<- ->4": numbers from 1.
std::string marks(const Version& before, const Version& after)
{
    const auto pairs = compare_versions(before, after);
    std::string text;
    for (const Pair& pair : pairs ? *pairs : std::vector<Pair>()) {
        text += text.empty() ? "" : " ";
        text += pair.before ? std::to_string(*pair.before + 1) : "-";
        text += !pair.before ? ">" : !pair.after ? "<" : pair.same_change && pair.same_message ? "=" : "!";
        text += pair.after ? std::to_string(*pair.after + 1) : "-";
    }
    return text;
}

}  // namespace

// Oracle: all permutations.
TEST(Assign, FindsTheSmallestSum)
{
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        const size_t size = 1 + static_cast<size_t>(round) % 6;
        std::vector<std::vector<int64_t>> costs(size, std::vector<int64_t>(size));
        for (auto& row : costs) {
            std::generate(row.begin(), row.end(), [&] { return static_cast<int64_t>(random() % 20); });
        }
        const auto sum = [&](const std::vector<size_t>& columns) {
            int64_t all = 0;
            for (size_t i = 0; i < size; ++i) {
                all += costs[i][columns[i]];
            }
            return all;
        };
        std::vector<size_t> order(size);
        std::iota(order.begin(), order.end(), 0);
        int64_t smallest = sum(order);
        do {
            smallest = std::min(smallest, sum(order));
        } while (std::next_permutation(order.begin(), order.end()));
        const std::vector<size_t> found = assign(costs);
        EXPECT_EQ(sum(found), smallest);
        EXPECT_TRUE(std::is_permutation(found.begin(), found.end(), order.begin()));
    }
    EXPECT_TRUE(assign({}).empty());
}

// Oracle of the tests below: versions written by hand.
TEST(CompareVersions, MatchesByChangeSubjectAndContent)
{
    const Version before{version_patch("a", adding("f", 3, {"one", "two", "three", "four", "five"})),
                         version_patch("b", adding("g", 3, {"1", "2", "3", "4", "5", "6"})),
                         version_patch("c", adding("h", 3, {"x"})), version_patch("d", adding("f", 20, {"gone"}))};
    const Version after{version_patch("c", adding("h", 9, {"x"})),  // has moved
                        version_patch("new name", adding("g", 3, {"1", "2", "3", "4", "5", "7"})),
                        version_patch("a", adding("f", 3, {"one", "two", "three", "four", "five"})),
                        version_patch("e", adding("k", 5, {"new"}))};
    EXPECT_EQ(marks(before, before), "1=1 2=2 3=3 4=4");
    EXPECT_EQ(marks(before, after), "3!1 2!2 1=3 ->4 4<-") << "the context of c has changed";
    EXPECT_EQ(marks({}, after), "->1 ->2 ->3 ->4");
    const auto pairs = compare_versions(before, after);
    ASSERT_TRUE(pairs);
    const std::vector<std::string>& diff = (*pairs)[1].diff;
    EXPECT_NE(std::find(diff.begin(), diff.end(), "-+6"), diff.end());
    EXPECT_NE(std::find(diff.begin(), diff.end(), "++7"), diff.end());
    EXPECT_NE(std::find(diff.begin(), diff.end(), "-    b"), diff.end());
}

TEST(FindUpstreamed, TellsWholePatchesFromHunks)
{
    const std::string two = adding("f", 3, {"p"}) + adding("g", 3, {"q"});
    Series series;
    for (const VersionPatch& one : {version_patch("same", adding("f", 30, {"s"})), version_patch("spread", two),
                                    version_patch("half", adding("f", 10, {"h"}) + adding("g", 20, {"never"})),
                                    version_patch("not", adding("f", 20, {"n"}))}) {
        series.patches.push_back(one.patch);
    }
    const Version upstream{version_patch("same, other words", adding("f", 30, {"s"})), version_patch("first", adding("f", 3, {"p"})),
                           version_patch("second", adding("g", 3, {"q"})), version_patch("third", adding("f", 10, {"h"}))};
    git::Tree tip{{"f", {git::kModeFile, std::make_shared<const std::string>(numbered_lines()), {}}},
                  {"g", {git::kModeFile, std::make_shared<const std::string>(numbered_lines()), {}}}};
    for (const VersionPatch& one : upstream) {
        auto applied = apply_patch(tip, one.patch);
        ASSERT_TRUE(std::holds_alternative<AppliedPatch>(applied));
        tip = std::get<AppliedPatch>(applied).tree;
    }
    const auto found = find_upstreamed(series, upstream, tip);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].how, Upstream::patch_id);
    EXPECT_EQ(found[0].commits, std::vector<std::string>{"0123456789ab same, other words"});
    EXPECT_EQ(found[1].how, Upstream::content);
    EXPECT_EQ(found[1].commits.size(), 2U);
    EXPECT_EQ(found[2].how, Upstream::partly);
    EXPECT_EQ(found[2].hunks_found, 1U);
    EXPECT_EQ(found[2].hunks, 2U);
    EXPECT_EQ(found[3].how, Upstream::none);
    EXPECT_TRUE(found[3].commits.empty());
}
