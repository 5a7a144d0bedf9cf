// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/invariant.h"

#include <gtest/gtest.h>

using namespace rogate;
using namespace rogate::series;

namespace {

std::string numbered(std::vector<std::pair<int, std::string>> changed)
{
    std::string text;
    for (int i = 1; i <= 40; ++i) {
        std::string line = "line " + std::to_string(i) + "\n";
        for (const auto& [number, other] : changed) {
            line = number == i ? other : line;
        }
        text += line;
    }
    return text;
}

}  // namespace

TEST(CheckCorners, HoldsWhenUpstreamsChangeIsInBoth)
{
    const auto left = check_corners({numbered({}), numbered({{10, "patched\n"}}), numbered({{20, "upstream\n"}, {30, ""}}),
                                     numbered({{10, "patched\n"}, {20, "upstream\n"}, {30, ""}})});
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty());
}

TEST(CheckCorners, NamesWhatWasLost)
{
    // The new tip has lost upstream's change of line 20, as a rebase by hand may do.
    const auto left = check_corners({numbered({}), numbered({{10, "patched\n"}}), numbered({{20, "upstream\n"}, {30, ""}}),
                                     numbered({{10, "patched\n"}, {30, ""}})});
    ASSERT_TRUE(left);
    ASSERT_EQ(left->size(), 1U);
    EXPECT_TRUE(left->front().in_bases);
    EXPECT_EQ(left->front().lines, (LineRange{19, 20}));
    EXPECT_EQ(left->front().added, "upstream\n");
}

TEST(CheckCorners, NamesWhatWasAdded)
{
    const auto left = check_corners({numbered({}), numbered({{10, "patched\n"}}), numbered({{20, "upstream\n"}}),
                                     numbered({{10, "patched\n"}, {20, "upstream\n"}, {35, "stray\n"}})});
    ASSERT_TRUE(left);
    ASSERT_EQ(left->size(), 1U);
    EXPECT_FALSE(left->front().in_bases);
    EXPECT_EQ(left->front().added, "stray\n");
}
