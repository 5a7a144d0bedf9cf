// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/touched.h"

#include <gtest/gtest.h>

using namespace rogate;
using namespace rogate::series;

TEST(MapBack, MovesWhatStandsBehindAnEdit)
{
    const std::vector<git::Edit> edits{{2, 0, 2, 3}, {10, 4, 13, 1}};  // 3 lines put in, then 4 made 1
    EXPECT_EQ(map_back(edits, {0, 2}), (LineRange{0, 2}));
    EXPECT_EQ(map_back(edits, {5, 6}), (LineRange{2, 3}));
    EXPECT_EQ(map_back(edits, {3, 4}), (LineRange{2, 2})) << "lines that are new were nowhere";
    EXPECT_EQ(map_back(edits, {13, 14}), (LineRange{10, 14}));
    EXPECT_EQ(map_back(edits, {20, 22}), (LineRange{20, 22}));
    EXPECT_EQ(map_back({{0, 2, 0, 4}}, {1, 2}), (LineRange{0, 2})) << "a part of what was changed comes from all of it";
}

TEST(Touches, SeesChangesAndRemovalsAtTheRange)
{
    EXPECT_TRUE(touches({{5, 1, 5, 1}}, {5, 6}));
    EXPECT_FALSE(touches({{5, 1, 5, 1}}, {6, 8}));
    EXPECT_FALSE(touches({{5, 1, 5, 1}}, {3, 5}));
    EXPECT_TRUE(touches({{5, 3, 5, 0}}, {5, 6})) << "lines removed right before it";
    EXPECT_TRUE(touches({{5, 3, 5, 0}}, {5, 5}));
    EXPECT_FALSE(touches({{5, 3, 5, 0}}, {7, 9}));
}
