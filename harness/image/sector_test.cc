// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/sector.h"

#include <gtest/gtest.h>
#include <random>

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

TEST(SectorList, JoinsNeighboursAndCountsAll)
{
    SectorList list;
    list.add(3, 10);
    list.add(4, 10);
    list.add_run({6, 2}, 10);
    list.add_run({8, 1}, 10);
    EXPECT_EQ(list.ranges, (Ranges{{3, 2}, {6, 3}}));
    EXPECT_EQ(list.total, 5u);
    EXPECT_FALSE(list.truncated);
}

TEST(SectorList, IsCappedWithoutHidingAGap)
{
    SectorList list;
    for (const uint64_t lba : {1u, 3u, 5u, 6u, 4u}) {
        list.add(lba, 2);
    }
    EXPECT_EQ(list.ranges, (Ranges{{1, 1}, {3, 1}}));
    EXPECT_EQ(list.total, 5u);
    EXPECT_TRUE(list.truncated);
}

TEST(SectorRanges, TouchedSectorsAreRoundedOutwards)
{
    EXPECT_EQ(sectors_touched({{0, 1}, {511, 2}, {2048, 0}, {4095, 1}}), (Ranges{{0, 2}, {7, 1}}));
}

TEST(SectorRanges, ResizedSectorsStartInThePartlyFilledOne)
{
    EXPECT_EQ(resized_sectors(1000, 1000), (SectorRange{0, 0}));
    EXPECT_EQ(resized_sectors(1000, 2048), (SectorRange{1, 3}));
    EXPECT_EQ(resized_sectors(2049, 1024), (SectorRange{2, 3}));
}

// Oracle: sets as one flag per sector.
constexpr size_t kSectors = 64;
using Flags = std::vector<bool>;

Ranges from_flags(const Flags& flags)
{
    Ranges ranges;
    for (uint64_t lba = 0; lba < kSectors; ++lba) {
        if (flags[lba]) {
            append_joined(ranges, {lba, 1});
        }
    }
    return ranges;
}

Flags to_flags(const Ranges& ranges)
{
    Flags flags(kSectors);
    for (const SectorRange& range : ranges) {
        for (uint64_t i = 0; i < range.count; ++i) {
            flags.at(range.first + i) = true;
        }
    }
    return flags;
}

TEST(SectorRanges, UnionAndIntersectionAreThoseOfSets)
{
    std::mt19937 random(20080724);
    for (int round = 0; round < 500; ++round) {
        Flags a(kSectors), b(kSectors), either(kSectors), both(kSectors);
        const unsigned density = 1 + round % 7;
        for (size_t i = 0; i < kSectors; ++i) {
            a[i] = random() % density == 0;
            b[i] = random() % (8 - density) == 0;
            either[i] = a[i] || b[i];
            both[i] = a[i] && b[i];
        }
        ASSERT_EQ(to_flags(unite(from_flags(a), from_flags(b))), either) << "round " << round;
        ASSERT_EQ(to_flags(intersect(from_flags(a), from_flags(b))), both) << "round " << round;
    }
}

}  // namespace
}  // namespace rogate::image
