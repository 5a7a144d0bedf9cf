// SPDX-License-Identifier: GPL-2.0-or-later
// qcow2 of the in-tree ioemu against a flat model and against programs that share no code with it: qemu-img (content
// and reference counts), 7z and qcowinfo.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "qcow2_selfcheck.h"

namespace rogate::selfcheck
{
namespace
{

class Qcow2 : public Qcow2Test
{
};

TEST_F(Qcow2, RandomOperationsOnOwnImage)
{
    create("disk", "qcow2", kQcow2Sectors);
    Bytes model(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 12000));
    check();
    compare(model);
}

TEST_F(Qcow2, RandomOperationsOverBackingFile)
{
    const Bytes base = disk_content(random_, kQcow2Bytes - 1000 * SECTOR_SIZE);
    write_bytes(path("base.raw"), base);
    create("disk", "qcow2", kQcow2Sectors, "base.raw");
    Bytes model = base;
    model.resize(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 12000));
    check();
    EXPECT_TRUE(read_bytes(path("base.raw")) == base) << "the backing file changed";
    EXPECT_TRUE(OpenDisk(path("disk")).content() == model);
    read_independently("qcow2", path("disk"), path("base.raw"), path("out.raw"), kQcow2Bytes);
    EXPECT_TRUE(read_bytes(path("out.raw")) == model);
}

/// Oracles: the flat model, qemu-img, and 7z, which shares nothing with QEMU.
TEST_F(Qcow2, RandomCompressedWritesAmongOthers)
{
    for (int cluster_bytes : {512, 4096, 65536}) {
        qemu_create(cluster_bytes);
        Bytes model(kQcow2Bytes);
        ASSERT_NO_FATAL_FAILURE(random_operations(model, 2500, 64, true));
        check();
        compare(model);
        const std::string content = run_ok({"7z", "x", "-so", path("disk")});
        EXPECT_TRUE(Bytes(content.begin(), content.end()) == model) << cluster_bytes;
    }
}

/// With 512-byte clusters the first reference count table covers 8 MiB of file, so it has to move.
TEST_F(Qcow2, ReferenceCountTableGrows)
{
    qemu_create(512);
    const Bytes before = read_bytes(path("disk"));
    Bytes model(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 4000, 256));
    const Bytes after = read_bytes(path("disk"));
    EXPECT_FALSE(std::equal(before.begin() + 48, before.begin() + 60, after.begin() + 48));
    check();
    compare(model);
}

TEST_F(Qcow2, LargestClusters)
{
    qemu_create(2 << 20);
    Bytes model(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 250, 64, true));
    check();
    compare(model);
}

TEST_F(Qcow2, ReadsWhatQemuImgWrote)
{
    const Bytes content = disk_content(random_, kQcow2Bytes);
    write_bytes(path("R.raw"), content);
    for (int cluster_bytes : {512, 4096, 65536, 2 << 20}) {
        for (const char* compress : {"-W", "-c"}) {
            run_ok({"qemu-img", "convert", compress, "-f", "raw", "-O", "qcow2", "-o",
                    "compat=0.10,cluster_size=" + std::to_string(cluster_bytes), path("R.raw"), path("disk")});
            EXPECT_TRUE(OpenDisk(path("disk")).content() == content) << cluster_bytes << compress;
        }
    }
}

/// Oracles: 7z and qcowinfo.
TEST_F(Qcow2, IsReadByOthers)
{
    const Bytes content = disk_content(random_, kQcow2Bytes);
    for (const auto write : {bdrv_write, bdrv_write_compressed}) {
        std::filesystem::remove(path("disk"));
        create("disk", "qcow2", kQcow2Sectors);
        {
            OpenDisk disk(path("disk"));
            for (int64_t at = 0; at < kQcow2Sectors; at += 8) {
                ASSERT_EQ(write(disk.get(), at, &content[at * SECTOR_SIZE], 8), 0);
            }
        }
        check();
        const std::string read = run_ok({"7z", "x", "-so", path("disk")});
        EXPECT_TRUE(Bytes(read.begin(), read.end()) == content);
        const std::string info = run_ok({"qcowinfo", path("disk")});
        EXPECT_NE(info.find("Format version\t\t: 2"), std::string::npos) << info;
        EXPECT_NE(info.find("8773632 bytes"), std::string::npos) << info;
    }
}

/// Oracle: the hand-made minimum of formats/qcow2, byte by byte.
TEST_F(Qcow2, ReadsTheSmallestImage)
{
    Bytes image(6656);
    const auto put = [&](size_t at, uint64_t value, int bytes) {
        const Bytes field = big_endian(value, bytes);
        std::copy(field.begin(), field.end(), image.begin() + static_cast<ptrdiff_t>(at));
    };
    put(0, 0x514649fb, 4), put(4, 2, 4), put(20, 9, 4), put(24, 4096, 8), put(36, 1, 4), put(40, 0x600, 8);
    put(48, 0x200, 8), put(56, 1, 4), put(0x200, 0x400, 8), put(0x600, 0x8000000000000800, 8);
    for (size_t i = 0; i < 13; ++i) {
        put(0x400 + 2 * i, 1, 2);
    }
    Bytes content(4096);
    for (size_t i = 0; i < 8; ++i) {
        put(0x800 + 8 * i, 0x8000000000000a00 + 0x200 * i, 8);
        memset(&content[512 * i], static_cast<int>('a' + i), 512);
    }
    std::copy(content.begin(), content.end(), image.begin() + 0xa00);
    write_bytes(path("disk"), image);
    EXPECT_TRUE(OpenDisk(path("disk")).content() == content);
    EXPECT_TRUE(read_bytes(path("disk")) == image) << "opening and reading wrote to the image";
}

TEST_F(Qcow2, CommitEmptiesTheOverlay)
{
    Bytes model = disk_content(random_, kQcow2Bytes);
    write_bytes(path("base.raw"), model);
    create("disk", "qcow2", kQcow2Sectors, "base.raw");
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 1000));
    {
        OpenDisk disk(path("disk"));
        ASSERT_EQ(bdrv_commit(disk.get()), 0);
        int count = 0;
        EXPECT_EQ(bdrv_is_allocated(disk.get(), 0, kQcow2Sectors, &count), 0);
        EXPECT_EQ(count, kQcow2Sectors);
        EXPECT_TRUE(disk.content() == model);
    }
    EXPECT_TRUE(read_bytes(path("base.raw")) == model);
    check();
}

TEST_F(Qcow2, GrowsButDoesNotShrink)
{
    create("disk", "qcow2", kQcow2Sectors);
    Bytes model(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 1000));
    {
        OpenDisk disk(path("disk"));
        EXPECT_EQ(bdrv_truncate(disk.get(), 4096), -ENOTSUP);
        EXPECT_EQ(bdrv_truncate(disk.get(), 50000000), -EINVAL);
        ASSERT_EQ(bdrv_truncate(disk.get(), INT64_C(3) << 30), 0);
        ASSERT_EQ(disk.write((INT64_C(3) << 21) - 8, Bytes(8 * SECTOR_SIZE, 0x33)), 0);
        BlockSnapshotInfo info{};
        ASSERT_EQ(bdrv_snapshot_create(disk.get(), &info), 0);
        EXPECT_EQ(bdrv_truncate(disk.get(), INT64_C(4) << 30), -ENOTSUP);
    }
    check();
    run_ok({"qemu-img", "convert", "-f", "qcow2", "-O", "raw", path("disk"), path("out.raw")});
    EXPECT_EQ(std::filesystem::file_size(path("out.raw")), UINT64_C(3) << 30);
    run_ok({"truncate", "-s", std::to_string(kQcow2Bytes + 65536), path("out.raw")});
    model.resize(kQcow2Bytes + 65536);
    EXPECT_TRUE(read_bytes(path("out.raw")) == model);
}

/// What an image holds behind the end of its disk must not come to light when it grows.
TEST_F(Qcow2, GrowingShowsZeros)
{
    create("disk", "qcow2", 4);
    {
        OpenDisk disk(path("disk"));
        ASSERT_EQ(disk.write(0, Bytes(4 * SECTOR_SIZE, 0x5a)), 0);
    }
    ASSERT_EQ(std::filesystem::file_size(path("disk")), 0x6000u);  // 4 KiB clusters, data in the last
    patch_bytes(path("disk"), 0x5800, Bytes(0x800, 0xa5));
    {
        OpenDisk disk(path("disk"));
        ASSERT_EQ(bdrv_truncate(disk.get(), 4096), 0);
        Bytes expected(4096);
        std::fill_n(expected.begin(), 2048, 0x5a);
        EXPECT_TRUE(disk.content() == expected);
    }
    check();
}

/// A base that looks like qcow2 but is said to be raw: only the header extension keeps it from being probed.
TEST_F(Qcow2, HonoursTheBackingFormat)
{
    create("base", "qcow2", kQcow2Sectors);
    run_ok({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", "-b", "base", "-F", "raw", path("disk")});
    Bytes first(SECTOR_SIZE);
    ASSERT_EQ(OpenDisk(path("disk")).read(0, first), 0);
    const Bytes base = read_bytes(path("base"));
    EXPECT_TRUE(std::equal(first.begin(), first.end(), base.begin()));
}

/// Later versions cannot be read, but taking one for raw would show the guest its bytes.
TEST_F(Qcow2, LaterVersionsAreNotRaw)
{
    run_ok({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=1.1", path("disk"), "1M"});
    EXPECT_EQ(Disk(path("disk"), "").status(), -ENOTSUP);
}

}  // namespace
}  // namespace rogate::selfcheck
