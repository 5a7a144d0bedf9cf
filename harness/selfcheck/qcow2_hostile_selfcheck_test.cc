// SPDX-License-Identifier: GPL-2.0-or-later
// qcow2 images that break their format or cannot be written: refused, or used without leaving the image's bounds.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "qcow2_selfcheck.h"

namespace rogate::selfcheck
{
namespace
{

class Qcow2Hostile : public Qcow2Test
{
};

/// One field of the header and a value that must be refused.
struct BadField {
    uint64_t offset;
    int width;
    uint64_t value;
    int error;
};

/// Oracle: the refusals that formats/qcow2 lists for QEMU 7.2, and the further ones it asks for.
TEST_F(Qcow2Hostile, HeadersAreRefused)
{
    create("disk", "qcow2", kQcow2Sectors);
    const Bytes good = read_bytes(path("disk"));
    const BadField fields[] = {
        {0, 4, 0x514649fa, EINVAL}, {4, 4, 1, ENOTSUP},          {4, 4, 3, ENOTSUP},
        {4, 4, 4, ENOTSUP},         {8, 8, 19, EINVAL},          {8, 8, 71, EINVAL},
        {8, 8, 4096, EINVAL},       {8, 8, UINT64_MAX, EINVAL},  {20, 4, 8, EINVAL},
        {20, 4, 22, EINVAL},        {20, 4, 0xffffffff, EINVAL}, {24, 8, INT64_MAX, EFBIG},
        {24, 8, UINT64_MAX, EFBIG}, {32, 4, 2, ENOTSUP},         {32, 4, 3, ENOTSUP},
        {36, 4, 0, EINVAL},         {36, 4, 0x7fffffff, EFBIG},  {40, 8, 0x3008, EINVAL},
        {40, 8, 0, EINVAL},         {40, 8, 0x1000, EINVAL},     {40, 8, UINT64_C(1) << 60, EINVAL},
        {48, 8, 0x1008, EINVAL},    {48, 8, 0, EINVAL},          {48, 8, UINT64_C(1) << 60, EINVAL},
        {56, 4, 0, EINVAL},         {56, 4, 0x20001, EFBIG},     {60, 4, 65537, EFBIG},
        {60, 4, 0xffffffff, EFBIG}, {60, 4, 1, EINVAL},
    };
    for (const auto& field : fields) {
        Bytes bad = good;
        bad[19] = field.offset == 8 ? 1 : 0;  // length of the backing file's name
        const Bytes value = big_endian(field.value, field.width);
        std::copy(value.begin(), value.end(), bad.begin() + static_cast<ptrdiff_t>(field.offset));
        write_bytes(path("disk"), bad);
        EXPECT_EQ(Disk(path("disk"), "qcow2").status(), -field.error) << field.offset << " = " << field.value;
        EXPECT_TRUE(read_bytes(path("disk")) == bad) << field.offset << " = " << field.value;
    }
}

TEST_F(Qcow2Hostile, TruncatedImagesAreRefused)
{
    create("disk", "qcow2", kQcow2Sectors);
    for (const char* bytes : {"12289", "4100", "72", "71", "0"}) {
        run_ok({"truncate", "-s", bytes, path("disk")});
        EXPECT_LT(Disk(path("disk"), "qcow2").status(), 0) << bytes;
    }
}

/// An L2 entry that names metadata must not be written through: the guest would choose the backing file.
TEST_F(Qcow2Hostile, ClustersInMetadataAreNotWritten)
{
    create("disk", "qcow2", kQcow2Sectors);
    ASSERT_EQ(OpenDisk(path("disk")).write(0, Bytes(8 * SECTOR_SIZE, 0xee)), 0);
    // 4 KiB clusters: 0 header, 1 reference count table, 2 its block, 3 and on L1, then L2, then data
    const uint64_t l2 = std::filesystem::file_size(path("disk")) - 0x2000;
    for (const uint64_t target : {UINT64_C(0x1000), UINT64_C(0x3000), UINT64_C(1) << 40, UINT64_C(0x200)}) {
        patch_bytes(path("disk"), l2, big_endian(target | UINT64_C(1) << 63, 8));
        const Bytes before = read_bytes(path("disk"));
        EXPECT_EQ(OpenDisk(path("disk")).write(0, Bytes(SECTOR_SIZE, 0x99)), -EIO) << target;
        EXPECT_TRUE(read_bytes(path("disk")) == before) << target;
    }
}

/// Block type 3 does not exist in deflate (RFC 1951, 3.2.3); nor may a stream end before its cluster is full.
TEST_F(Qcow2Hostile, BrokenCompressedDataIsAnError)
{
    for (const uint8_t first : {0x07, 0x03}) {
        std::filesystem::remove(path("disk"));
        create("disk", "qcow2", kQcow2Sectors);
        Bytes data(8 * SECTOR_SIZE, 0x41);
        ASSERT_EQ(bdrv_write_compressed(OpenDisk(path("disk")).get(), 0, data.data(), 8), 0);
        const uint64_t packed = (std::filesystem::file_size(path("disk")) - 1) / 0x1000 * 0x1000;
        patch_bytes(path("disk"), packed, {first, 0});
        const Bytes before = read_bytes(path("disk"));
        OpenDisk disk(path("disk"));
        EXPECT_EQ(disk.read(0, data), -EIO) << int(first);
        EXPECT_EQ(disk.write(1, Bytes(SECTOR_SIZE, 0x42)), -EIO) << int(first);
        EXPECT_TRUE(read_bytes(path("disk")) == before);
    }
}

/// A reference count of zero for a table in use must not make it free for data.
TEST_F(Qcow2Hostile, TablesAreNotHandedOutAsFree)
{
    create("disk", "qcow2", kQcow2Sectors);
    patch_bytes(path("disk"), 0x2000, Bytes(0x1000, 0));
    const Bytes before = read_bytes(path("disk"));
    {
        OpenDisk disk(path("disk"));
        disk.write(0, Bytes(64 * SECTOR_SIZE, 0x99));
        disk.write(8000, Bytes(64 * SECTOR_SIZE, 0x99));
    }
    const Bytes after = read_bytes(path("disk"));
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + 0x2000, after.begin())) << "header or table overwritten";
}

TEST_F(Qcow2Hostile, LoopsOfBackingFilesAreRefused)
{
    create("disk", "qcow2", kQcow2Sectors, "disk");
    EXPECT_EQ(Disk(path("disk"), "qcow2").status(), -ELOOP);
}

/// As a user who may only read the file: every change fails, and what was read before is still read after.
TEST_F(Qcow2Hostile, ChangesOfAnUnwritableFileFailAndHarmNothing)
{
    create("disk", "qcow2", kQcow2Sectors);
    Bytes model(kQcow2Bytes);
    ASSERT_NO_FATAL_FAILURE(random_operations(model, 500));
    run_ok({"qemu-img", "snapshot", "-c", "s", path("disk")});
    const Bytes before = read_bytes(path("disk"));
    std::filesystem::permissions(path("disk"), std::filesystem::perms(0444));
    std::filesystem::permissions(path(""), std::filesystem::perms(0755));
    const bool root = geteuid() == 0;
    ASSERT_TRUE(!root || seteuid(65534) == 0);
    {
        OpenDisk disk(path("disk"));
        const Bytes data(64 * SECTOR_SIZE, 0x77);
        BlockSnapshotInfo info{};
        for (int64_t at = 0; at < 2048; at += 64) {
            EXPECT_LT(disk.write(at, data), 0);
            EXPECT_LT(bdrv_write_compressed(disk.get(), at, data.data(), 8), 0);
        }
        EXPECT_LT(bdrv_snapshot_create(disk.get(), &info), 0);
        EXPECT_LT(bdrv_snapshot_goto(disk.get(), "s"), 0);
        EXPECT_LT(bdrv_snapshot_delete(disk.get(), "s"), 0);
        EXPECT_LT(bdrv_make_empty(disk.get()), 0);
        EXPECT_LT(bdrv_truncate(disk.get(), 1 << 30), 0);
        EXPECT_TRUE(disk.content() == model);
    }
    ASSERT_TRUE(!root || seteuid(0) == 0);
    EXPECT_TRUE(read_bytes(path("disk")) == before);
}

/// A host disk that fails from time to time. Oracles: each sector of a failed write is old or new, the others are as
/// they were; qemu-img finds clusters lost at most (its exit status 3), no damage.
TEST_F(Qcow2Hostile, FailedWritesCostSpaceOnly)
{
    signal(SIGXFSZ, SIG_IGN);
    qemu_create(512);
    Bytes model(kQcow2Bytes);
    Disk disk(path("disk"), "qcow2");
    int failed = 0;
    for (int i = 0; i < 4000; ++i) {
        const size_t count = 1 + below(64);
        const size_t sector = below(kQcow2Sectors - count + 1);
        const Bytes data = random_data(count * SECTOR_SIZE);
        // the kernel refuses what lies behind the limit, be it inside the file or not
        const uint64_t size = std::filesystem::file_size(path("disk"));
        const uint64_t last = below(2) ? below(size) : size + below(count * 400);
        const struct rlimit limit = {last / SECTOR_SIZE * SECTOR_SIZE, RLIM_INFINITY};
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const int ret = disk.write(static_cast<int64_t>(sector), data);
        const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
        failed += ret < 0;
        Bytes now(data.size());
        ASSERT_EQ(disk.read(static_cast<int64_t>(sector), now), 0);
        for (size_t at = 0; at < data.size(); at += SECTOR_SIZE) {
            uint8_t* old = &model[sector * SECTOR_SIZE + at];
            const bool is_new = memcmp(&now[at], &data[at], SECTOR_SIZE) == 0;
            ASSERT_TRUE(is_new || (ret < 0 && memcmp(&now[at], old, SECTOR_SIZE) == 0)) << "operation " << i;
            memcpy(old, &now[at], SECTOR_SIZE);
        }
    }
    EXPECT_GT(failed, 100);
    EXPECT_TRUE(disk.content() == model);
    const int status = run({"qemu-img", "check", "-q", "-f", "qcow2", path("disk")}).exit_status;
    EXPECT_TRUE(status == 0 || status == 3) << status;
    compare(model);
}

/// Oracles: the sanitizers, and that no answer is anything but success or a negative errno.
TEST_F(Qcow2Hostile, DamagedImagesNeverCrash)
{
    write_bytes(path("R.raw"), disk_content(random_, 64 << 10));
    run_ok({"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compat=0.10,cluster_size=512",
            path("R.raw"), path("disk")});
    run_ok({"qemu-img", "snapshot", "-c", "s", path("disk")});
    const Bytes image = read_bytes(path("disk"));
    int opened = 0;
    for (int round = 0; round < 3000; ++round) {
        Bytes damaged = image;
        const uint64_t reach = below(2) ? 72 : damaged.size();
        for (uint64_t n = 1 + below(4); n > 0; --n) {
            damaged[below(reach)] = static_cast<uint8_t>(below(3) ? random_() : 0xff * below(2));
        }
        std::fill_n(damaged.begin() + 8, 12, 0);  // no backing file: its name would be a path on this machine
        write_bytes(path("damaged"), damaged);
        Disk disk(path("damaged"), "qcow2");
        if (disk.status() != 0 || disk.sectors() < 64) {
            continue;
        }
        ++opened;
        Bytes data(64 * SECTOR_SIZE);
        BlockSnapshotInfo info{};
        EXPECT_LE(disk.read(0, data), 0);
        EXPECT_LE(bdrv_snapshot_create(disk.get(), &info), 0);
        EXPECT_LE(disk.write(static_cast<int64_t>(below(disk.sectors() - 63)), data), 0);
        EXPECT_LE(bdrv_snapshot_goto(disk.get(), "s"), 0);
        EXPECT_LE(bdrv_snapshot_delete(disk.get(), "1"), 0);
        EXPECT_LE(disk.read(disk.sectors() - 64, data), 0);
        EXPECT_LE(bdrv_make_empty(disk.get()), 0);
    }
    EXPECT_GT(opened, 500);
}

}  // namespace
}  // namespace rogate::selfcheck
