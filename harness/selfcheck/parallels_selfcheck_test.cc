// SPDX-License-Identifier: GPL-2.0-or-later
// parallels: images made by image/parallels_image, which qemu-img and ploop accept, read by the in-tree driver.
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "image/parallels_image.h"
#include "read_only_disk.h"

namespace rogate::selfcheck
{
namespace
{

constexpr uint64_t kVersion = 16;
constexpr uint64_t kTracks = 28;
constexpr uint64_t kEntries = 32;
constexpr uint64_t kSectors = 36;
constexpr uint64_t kInUse = 44;
constexpr uint64_t kDataOffset = 48;
constexpr uint64_t kFlags = 52;
constexpr uint64_t kTable = 64;

class Parallels : public DiskTest
{
protected:
    void make(const image::ParallelsLayout& layout = {})
    {
        std::mt19937_64 random(kSeed);
        model_ = sparse_content(random, kReferenceSectors * SECTOR_SIZE);
        std::filesystem::remove(path("disk.hds"));
        auto written = image::write_parallels(path("disk.hds"), layout, kReferenceSectors, filled_sectors(model_),
                                              sectors_of(model_));
        ASSERT_TRUE(written.has_value()) << written.error().text;
    }

    Bytes model_;
};

/// The image of the format sheet: one cluster of 63 sectors.
Bytes sheet_image()
{
    Bytes image(512 + 32256);
    const auto put = [&](uint64_t at, const Bytes& bytes) {
        std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<ptrdiff_t>(at));
    };
    put(0, text_bytes("WithoutFreeSpace"));
    put(kVersion, little_endian(2, 4));
    put(20, little_endian(16, 4));
    put(24, little_endian(1, 4));
    put(kTracks, little_endian(63, 4));
    put(kEntries, little_endian(1, 4));
    put(kSectors, little_endian(63, 8));
    put(kTable, little_endian(1, 4));
    for (size_t i = 0; i < 32256; i++) {
        image[512 + i] = static_cast<uint8_t>(i / 512 + i);
    }
    return image;
}

// Oracle: the array that the image was made of.
TEST_F(Parallels, ReadsTheClustersInAnyOrder)
{
    make();
    read_at_random(path("disk.hds"), "parallels", model_);
}

// Oracles: qemu-img, and the array, for the cluster sizes that have been seen.
TEST_F(Parallels, AgreesWithQemuImg)
{
    for (const image::ParallelsLayout& layout :
         {image::ParallelsLayout{63, 0, 0}, image::ParallelsLayout{504, 0, 0}, image::ParallelsLayout{512, 512, 0},
          image::ParallelsLayout{2048, 2048, 0}, image::ParallelsLayout{1, 0, 0}}) {
        make(layout);
        Disk disk(path("disk.hds"), "");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_STREQ(bdrv_get_format(disk.get()), "parallels");
        EXPECT_TRUE(disk.content() == model_) << layout.cluster_sectors;
        write_bytes(path("ours.raw"), disk.content());
        run_ok({"qemu-img", "compare", "-f", "parallels", "-F", "raw", path("disk.hds"), path("ours.raw")});
    }
}

// Oracle: the sheet's bytes.
TEST_F(Parallels, ReadsTheImageOfTheSheet)
{
    Bytes image = sheet_image();
    write_bytes(path("x"), image);
    EXPECT_TRUE(Disk(path("x"), "").content() == Bytes(image.begin() + 512, image.end()));
    image[kTable] = 0;
    write_bytes(path("x"), image);
    EXPECT_EQ(Disk(path("x"), "parallels").content(), Bytes(32256)) << "an absent cluster";
    image[kFlags] = 1;
    write_bytes(path("x"), image);
    EXPECT_EQ(Disk(path("x"), "parallels").content(), Bytes(32256)) << "an image that calls itself empty";
}

TEST_F(Parallels, IsNeverWritten)
{
    make();
    expect_only_reads(path("disk.hds"), "parallels");
}

// Reading must neither need a clean image nor make it one.
TEST_F(Parallels, AnImageInUseIsReadAndStaysSo)
{
    make({63, 0, image::kParallelsInUse});
    expect_only_reads(path("disk.hds"), "parallels");
    EXPECT_TRUE(Disk(path("disk.hds"), "parallels").content() == model_);
    EXPECT_NE(run({"qemu-img", "check", "-f", "parallels", path("disk.hds")}).exit_status, 0);
}

// The fault that the unpatched tree must keep. Oracle: /proc/self/fd.
TEST_F(Parallels, IsOpenForWritingAndCallsItselfReadOnly)
{
    make();
    Disk disk(path("disk.hds"), "parallels");
    EXPECT_EQ(open_modes(path("disk.hds")), std::vector<int>{O_RDWR});
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 1);
}

// Oracle: the format sheet, also where it says that QEMU accepts.
TEST_F(Parallels, BrokenHeadersAreRefused)
{
    make();
    const auto le4 = [](uint64_t value) { return little_endian(value, 4); };
    const uint64_t end = std::filesystem::file_size(path("disk.hds")) / SECTOR_SIZE;
    const uint64_t data = (kTable + 4 * 272 + SECTOR_SIZE - 1) / SECTOR_SIZE;
    expect_refused(path("disk.hds"), "parallels",
                   {
                       {"magic", 0, text_bytes("without"), -EINVAL},
                       {"the newer magic", 0, text_bytes("WithouFreSpacExt"), -ENOTSUP},
                       {"version 3", kVersion, le4(3), -EINVAL},
                       {"tracks 0", kTracks, le4(0), -EINVAL},
                       {"tracks 0xffffffff", kTracks, le4(0xffffffff), -EINVAL},
                       {"tracks 262145", kTracks, le4(262145), -EINVAL},
                       {"tracks 62: too few entries", kTracks, le4(62), -EINVAL},
                       {"entries 0", kEntries, le4(0), -EINVAL},
                       {"entries 1 for 272 clusters", kEntries, le4(1), -EINVAL},
                       {"entries 271", kEntries, le4(271), -EINVAL},
                       {"entries 0x40000000", kEntries, le4(0x40000000), -EINVAL},
                       {"entries 0xffffffff", kEntries, le4(0xffffffff), -EINVAL},
                       {"size 0", kSectors, le4(0), -EINVAL},
                       {"size 0xffffffff", kSectors, le4(0xffffffff), -EINVAL},
                       {"high half of the size", kSectors + 4, le4(1), -EINVAL},
                       {"data offset in the table", kDataOffset, le4(data - 1), -EINVAL},
                       {"data offset 0xffffffff", kDataOffset, le4(0xffffffff), -EINVAL},
                       {"empty with clusters", kFlags, le4(1), -EINVAL},
                       {"cluster in the header", kTable, le4(data - 1), -EINVAL},
                       {"cluster beside its place", kTable, le4(data + 1), -EINVAL},
                       {"cluster at the end of the file", kTable, le4(data + (end - data) / 63 * 63), -EINVAL},
                       {"cluster 0xffffffff", kTable, le4(0xffffffff), -EINVAL},
                       {"not closed", kInUse, le4(image::kParallelsInUse), 0},
                   });
}

// A cluster that is not wholly in the file: what is there can be read, the rest is an error and no old memory.
TEST_F(Parallels, ACutOffClusterIsAnError)
{
    Bytes image = sheet_image();
    image.resize(512 + 10 * SECTOR_SIZE);
    write_bytes(path("x"), image);
    Disk disk(path("x"), "parallels");
    ASSERT_EQ(disk.status(), 0);
    Bytes data(10 * SECTOR_SIZE);
    EXPECT_EQ(disk.read(0, data), 0);
    EXPECT_EQ(disk.read(1, data), -EIO);
}

TEST_F(Parallels, CutOffImagesAreRefused)
{
    make();
    for (const char* bytes : {"1536", "1151", "64", "63", "16", "0"}) {
        run_ok({"truncate", "-s", bytes, path("disk.hds")});
        EXPECT_LT(Disk(path("disk.hds"), "parallels").status(), 0) << bytes;
    }
}

// Oracle: the sanitizers.
TEST_F(Parallels, DamagedImagesNeverCrash)
{
    write_bytes(path("x"), sheet_image());
    EXPECT_GT(read_damaged(path("x"), "parallels", {{16, 52}}, 3000), 100);
}

}  // namespace
}  // namespace rogate::selfcheck
