// SPDX-License-Identifier: GPL-2.0-or-later
// Images that break their format: refused, or read and written without leaving the image's own bounds.
#include <cerrno>
#include <cstring>

#include "fixture.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int64_t kSectors = 2048;

struct Change {
    const char* what;
    uint64_t offset;
    uint64_t value;
    int width;
};

class Hostile : public DiskTest
{
protected:
    /// Makes `name` anew, with some sectors written.
    void make(const std::string& format)
    {
        std::filesystem::remove(path("disk"));
        create("disk", format, kSectors);
        Disk disk(path("disk"), format);
        ASSERT_EQ(disk.write(100, Bytes(20 * SECTOR_SIZE, 0x11)), 0);
        ASSERT_EQ(disk.write(2040, Bytes(8 * SECTOR_SIZE, 0x22)), 0);
    }
    void expect_refused(const std::string& format, const Change& change)
    {
        ASSERT_NO_FATAL_FAILURE(make(format));
        ASSERT_NO_FATAL_FAILURE(patch_bytes(path("disk"), change.offset, big_endian(change.value, change.width)));
        Bytes before = read_bytes(path("disk"));
        EXPECT_LT(Disk(path("disk"), format).status(), 0) << change.what;
        EXPECT_TRUE(read_bytes(path("disk")) == before) << change.what;
    }
};

/// Oracle: the refusals that formats/qcow lists for QEMU 7.2, and the further ones it asks for.
TEST_F(Hostile, QcowHeadersAreRefused)
{
    const Change changes[] = {
        {"magic", 0, 0x514649fa, 4},
        {"version", 4, 2, 4},
        {"cluster_bits 8", 32, 8, 1},
        {"cluster_bits 17", 32, 17, 1},
        {"cluster_bits 255", 32, 255, 1},
        {"l2_bits 5", 33, 5, 1},
        {"l2_bits 14", 33, 14, 1},
        {"l2_bits 63", 33, 63, 1},
        {"size 0", 24, 0, 8},
        {"size no multiple of 512", 24, 1000, 8},
        {"size 2^63-512", 24, INT64_MAX - 511, 8},
        {"size negative", 24, 0xfffffffffffffe00, 8},
        {"size beyond the table cap", 24, UINT64_C(1) << 44, 8},
        {"crypt 2", 36, 2, 4},
        {"crypt 0xffffffff", 36, 0xffffffff, 4},
        {"table beyond the file", 40, UINT64_C(1) << 40, 8},
        {"table offset 2^64-8", 40, 0xfffffffffffffff8, 8},
        {"table in the header", 40, 0, 8},
        {"table unaligned", 40, 51, 8},
    };
    for (const Change& change : changes) {
        expect_refused("qcow", change);
    }
}

/// A first table that is all in the (sparse) file, but larger than any disk needs.
TEST_F(Hostile, QcowTablesAreCapped)
{
    make("qcow");
    patch_bytes(path("disk"), 24, big_endian(UINT64_C(1) << 44, 8));
    run_ok({"truncate", "-s", "128M", path("disk")});
    EXPECT_EQ(Disk(path("disk"), "qcow").status(), -EFBIG);
}

TEST_F(Hostile, QcowBackingNamesAreRefused)
{
    const struct {
        const char* what;
        uint64_t offset;
        uint64_t length;
    } names[] = {
        {"length 1024", 56, 1024},       {"length 0xffffffff", 56, 0xffffffff},
        {"beyond the file", 1 << 30, 8}, {"offset 2^64-1", UINT64_MAX, 8},
        {"in the header", 8, 8},         {"in the table", 48, 8},
        {"with a NUL", 4096, 64},
    };
    for (const auto& name : names) {
        ASSERT_NO_FATAL_FAILURE(make("qcow"));
        patch_bytes(path("disk"), 8, big_endian(name.offset, 8));
        patch_bytes(path("disk"), 16, big_endian(name.length, 4));
        EXPECT_LT(Disk(path("disk"), "qcow").status(), 0) << name.what;
    }
}

TEST_F(Hostile, CowHeadersAreRefused)
{
    const Change changes[] = {
        {"magic", 0, 0x4f4f4f4e, 4},
        {"version 1", 4, 1, 4},
        {"version 3", 4, 3, 4},
        {"sector size", 4116, 4096, 4},
        {"size 0", 4108, 0, 8},
        {"size no multiple of 512", 4108, 4097, 8},
        {"size whose bitmap is not in the file", 4108, UINT64_C(1) << 40, 8},
        {"size beyond the cap", 4108, UINT64_C(1) << 62, 8},
        {"size 2^63", 4108, UINT64_C(1) << 63, 8},
    };
    for (const Change& change : changes) {
        expect_refused("cow", change);
    }
    ASSERT_NO_FATAL_FAILURE(make("cow"));
    patch_bytes(path("disk"), 8, Bytes(4096, 'x'));
    EXPECT_LT(Disk(path("disk"), "cow").status(), 0) << "a name without its end";
}

TEST_F(Hostile, TruncatedImagesAreRefused)
{
    for (const char* format : {"cow", "qcow"}) {
        for (const char* bytes : {"0", "7", "47", "50"}) {
            make(format);
            run_ok({"truncate", "-s", bytes, path("disk")});
            EXPECT_LT(Disk(path("disk"), format).status(), 0) << format << " of " << bytes << " bytes";
        }
    }
}

/// A cluster entry that names the header or the first table must not be written through: the guest would choose
/// the backing file of the next start.
TEST_F(Hostile, QcowClustersInMetadataAreNotWritten)
{
    make("qcow");
    Bytes image = read_bytes(path("disk"));
    uint64_t l2_offset = 0;
    for (int i = 0; i < 8; i++) {
        l2_offset = l2_offset << 8 | image[48 + i];
    }
    ASSERT_GT(l2_offset, 0u);
    for (uint64_t target :
         {UINT64_C(1), UINT64_C(48), UINT64_C(513), UINT64_C(4095), UINT64_C(1) << 40, UINT64_C(0x7ffffffffffff000)}) {
        patch_bytes(path("disk"), l2_offset, big_endian(target, 8));
        Bytes before = read_bytes(path("disk"));
        {
            Disk disk(path("disk"), "qcow");
            ASSERT_EQ(disk.status(), 0);
            EXPECT_EQ(disk.write(0, Bytes(SECTOR_SIZE, 0x99)), -EIO) << target;
        }
        EXPECT_TRUE(read_bytes(path("disk")) == before) << target;
    }
}

TEST_F(Hostile, LoopsOfBackingFilesAreRefused)
{
    create("disk", "qcow", kSectors, "disk");
    EXPECT_EQ(Disk(path("disk"), "qcow").status(), -ELOOP);
}

TEST_F(Hostile, OtherFilesThanImagesAreRefused)
{
    run_ok({"mkfifo", path("fifo")});
    for (const char* format : {"raw", "cow", "qcow", ""}) {
        EXPECT_LT(Disk(path("fifo"), format).status(), 0) << format;
        EXPECT_LT(Disk(path(""), format).status(), 0) << format;
        EXPECT_EQ(Disk(path("none"), format).status(), -ENOENT) << format;
    }
}

/// Oracles: the sanitizers, and that no answer is anything but success or a negative errno.
TEST_F(Hostile, DamagedImagesNeverCrash)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    for (const char* format : {"cow", "qcow"}) {
        ASSERT_NO_FATAL_FAILURE(make(format));
        const Bytes image = read_bytes(path("disk"));
        int opened = 0;
        for (int round = 0; round < 1500; round++) {
            Bytes damaged = image;
            uint64_t reach = random() % 2 ? 128 : std::min<uint64_t>(damaged.size(), 8704);
            for (uint64_t n = 1 + random() % 4; n > 0; n--) {
                damaged[random() % reach] = static_cast<uint8_t>(random() % 3 ? random() : 0xff * (random() % 2));
            }
            write_bytes(path("damaged"), damaged);
            Disk disk(path("damaged"), format);
            if (disk.status() != 0) {
                continue;
            }
            opened++;
            Bytes data(64 * SECTOR_SIZE);
            for (int64_t sector : {INT64_C(0), INT64_C(100), disk.sectors() - 64, disk.sectors() / 2}) {
                EXPECT_LE(disk.read(sector, data), 0);
                EXPECT_LE(disk.write(sector, data), 0);
            }
            EXPECT_LE(bdrv_make_empty(disk.get()), 0);
        }
        EXPECT_GT(opened, 100) << format;
    }
}

}  // namespace
}  // namespace rogate::selfcheck
