// SPDX-License-Identifier: GPL-2.0-or-later
// The faults that the unpatched tree must keep: a base that is sealed would prove nothing about the series.
// Oracle: the kernel's own view of this process, /proc/self.
#include <fcntl.h>

#include <cerrno>
#include <fstream>

#include "fixture.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int64_t kSectors = 2048;

/// Access modes (O_RDONLY, O_RDWR...) of this process's descriptors of `file`.
std::vector<int> open_modes(const std::string& file)
{
    std::vector<int> modes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        if (std::filesystem::read_symlink(entry.path(), error) == file && !error) {
            modes.push_back(fcntl(std::stoi(entry.path().filename()), F_GETFL) & O_ACCMODE);
        }
    }
    return modes;
}

/// The permissions column of this process's mapping of `file`, empty = none.
std::string mapping(const std::string& file)
{
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.size() > file.size() && line.compare(line.size() - file.size(), file.size(), file) == 0) {
            return line.substr(line.find(' ') + 1, 4);
        }
    }
    return {};
}

using Modes = std::vector<int>;

class Faults : public DiskTest
{
protected:
    void SetUp() override { create("base.raw", "raw", kSectors); }
};

TEST_F(Faults, EveryImageAndItsBackingFileAreOpenForWriting)
{
    for (const char* format : {"cow", "qcow"}) {
        create("disk", format, kSectors, "base.raw");
        Disk disk(path("disk"), format);
        ASSERT_EQ(disk.status(), 0);
        EXPECT_EQ(open_modes(path("disk")), Modes{O_RDWR}) << format;
        EXPECT_EQ(open_modes(path("base.raw")), Modes{O_RDWR}) << format;
    }
    Disk raw(path("base.raw"), "raw");
    EXPECT_EQ(open_modes(path("base.raw")), Modes{O_RDWR});
}

TEST_F(Faults, CowStoresIntoASharedMapping)
{
    create("disk", "cow", kSectors, "base.raw");
    Disk disk(path("disk"), "cow");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(mapping(path("disk")), "rw-s");
}

TEST_F(Faults, SnapshotOpensTheImageForWriting)
{
    Disk disk(path("base.raw"), "raw", true);
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(open_modes(path("base.raw")), Modes{O_RDWR});
}

/// -snapshot itself works: what is written can be read, the image stays as it is, the overlay goes.
TEST_F(Faults, SnapshotKeepsTheImage)
{
    Bytes before = read_bytes(path("base.raw"));
    std::string overlay;
    {
        Disk disk(path("base.raw"), "raw", true);
        ASSERT_EQ(disk.status(), 0);
        overlay = bdrv_get_filename(disk.get());
        EXPECT_TRUE(std::filesystem::exists(overlay));
        EXPECT_EQ(disk.write(7, Bytes(SECTOR_SIZE, 0x77)), 0);
        Bytes data(SECTOR_SIZE);
        EXPECT_EQ(disk.read(7, data), 0);
        EXPECT_EQ(data, Bytes(SECTOR_SIZE, 0x77));
    }
    EXPECT_FALSE(std::filesystem::exists(overlay));
    EXPECT_TRUE(read_bytes(path("base.raw")) == before);
}

TEST_F(Faults, TruncateAsksNobody)
{
    Disk disk(path("base.raw"), "raw");
    EXPECT_EQ(bdrv_truncate(disk.get(), 512), 0);
    EXPECT_EQ(std::filesystem::file_size(path("base.raw")), 512u);
}

}  // namespace
}  // namespace rogate::selfcheck
