// SPDX-License-Identifier: GPL-2.0-or-later
// parallels images against the programs that read and check them.
#include "image/parallels_image.h"
#include "image/reference.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

class ParallelsImageTest : public test::ImageTest {
protected:
    ParallelsImageTest() { EXPECT_TRUE(write_reference(at("R.raw")).has_value()); }
    void make(const ParallelsLayout& layout)
    {
        std::filesystem::remove(at("disk.hds"));
        auto written = write_parallels(at("disk.hds"), layout, kReferenceSectors, reference_filled(), reference_sector);
        ASSERT_TRUE(written.has_value()) << written.error().text;
    }
    int exit_status(const std::vector<std::string>& argv)
    {
        auto output = test::spawn(argv);
        return output ? output->exit_status : -1;
    }
};

// Oracle: qemu-img, for content and structure.
TEST_F(ParallelsImageTest, QemuImgFindsNothingWrong)
{
    for (const ParallelsLayout& layout : {ParallelsLayout{}, ParallelsLayout{504, 0, 0}, ParallelsLayout{512, 512, 0},
                                          ParallelsLayout{2048, 2048, 0}, ParallelsLayout{7, 50, 0}}) {
        make(layout);
        EXPECT_EQ(test::output_of({"qemu-img", "compare", "-f", "parallels", "-F", "raw", at("disk.hds").string(),
                                   at("R.raw").string()}),
                  "Images are identical.\n")
            << layout.cluster_sectors;
        EXPECT_NE(test::output_of({"qemu-img", "check", "-f", "parallels", at("disk.hds").string()})
                      .find("No errors were found"),
                  std::string::npos);
    }
}

// Oracle: ploop, which shares no code with QEMU: 0 for a clean image, 37 for one that was not closed. `-r` modifies
// nothing; clusters must be powers of two and begin at one.
TEST_F(ParallelsImageTest, PloopFindsNothingWrong)
{
    make({2048, 2048, 0});
    EXPECT_EQ(exit_status({"/usr/sbin/ploop", "check", "-f", "-c", "-r", at("disk.hds").string()}), 0);
    make({2048, 2048, kParallelsInUse});
    EXPECT_EQ(exit_status({"/usr/sbin/ploop", "check", "-f", "-c", "-r", at("disk.hds").string()}), 37);
}

// Oracle: the bytes of the format sheet, a disk of one cluster of 63 sectors.
TEST_F(ParallelsImageTest, TheSmallImageOfTheSheet)
{
    const SectorRange all[] = {{0, 63}};
    ASSERT_TRUE(write_parallels(at("x"), {}, 63, all, reference_sector).has_value());
    std::string expected(512, '\0');
    expected.replace(0, 16, "WithoutFreeSpace");
    expected[16] = 2;
    expected[20] = 16;
    expected[24] = 1;
    expected[28] = 63;
    expected[32] = 1;
    expected[36] = 63;
    expected[64] = 1;
    const std::string image = test::get_file(at("x"));
    EXPECT_EQ(image.size(), 512u + 32256u);
    EXPECT_TRUE(image.substr(0, 512) == expected);
    EXPECT_TRUE(image.substr(512) == test::get_file(at("R.raw")).substr(0, 32256));
}

TEST_F(ParallelsImageTest, WhatCannotBeDescribedIsRefused)
{
    const SectorRange beyond[] = {{kReferenceSectors - 1, 2}};
    EXPECT_EQ(write_parallels(at("x"), {}, kReferenceSectors, beyond, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_parallels(at("x"), {}, 0, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_parallels(at("x"), {}, uint64_t{1} << 32, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_parallels(at("x"), {0, 0, 0}, 8, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_EQ(write_parallels(at("x"), {1, 1, 0}, 1000, {}, reference_sector).error().kind, ErrorKind::usage);
    EXPECT_FALSE(std::filesystem::exists(at("x")));
    EXPECT_FALSE(write_parallels(at("R.raw"), {}, 8, {}, reference_sector).has_value()) << "a file that exists";
}

}  // namespace
}  // namespace rogate::image
