// SPDX-License-Identifier: GPL-2.0-or-later
// host_device: loop devices over files of the test, read and written by the in-tree driver. Needs root.
#include <fcntl.h>
#include <linux/fs.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "loop_device.h"
#include "read_only_disk.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int kOperations = 12000;
constexpr int kOperationsOfOneOpening = 600;

class HostDevice : public DiskTest
{
protected:
    void SetUp() override
    {
        if (!loop_devices_work()) {
            GTEST_SKIP() << "loop devices need root and /dev/loop-control";
        }
        std::mt19937_64 random(kSeed);
        model_ = disk_content(random, kReferenceSectors * SECTOR_SIZE);
        write_bytes(path("file"), model_);
    }

    Bytes model_;
};

void write_at_random(Disk& disk, std::mt19937_64& random, Bytes& model)
{
    const uint64_t offset = random() % model.size();
    Bytes data(1 + random() % 20000);
    for (uint8_t& byte : data) {
        byte = static_cast<uint8_t>(random());
    }
    const size_t expected = std::min<size_t>(data.size(), model.size() - offset);
    ASSERT_EQ(bdrv_pwrite(disk.get(), static_cast<int64_t>(offset), data.data(), static_cast<int>(data.size())),
              static_cast<int>(expected));
    memcpy(&model[offset], data.data(), expected);
}

void compare_at_random(Disk& disk, std::mt19937_64& random, const Bytes& model)
{
    const uint64_t sectors = model.size() / SECTOR_SIZE;
    const uint64_t first = random() % sectors;
    Bytes data((1 + random() % std::min<uint64_t>(sectors - first, 100)) * SECTOR_SIZE, 0xa5);
    ASSERT_EQ(disk.read(static_cast<int64_t>(first), data), 0);
    ASSERT_EQ(memcmp(&model[first * SECTOR_SIZE], data.data(), data.size()), 0) << "sector " << first;
}

// Oracles: the array, and at the end the file under the device.
TEST_F(HostDevice, HoldsWhatIsWritten)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    const Loop loop(path("file"));
    std::unique_ptr<Disk> disk;
    for (int i = 0; i < kOperations && !HasFatalFailure(); i++) {
        if (i % kOperationsOfOneOpening == 0) {
            disk.reset();
            disk = std::make_unique<Disk>(loop.device(), "host_device");
            ASSERT_EQ(disk->status(), 0);
            ASSERT_EQ(bdrv_getlength(disk->get()), static_cast<int64_t>(model_.size()));
        }
        if (random() % 2) {
            write_at_random(*disk, random, model_);
        } else {
            compare_at_random(*disk, random, model_);
        }
    }
    ASSERT_TRUE(disk->content() == model_);
    Bytes data(8 * SECTOR_SIZE);
    EXPECT_EQ(disk->write(kReferenceSectors - 7, data), -EINVAL) << "beyond the end";
    EXPECT_EQ(bdrv_flush(disk->get()), 0);
    EXPECT_TRUE(read_bytes(path("file")) == model_);
}

// What a guest wrote to its device must not choose the format: here a qcow header.
TEST_F(HostDevice, IsNotProbedByContent)
{
    patch_bytes(path("file"), 0, text_bytes("QFI\xfb"));
    patch_bytes(path("file"), 4, big_endian(1, 4));
    const Loop loop(path("file"));
    const Disk disk(loop.device(), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_STREQ(bdrv_get_format(const_cast<Disk&>(disk).get()), "host_device");
}

// The faults that the unpatched tree must keep: a read-only device is open for writing and not known as such.
// Oracles: /proc/self/fd, blockdev, and the kernel, which refuses the write alone.
TEST_F(HostDevice, AReadOnlyDeviceIsOpenForWriting)
{
    const Bytes before = model_;
    for (const bool from_start : {true, false}) {
        const Loop loop(path("file"), from_start);
        if (!from_start) {
            run_ok({"blockdev", "--setro", loop.device()});
        }
        EXPECT_EQ(run_ok({"blockdev", "--getro", loop.device()}), "1\n");
        Disk disk(loop.device(), "host_device");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_EQ(open_modes(loop.device()), std::vector<int>{O_RDWR});
        EXPECT_EQ(bdrv_is_read_only(disk.get()), 0);
        EXPECT_EQ(disk.write(5, Bytes(SECTOR_SIZE, 0x77)), -EPERM);
        EXPECT_TRUE(disk.content() == before);
    }
    EXPECT_TRUE(read_bytes(path("file")) == before);
}

// The fault that the unpatched tree must keep: any ioctl goes through. Oracle: blockdev.
TEST_F(HostDevice, IoctlsArePassedOnUnasked)
{
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    uint64_t bytes = 0;
    int on = 1;
    EXPECT_EQ(bdrv_ioctl(disk.get(), BLKGETSIZE64, &bytes), 0);
    EXPECT_EQ(bytes, model_.size());
    EXPECT_EQ(bdrv_ioctl(disk.get(), BLKROSET, &on), 0);
    EXPECT_EQ(run_ok({"blockdev", "--getro", loop.device()}), "1\n");
    EXPECT_LT(bdrv_ioctl(disk.get(), 0xffffffff, nullptr), 0);
}

TEST_F(HostDevice, HasNoOtherEntryPoints)
{
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    Bytes data(SECTOR_SIZE);
    EXPECT_EQ(bdrv_truncate(disk.get(), 0), -ENOTSUP);
    EXPECT_EQ(bdrv_write_compressed(disk.get(), 0, data.data(), 1), -ENOTSUP);
    EXPECT_EQ(bdrv_snapshot_delete(disk.get(), "1"), -ENOTSUP);
    EXPECT_EQ(bdrv_create(bdrv_find_format("host_device"), path("new").c_str(), 8, nullptr, 0), -ENOTSUP);
    EXPECT_TRUE(disk.content() == model_);
}

TEST_F(HostDevice, OtherFilesThanDevicesAreRefused)
{
    run_ok({"mkfifo", path("fifo")});
    EXPECT_EQ(Disk(path("file"), "host_device").status(), -EINVAL);
    EXPECT_EQ(Disk(path("fifo"), "host_device").status(), -EINVAL);
    EXPECT_EQ(Disk(path(""), "host_device").status(), -EINVAL);
    EXPECT_EQ(Disk(path("none"), "host_device").status(), -ENOENT);
    for (const char* device : {"/dev/null", "/dev/zero"}) {
        EXPECT_EQ(Disk(device, "host_device").status(), -EINVAL) << "a character device without a size";
    }
    write_bytes(path("empty"), {});
    const Loop loop(path("empty"));
    EXPECT_EQ(Disk(loop.device(), "host_device").status(), -EINVAL) << "a fixed disk without sectors";
}

}  // namespace
}  // namespace rogate::selfcheck
