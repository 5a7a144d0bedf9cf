// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/reference.h"

#include <cstring>
#include <set>

#include "image/layers.h"
#include "image/state.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using ReferenceTest = test::ImageTest;

TEST_F(ReferenceTest, FillsTheSectorsOfTheSheet)
{
    for (uint64_t lba = 0; lba < kReferenceSectors + 8; ++lba) {
        const bool filled = lba <= 511 || (lba >= 4080 && lba <= 4112) || (lba >= 8184 && lba <= 8200) ||
                            (lba >= 17120 && lba <= 17135);
        ASSERT_EQ(reference_is_filled(lba), filled) << lba;
        ASSERT_EQ(reference_sector(lba) != Sector{}, filled) << lba;
    }
}

TEST_F(ReferenceTest, NoTwoBlocksAreAlike)
{
    std::set<std::string> blocks;
    size_t count = 0;
    for (const SectorRange& range : reference_filled()) {
        for (uint64_t lba = range.first; lba < range.first + range.count; ++lba) {
            const Sector sector = reference_sector(lba);
            for (size_t at = 0; at < sector.size(); at += 16, ++count) {
                blocks.emplace(sector.begin() + at, sector.begin() + at + 16);
            }
        }
    }
    EXPECT_EQ(count, 578u * 32);
    EXPECT_EQ(blocks.size(), count);
}

TEST_F(ReferenceTest, BlockBytesAreAsDocumented)
{
    const Sector sector = reference_sector(8200);
    EXPECT_EQ(std::memcmp(sector.data() + 16 * 5, "rogate-R\x08\x20\0\0\0\0\x05R", 16), 0);
}

TEST_F(ReferenceTest, FileIsSparseAndHoldsEverySector)
{
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    const std::string bytes = test::get_file(at("R.raw"));
    ASSERT_EQ(bytes.size(), 8773632u);
    for (uint64_t lba = 0; lba < kReferenceSectors; ++lba) {
        const Sector sector = reference_sector(lba);
        ASSERT_EQ(std::memcmp(bytes.data() + lba * 512, sector.data(), 512), 0) << lba;
    }
    EXPECT_LT(file_state(at("R.raw"))->blocks, 1000u) << "of 17136: holes are gone";
}

TEST_F(ReferenceTest, ExistingFileIsLeftAlone)
{
    test::put_file(at("R.raw"), "mine");
    auto written = write_reference(at("R.raw"));
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().text, "cannot make '" + at("R.raw").string() + "': File exists");
    EXPECT_EQ(test::get_file(at("R.raw")), "mine");
}

TEST_F(ReferenceTest, BaseIsStaleExactlyWhereTheOverlayHoldsTheSector)
{
    SectorList differing;
    for (uint64_t lba = 0; lba < kReferenceSectors; ++lba) {
        if (base_sector(lba) != reference_sector(lba)) {
            differing.add(lba, kReferenceSectors);
        }
    }
    EXPECT_EQ(differing.ranges, overlay_sectors());
    EXPECT_GT(differing.total, 200u);
    EXPECT_LT(differing.total, 400u) << "the base must hold its part of the content";
}

TEST_F(ReferenceTest, OverlayAlsoHoldsZerosOverData)
{
    EXPECT_EQ(reference_sector(1003), Sector{});
    EXPECT_NE(base_sector(1003), Sector{});
}

}  // namespace
}  // namespace rogate::image
