// SPDX-License-Identifier: GPL-2.0-or-later
// vpc images that break their format, and writes that cannot be finished.
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "open_modes.h"
#include "vpc_fixture.h"

namespace rogate::selfcheck {
namespace {

using image::kReferenceSectors;

using VpcHostile = VpcTest;

/// The old footer must stay until the new one is there. Oracle: a file that may not grow stays as it is.
TEST_F(VpcHostile, AWriteThatCannotMoveTheFooterChangesNothing)
{
    create("disk.vhd", "vpc", kReferenceSectors);
    const Bytes before = read_bytes(path("disk.vhd"));
    struct rlimit old {};
    getrlimit(RLIMIT_FSIZE, &old);
    const struct rlimit small {
        before.size(), old.rlim_max
    };
    signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int status = Disk(path("disk.vhd"), "vpc").write(5, Bytes(SECTOR_SIZE, 0x55));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
    EXPECT_EQ(status, -EFBIG);
    EXPECT_TRUE(read_bytes(path("disk.vhd")) == before);
}

TEST_F(VpcHostile, HeadersAreRefused)
{
    const struct {
        const char* what;
        size_t offset;
        uint64_t value;
        int width;
    } changes[] = {
        {"cookie", 0, 0x636f6e656374697a, 8},
        {"version 2", 12, 0x20000, 4},
        {"type 7", 60, 7, 4},
        {"header in the footer", 16, 0, 8},
        {"header beyond the file", 16, UINT64_C(1) << 40, 8},
        {"header 2^64 - 512", 16, 0xfffffffffffffe00, 8},
        {"header unaligned", 16, 513, 8},
        {"size 0", 48, 0, 8},
        {"size beyond the BAT", 48, 129 * SECTOR_SIZE, 8},
        {"size beyond 2040 GiB", 48, UINT64_C(1) << 62, 8},
        {"header's cookie", 512, 0, 4},
        {"BAT in the footer", 528, 0, 8},
        {"BAT over the header", 528, 1024, 8},
        {"BAT beyond the file", 528, UINT64_C(1) << 40, 8},
        {"BAT 2^64 - 512", 528, 0xfffffffffffffe00, 8},
        {"header's version", 536, 0x20000, 4},
        {"1 entry", 540, 1, 4},
        {"0xffffffff entries", 540, 0xffffffff, 4},
        {"block size 0", 544, 0, 4},
        {"block size 512", 544, 512, 4},
        {"block size 513", 544, 513, 4},
        {"block size 0x8001", 544, 0x8001, 4},
        {"block size 2^31", 544, UINT64_C(1) << 31, 4},
        {"block in the BAT", kBatAt, 3, 4},
        {"block in the header", kBatAt, 0, 4},
        {"block twice", kBatAt, 0x45, 4},
        {"blocks that overlap", kBatAt, 0x44, 4},
        {"block over the footer", kBatAt + 4, 0x46, 4},
        {"block beyond the file", kBatAt, 0xfffffffe, 4},
    };
    EXPECT_EQ(open_status(small_image()), 0);
    for (const auto& change : changes) {
        Bytes f = small_image();
        put(f, change.offset, change.value, change.width);
        if (change.offset == 48) {
            put(f, 56, 0xffff10ff, 4);  // the geometry for which only bytes count
        }
        EXPECT_LT(open_status(sealed(f)), 0) << change.what;
    }
    Bytes differencing = small_image();
    put(differencing, 60, 4, 4);
    EXPECT_EQ(open_status(sealed(differencing)), -ENOTSUP);
    Bytes huge = small_image();
    put(huge, 544, 512 << 20, 4);
    put(huge, kBatAt, UINT64_MAX, 8);
    EXPECT_EQ(open_status(sealed(huge)), -EINVAL) << "blocks of 512 MiB";
    Bytes endless = small_image();
    put(endless, 540, 0xffffffff, 4);
    std::fill_n(endless.begin() + kBatAt, 8, 0xff);
    EXPECT_EQ(open_status(sealed(endless)), -EINVAL) << "an empty BAT of 16 GiB";
    Bytes inside = small_image();
    put(inside, 528, 1024, 8);
    put(inside, 1024, UINT64_MAX, 8);
    EXPECT_EQ(open_status(sealed(inside)), -EINVAL) << "an empty BAT in the header";
    Bytes unsealed = small_image();
    unsealed[kSubheaderAt + 700] = 1;
    EXPECT_EQ(open_status(unsealed), -EINVAL) << "the header's checksum";
    for (const size_t bytes : {0, 1, 511, 512, 1536, 2048}) {
        const Bytes whole = small_image();
        EXPECT_LT(open_status({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)}), 0) << bytes;
    }
}

/// The footer at the end of a fixed disk is what a guest cannot write, so it is the one that counts.
TEST_F(VpcHostile, AGuestCannotChangeWhatTheDiskIs)
{
    convert("fixed", "disk.vhd");
    Bytes fake = small_image();
    {
        Disk disk(path("disk.vhd"), "vpc");
        ASSERT_EQ(disk.write(0, Bytes(fake.begin(), fake.begin() + 2048)), 0);
        EXPECT_EQ(disk.write(kReferenceSectors, Bytes(SECTOR_SIZE)), -EINVAL);
    }
    EXPECT_EQ(Disk(path("disk.vhd"), "vpc").sectors(), static_cast<int64_t>(kReferenceSectors));
    Bytes f = read_bytes(path("disk.vhd"));
    const size_t at = f.size() - 512;
    put(f, at + 48, f.size(), 8);
    put(f, at + 56, 0, 4);
    seal(f, at, 512, 64);
    EXPECT_EQ(open_status(f), -EINVAL) << "a size that has the footer in it";
    std::copy_n(f.end() - 512, 512, f.begin());
    put(f, 48, 512 * SECTOR_SIZE, 8);
    seal(f, 0, 512, 64);
    std::fill(f.end() - 512, f.end(), 0);
    EXPECT_EQ(open_status(f), -EINVAL) << "a fixed disk whose only footer is where the guest writes";
}

TEST_F(VpcHostile, ADamagedFooterIsNotRepaired)
{
    Bytes f = small_image();
    std::fill(f.end() - 512, f.end(), 0);
    EXPECT_EQ(open_status(f), 0) << "the copy tells";
    f = small_image();
    f[100] = 1;
    EXPECT_EQ(open_status(f), 0) << "the footer tells";
    f = small_image();
    f.pop_back();
    EXPECT_EQ(open_status(f), 0) << "511 bytes, as very old products wrote it";
    convert("fixed", "fixed.vhd");
    f = read_bytes(path("fixed.vhd"));
    f.pop_back();
    EXPECT_EQ(open_status(f), 0) << "the same, and no copy";
}

/// A block that is added when the footer is not whole lies behind what there is. Oracle: all four readers.
TEST_F(VpcHostile, AddsBlocksWhateverTheFooterIs)
{
    for (const size_t cut : {0, 1, 100, 512, 69120 - 35328}) {
        Bytes f = small_image();
        put(f, kBatAt + 4, 0xffffffff, 4);
        f = sealed(f);
        f.resize(f.size() - cut);
        write_bytes(path("disk.vhd"), f);
        Bytes content;
        {
            Disk disk(path("disk.vhd"), "vpc");
            ASSERT_EQ(disk.status(), 0) << cut;
            ASSERT_EQ(disk.write(65, Bytes(SECTOR_SIZE, 0x65)), 0);
            content = disk.content();
        }
        EXPECT_EQ(content[64 * SECTOR_SIZE], 0);
        EXPECT_EQ(content[65 * SECTOR_SIZE], 0x65);
        EXPECT_EQ(content[0], f[2560]);
        expect_others_read("disk.vhd", content);
    }
}

/// The faults of the unpatched tree: the image is open for writing, and the footer moves when a block is added.
/// Oracle: the kernel's view of this process, and the bytes of the file.
TEST_F(VpcHostile, FaultTheImageIsOpenForWriting)
{
    for (const char* kind : {"dynamic", "fixed"}) {
        convert(kind, "disk.vhd");
        Disk disk(path("disk.vhd"), "vpc");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_EQ(open_modes(path("disk.vhd")), Modes{O_RDWR}) << kind;
        EXPECT_EQ(bdrv_is_read_only(disk.get()), 0);
    }
    create("new.vhd", "vpc", kReferenceSectors);
    const Bytes before = read_bytes(path("new.vhd"));
    ASSERT_EQ(Disk(path("new.vhd"), "vpc").write(5, Bytes(SECTOR_SIZE, 0x55)), 0);
    const Bytes after = read_bytes(path("new.vhd"));
    EXPECT_EQ(after.size(), before.size() + 512 + (2 << 20));
    EXPECT_TRUE(std::equal(before.end() - 512, before.end(), after.end() - 512)) << "the footer is as it was";
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + kBatAt, after.begin())) << "so is its copy";
}

/// Oracles: the sanitizers, and that no answer is anything but success or a negative errno.
TEST_F(VpcHostile, DamagedImagesNeverCrash)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    const Bytes whole = small_image();
    int opened = 0;
    for (int round = 0; round < 3000; round++) {
        Bytes f = whole;
        for (uint64_t n = 1 + random() % 4; n > 0; n--) {
            const uint64_t starts[] = {0, 40, kSubheaderAt, kBatAt, 2048};
            f[starts[random() % 5] + random() % 40] = static_cast<uint8_t>(random() % 2 ? random() : 0xff);
        }
        write_bytes(path("damaged"), sealed(f));
        Disk disk(path("damaged"), "vpc");
        if (disk.status() != 0) {
            continue;
        }
        opened++;
        Bytes data(16 * SECTOR_SIZE);
        for (const int64_t sector : {INT64_C(0), INT64_C(60), disk.sectors() - 16}) {
            EXPECT_LE(disk.read(sector, data), 0);
            EXPECT_LE(disk.write(sector, data), 0);
        }
    }
    EXPECT_GT(opened, 100);
}

}  // namespace
}  // namespace rogate::selfcheck
