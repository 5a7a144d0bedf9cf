// SPDX-License-Identifier: GPL-2.0-or-later
// dmg images against the programs that read them.
#include "image/dmg_image.h"
#include "image/reference.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

class DmgImageTest : public test::ImageTest {
protected:
    DmgImageTest() { EXPECT_TRUE(write_reference(at("R.raw")).has_value()); }
    void make(const DmgLayout& layout)
    {
        std::filesystem::remove(at("disk.dmg"));
        auto written = write_dmg(at("disk.dmg"), layout, kReferenceSectors, reference_filled(), reference_sector);
        ASSERT_TRUE(written.has_value()) << written.error().text;
    }
};

// Oracle: 7z, which checks the sums of the data, of each table and of them all; its status 1 would be a warning.
TEST_F(DmgImageTest, SevenZipFindsNothingWrong)
{
    for (const uint64_t tables : {1, 3}) {
        make({.tables = tables});
        test::output_of({"7z", "t", "-bd", "-tDmg", at("disk.dmg").string()});
        const std::string content = test::output_of({"7z", "x", "-so", at("disk.dmg").string()});
        EXPECT_TRUE(content == test::get_file(at("R.raw"))) << tables;
    }
}

// Oracle: dmg2img, which takes the tables from either place.
TEST_F(DmgImageTest, Dmg2imgReadsEitherPlaceOfTheTables)
{
    for (const DmgLayout& layout : {DmgLayout{}, DmgLayout{.plist = false}, DmgLayout{.resource_fork = false},
                                    DmgLayout{.tables = 4, .chunk_sectors = 63}}) {
        make(layout);
        std::filesystem::remove(at("out.raw"));
        test::output_of({"dmg2img", "-s", at("disk.dmg").string(), at("out.raw").string()});
        EXPECT_TRUE(test::get_file(at("out.raw")) == test::get_file(at("R.raw")));
    }
}

// Oracle: qemu-img, which lacks bzip2 here.
TEST_F(DmgImageTest, QemuImgReadsItWithoutBzip2)
{
    for (const DmgLayout& layout : {DmgLayout{.bzip2 = false}, DmgLayout{.plist = false, .bzip2 = false},
                                    DmgLayout{.resource_fork = false, .bzip2 = false, .tables = 3}}) {
        make(layout);
        EXPECT_EQ(test::output_of(
                      {"qemu-img", "compare", "-f", "dmg", "-F", "raw", at("disk.dmg").string(), at("R.raw").string()}),
                  "Images are identical.\n");
    }
}

TEST_F(DmgImageTest, WhatCannotBeDescribedIsRefused)
{
    const SectorRange beyond[] = {{kReferenceSectors, 1}};
    EXPECT_EQ(write_dmg(at("x"), {}, kReferenceSectors, beyond, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_dmg(at("x"), {}, 0, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_dmg(at("x"), {.chunk_sectors = 0}, 8, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_dmg(at("x"), {.tables = 9}, 8, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_dmg(at("x"), {.plist = false, .resource_fork = false}, 8, {}, reference_sector).error().kind,
              ErrorKind::usage);
    EXPECT_FALSE(std::filesystem::exists(at("x")));
    EXPECT_FALSE(write_dmg(at("R.raw"), {}, 8, {}, reference_sector).has_value()) << "a file that exists";
}

}  // namespace
}  // namespace rogate::image
