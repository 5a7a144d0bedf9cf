// SPDX-License-Identifier: GPL-2.0-or-later
// host_device with drives whose medium comes and goes. The drive is a loop device; what makes it one are this program's
// own ioctl and fstat, which answer in place of the kernel's where a test says so.
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstring>

#include "loop_device.h"
#include "read_only_disk.h"

namespace
{

/// What the faked drive answers.
struct Drive {
    bool is_cdrom = false;
    bool is_floppy = false;
    bool has_medium = true;
    uint64_t size_bytes = UINT64_MAX;  ///< UINT64_MAX: what the kernel says
    std::vector<unsigned long> requests = {};
};
Drive drive;

int refuse(int error)
{
    errno = error;
    return -1;
}

int drive_ioctl(int fd, unsigned long request, void* argument)
{
    drive.requests.push_back(request);
    switch (request) {
    case CDROM_DRIVE_STATUS:
        return drive.is_cdrom ? (drive.has_medium ? CDS_DISC_OK : CDS_NO_DISC) : refuse(ENOTTY);
    case CDROMEJECT:
        drive.has_medium = false;
        return drive.is_cdrom ? 0 : refuse(ENOTTY);
    case CDROMCLOSETRAY:
        drive.has_medium = true;
        return drive.is_cdrom ? 0 : refuse(ENOTTY);
    case FDPOLLDRVSTAT:
        memset(argument, 0, sizeof(floppy_drive_struct));
        static_cast<floppy_drive_struct*>(argument)->flags = drive.has_medium ? 0 : FD_DISK_NEWCHANGE;
        return drive.is_floppy ? 0 : refuse(ENOTTY);
    case FDEJECT:
        drive.has_medium = false;
        return drive.is_floppy ? 0 : refuse(ENOTTY);
    case BLKGETSIZE64:
        if (drive.size_bytes != UINT64_MAX) {
            memcpy(argument, &drive.size_bytes, sizeof(drive.size_bytes));
            return 0;
        }
        break;
    default:
        break;
    }
    return static_cast<int>(::syscall(SYS_ioctl, fd, request, argument));
}

}  // namespace

extern "C" int ioctl(int fd, unsigned long request, ...) noexcept
{
    va_list arguments;
    va_start(arguments, request);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    return drive_ioctl(fd, request, argument);
}

extern "C" int fstat(int fd, struct stat* st) noexcept
{
    const int ret = ::fstatat(fd, "", st, AT_EMPTY_PATH);
    if (ret == 0 && drive.is_floppy && S_ISBLK(st->st_mode)) {
        st->st_rdev = makedev(FLOPPY_MAJOR, 0);
    }
    return ret;
}

namespace rogate::selfcheck
{
namespace
{

constexpr int64_t kSectors = 2880;

class HostMedia : public DiskTest
{
protected:
    void SetUp() override
    {
        if (!loop_devices_work()) {
            GTEST_SKIP() << "loop devices need root and /dev/loop-control";
        }
        drive = {};
        std::mt19937_64 random(kSeed);
        model_ = disk_content(random, kSectors * SECTOR_SIZE);
        write_bytes(path("file"), model_);
    }
    void TearDown() override { drive = {}; }

    Bytes model_;
};

TEST_F(HostMedia, ACdromIsReadOnlyHoweverItWasOpened)
{
    drive.is_cdrom = true;
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 1);
    EXPECT_EQ(disk.write(0, Bytes(SECTOR_SIZE)), -EACCES);
    EXPECT_TRUE(disk.content() == model_);
}

TEST_F(HostMedia, ADiskIsNoCdrom)
{
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 0);
    EXPECT_EQ(disk.write(0, Bytes(SECTOR_SIZE)), 0);
}

TEST_F(HostMedia, ADriveMayBeEmpty)
{
    drive.is_cdrom = true;
    drive.has_medium = false;
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(bdrv_getlength(disk.get()), 0);
    Bytes data(SECTOR_SIZE);
    EXPECT_LT(disk.read(0, data), 0);
    drive.has_medium = true;
    EXPECT_EQ(bdrv_getlength(disk.get()), kSectors * SECTOR_SIZE) << "put in by hand";
    EXPECT_EQ(disk.read(0, data), 0);
}

TEST_F(HostMedia, EjectingTakesTheSectorsAway)
{
    drive.is_cdrom = true;
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    Bytes data(SECTOR_SIZE);
    EXPECT_EQ(bdrv_ioctl(disk.get(), CDROMEJECT, nullptr), 0);
    EXPECT_LT(disk.read(0, data), 0);
    drive.size_bytes = 100 * SECTOR_SIZE;  // another disc
    EXPECT_EQ(bdrv_ioctl(disk.get(), CDROMCLOSETRAY, nullptr), 0);
    EXPECT_EQ(disk.read(99, data), 0);
    EXPECT_EQ(disk.read(100, data), -EINVAL);
    EXPECT_EQ(bdrv_getlength(disk.get()), 100 * SECTOR_SIZE);
}

TEST_F(HostMedia, AFloppyIsWritableAndItsMediumMayGo)
{
    drive.is_floppy = true;
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 0);
    EXPECT_EQ(disk.write(2879, Bytes(SECTOR_SIZE, 0x31)), 0);
    EXPECT_EQ(bdrv_ioctl(disk.get(), FDEJECT, nullptr), 0);
    EXPECT_EQ(bdrv_getlength(disk.get()), 0);
    EXPECT_LT(disk.write(0, Bytes(SECTOR_SIZE)), 0);
}

TEST_F(HostMedia, ASizeThatNoOffsetReachesIsRefused)
{
    drive.size_bytes = UINT64_C(1) << 63;
    const Loop loop(path("file"));
    EXPECT_EQ(Disk(loop.device(), "host_device").status(), -EFBIG);
}

// The fault that the unpatched tree must keep: it does not ask whether the device may be written.
TEST_F(HostMedia, TheDeviceIsNotAskedWhetherItIsReadOnly)
{
    const Loop loop(path("file"));
    Disk disk(loop.device(), "host_device");
    EXPECT_EQ(std::count(drive.requests.begin(), drive.requests.end(), BLKROGET), 0);
    EXPECT_EQ(std::count(drive.requests.begin(), drive.requests.end(), BLKGETSIZE64), 1);
}

// The open waits for nobody, what follows may.
TEST_F(HostMedia, TheDescriptorBlocksAfterTheOpening)
{
    const Loop loop(path("file"));
    const Disk disk(loop.device(), "host_device");
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        if (std::filesystem::read_symlink(entry.path(), error) == loop.device() && !error) {
            EXPECT_EQ(fcntl(std::stoi(entry.path().filename()), F_GETFL) & O_NONBLOCK, 0);
        }
    }
}

}  // namespace
}  // namespace rogate::selfcheck
