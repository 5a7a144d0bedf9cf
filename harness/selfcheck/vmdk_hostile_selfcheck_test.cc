// SPDX-License-Identifier: GPL-2.0-or-later
// vmdk extents that break their format.
#include <cerrno>

#include "vmdk_fixture.h"

namespace rogate::selfcheck {
namespace {

/// Where a new image of this size has its tables: bytes.
constexpr uint64_t kCopyTableAt = 22 * SECTOR_SIZE;
constexpr uint64_t kTableAt = 27 * SECTOR_SIZE;

using VmdkHostile = VmdkTest;

/// Oracle: the refusals and checks that formats/vmdk lists.
TEST_F(VmdkHostile, HeadersAreRefused)
{
    const struct {
        const char* what;
        int64_t offset;
        uint64_t value;
        int width;
    } changes[] = {
        {"magic", 0, 0x564d444c, 4},
        {"version 0", 4, 0, 4},
        {"version 4", 4, 4, 4},
        {"compressed", 8, 0x10003, 4},
        {"markers", 8, 0x20003, 4},
        {"deflate", 77, 1, 2},
        {"newline bytes", 73, 0x0d0a2020, 4},
        {"capacity less than the extent line", 12, 17135, 8},
        {"capacity 2^63", 12, UINT64_C(1) << 63, 8},
        {"capacity 2^32 + 1", 12, 0x100000001, 8},
        {"grain 0", 20, 0, 8},
        {"grain 8", 20, 8, 8},
        {"grain no power of two", 20, 129, 8},
        {"grain 0x7fffffff", 20, 0x7fffffff, 8},
        {"grain 2^63", 20, UINT64_C(1) << 63, 8},
        {"descriptor beyond the file", 28, 5000, 8},
        {"descriptor length 2^60", 36, UINT64_C(1) << 60, 8},
        {"descriptor over the directory", 36, 26, 8},
        {"0 entries", 44, 0, 4},
        {"513 entries", 44, 513, 4},
        {"directory 0", 56, 0, 8},
        {"directory in the descriptor", 56, 5, 8},
        {"directory beyond the file", 56, 99999, 8},
        {"directory in a footer", 56, UINT64_MAX, 8},
        {"overhead 2^40", 64, UINT64_C(1) << 40, 8},
        {"table beyond the file", 26 * SECTOR_SIZE, 99999, 4},
        {"table in the header", 26 * SECTOR_SIZE, 1, 4},
        {"table in the directory", 26 * SECTOR_SIZE, 24, 4},
    };
    for (const auto& change : changes) {
        expect_refused(change.what, change.offset, little_endian(change.value, change.width));
    }
}

TEST_F(VmdkHostile, CowdHeadersAreRefused)
{
    const struct {
        const char* what;
        int64_t offset;
        uint64_t value;
    } changes[] = {
        {"version 2", 4, 2},
        {"a child without a descriptor", 8, 2},
        {"capacity 0", 12, 0},
        {"capacity beyond the tables", 12, 16385},
        {"grain 0", 16, 0},
        {"grain 3", 16, 3},
        {"grain 2^31", 16, UINT64_C(1) << 31},
        {"directory in the header", 20, 3},
        {"directory beyond the file", 20, 0xffffffff},
        {"3 tables", 24, 3},
        {"table in the header", 2048, 3},
        {"table in the directory", 2048, 4},
        {"table beyond the file", 2048, 0xffffff00},
        {"table twice", 2048, 37},
    };
    for (const auto& change : changes) {
        std::filesystem::remove(path("cowd"));
        ASSERT_TRUE(image::write_cowd(path("cowd"), image::CowdVersion::esx, 16384, {}, {}));
        ASSERT_EQ(Disk(path("cowd"), "vmdk").status(), 0);
        patch_bytes(path("cowd"), change.offset, little_endian(change.value, 4));
        EXPECT_LT(Disk(path("cowd"), "vmdk").status(), 0) << change.what;
    }
}

TEST_F(VmdkHostile, ADamagedCopyOfTheDirectoryMakesTheDiskUnwritable)
{
    const struct {
        int64_t offset;
        uint64_t sector;
    } changes[] = {
        {21 * SECTOR_SIZE, 99999},
        {21 * SECTOR_SIZE, 0},
        {21 * SECTOR_SIZE, 27},  // a table
        {48, 99999},
        {48, 0},
        {48, 128},  // the directory; 128 is a grain
    };
    for (const auto& change : changes) {
        ASSERT_NO_FATAL_FAILURE(make());
        patch_bytes(path("disk"), change.offset, little_endian(change.sector, 4));
        const Bytes before = read_bytes(path("disk"));
        {
            Disk disk(path("disk"), "vmdk");
            ASSERT_EQ(disk.status(), 0) << change.sector;
            Bytes data(SECTOR_SIZE);
            EXPECT_EQ(disk.read(100, data), 0);
            EXPECT_EQ(data, Bytes(SECTOR_SIZE, 0x11));
            EXPECT_EQ(disk.write(100, data), -EIO);
        }
        EXPECT_TRUE(read_bytes(path("disk")) == before) << "repaired, or written";
    }
}

/// An entry that names header, descriptor, directory or table must not be written through: the guest would choose
/// the parent and the extents of the next start.
TEST_F(VmdkHostile, GrainsInMetadataAreNotTouched)
{
    for (const uint64_t sector : {UINT64_C(1), UINT64_C(2), UINT64_C(20), UINT64_C(26), UINT64_C(30), UINT64_C(127),
                                  UINT64_C(385), UINT64_C(0xffffffff)}) {
        ASSERT_NO_FATAL_FAILURE(make());
        patch_bytes(path("disk"), kTableAt, little_endian(sector, 4));
        if (sector != 127) {
            patch_bytes(path("disk"), 64, little_endian(0, 8));  // an overhead that would allow it
        }
        const Bytes before = read_bytes(path("disk"));
        {
            Disk disk(path("disk"), "vmdk");
            ASSERT_EQ(disk.status(), 0);
            Bytes data(SECTOR_SIZE, 0x99);
            EXPECT_EQ(disk.write(0, data), -EIO) << sector;
            EXPECT_EQ(disk.read(0, data), -EIO) << sector;
        }
        EXPECT_TRUE(read_bytes(path("disk")) == before) << sector;
    }
}

/// A zeroed grain (flag 2, entry 1) hides what the parent has.
TEST_F(VmdkHostile, ZeroedGrainsReadAsZeros)
{
    ASSERT_NO_FATAL_FAILURE(make());
    create("child", "vmdk", kVmdkSectors, "disk");
    patch_bytes(path("child"), 8, little_endian(7, 4));
    patch_bytes(path("child"), kTableAt, little_endian(1, 4));
    patch_bytes(path("child"), kCopyTableAt, little_endian(1, 4));
    Disk disk(path("child"), "vmdk");
    Bytes data(SECTOR_SIZE);
    EXPECT_EQ(disk.read(110, data), 0);
    EXPECT_EQ(data, Bytes(SECTOR_SIZE));
    EXPECT_EQ(disk.read(130, data), 0);
    EXPECT_EQ(data, Bytes(SECTOR_SIZE, 0x11)) << "the next grain is the parent's";
    EXPECT_EQ(disk.write(109, Bytes(SECTOR_SIZE, 0x44)), 0);
    EXPECT_EQ(disk.read(110, data), 0);
    EXPECT_EQ(data, Bytes(SECTOR_SIZE));
}

/// Oracles: the sanitizers, and that no answer is anything but success or a negative errno.
TEST_F(VmdkHostile, DamagedImagesNeverCrash)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    ASSERT_NO_FATAL_FAILURE(make());
    const Bytes image = read_bytes(path("disk"));
    int opened = 0;
    for (int round = 0; round < 1500; round++) {
        Bytes damaged = image;
        const uint64_t starts[] = {0, 0, SECTOR_SIZE, 21 * SECTOR_SIZE, 26 * SECTOR_SIZE};
        for (uint64_t n = 1 + random() % 4; n > 0; n--) {
            const uint64_t at = starts[random() % 5] + random() % 90;
            damaged[at] = static_cast<uint8_t>(random() % 3 ? random() : 0xff * (random() % 2));
        }
        write_bytes(path("damaged"), damaged);
        Disk disk(path("damaged"), "vmdk");
        if (disk.status() != 0) {
            continue;
        }
        opened++;
        Bytes data(64 * SECTOR_SIZE);
        for (const int64_t sector : {INT64_C(0), INT64_C(100), disk.sectors() - 64, disk.sectors() / 2}) {
            EXPECT_LE(disk.read(sector, data), 0);
            EXPECT_LE(disk.write(sector, data), 0);
        }
    }
    EXPECT_GT(opened, 100);
}

}  // namespace
}  // namespace rogate::selfcheck
