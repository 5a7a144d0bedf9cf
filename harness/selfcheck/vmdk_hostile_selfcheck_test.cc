// SPDX-License-Identifier: GPL-2.0-or-later
// vmdk images that break their format or reach for other files, and the faults that the unpatched driver keeps.
#include <cerrno>

#include "fixture.h"
#include "image/vmdk_image.h"
#include "open_modes.h"

namespace rogate::selfcheck {
namespace {

using image::VmdkDescriptorText;

constexpr int64_t kSectors = 17136;
/// Where a new image of this size has things: bytes.
constexpr uint64_t kCopyTableAt = 22 * SECTOR_SIZE;
constexpr uint64_t kTableAt = 27 * SECTOR_SIZE;

Bytes little_endian(uint64_t value, int width)
{
    Bytes data = big_endian(value, width);
    return {data.rbegin(), data.rend()};
}

class VmdkHostile : public DiskTest {
protected:
    /// Makes `disk` anew, with some sectors written.
    void make()
    {
        create("disk", "vmdk", kSectors);
        Disk disk(path("disk"), "vmdk");
        ASSERT_EQ(disk.write(100, Bytes(60 * SECTOR_SIZE, 0x11)), 0);
        ASSERT_EQ(disk.write(17130, Bytes(6 * SECTOR_SIZE, 0x22)), 0);
    }
    void expect_refused(const char* what, int64_t offset, const Bytes& change)
    {
        ASSERT_NO_FATAL_FAILURE(make());
        patch_bytes(path("disk"), offset, change);
        const Bytes before = read_bytes(path("disk"));
        EXPECT_LT(Disk(path("disk"), "vmdk").status(), 0) << what;
        EXPECT_TRUE(read_bytes(path("disk")) == before) << what;
    }
    void write_text(const std::string& name, const std::string& text)
    {
        write_bytes(path(name), {text.begin(), text.end()});
    }
    /// A descriptor with these extents.
    void describe(std::vector<image::VmdkExtentLine> extents)
    {
        VmdkDescriptorText text{.create_type = "custom", .cid = 0x12345678, .extents = std::move(extents)};
        write_text("disk.vmdk", image::vmdk_descriptor(text));
    }
};

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
    for (const uint64_t table : {UINT64_C(99999), UINT64_C(0), UINT64_C(27)}) {
        ASSERT_NO_FATAL_FAILURE(make());
        patch_bytes(path("disk"), 21 * SECTOR_SIZE, little_endian(table, 4));
        const Bytes before = read_bytes(path("disk"));
        {
            Disk disk(path("disk"), "vmdk");
            ASSERT_EQ(disk.status(), 0) << table;
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

/// CVE-2022-47951: a descriptor from outside must not reach files that its owner could not.
TEST_F(VmdkHostile, ExtentsOutsideTheFolderAreRefused)
{
    std::filesystem::create_directory(path("sub"));
    for (const char* name : {"secret", "sub/inner", "sub/fat:secret"}) {
        write_bytes(path(name), Bytes(64 * SECTOR_SIZE, 0x5e));
    }
    const auto folder = std::filesystem::current_path();
    std::filesystem::current_path(path("sub"));  // where a name with a protocol would be looked for
    std::filesystem::create_symlink("secret", path("link"));
    run_ok({"mkfifo", path("fifo")});
    for (const std::string& name :
         {path("secret"), std::string("sub/inner"), std::string("../secret"), std::string("./secret"), std::string(),
          std::string("."), std::string(".."), std::string("fat:secret"), std::string("link"), std::string("fifo"),
          std::string("sub"), std::string("disk.vmdk"), std::string("none"), std::string(2000, 'x')}) {
        describe({{"RW", 1, "FLAT", name}});
        std::filesystem::resize_file(path("disk.vmdk"), 4096);  // long enough to hold a sector of its own
        EXPECT_LT(Disk(path("disk.vmdk"), "vmdk").status(), 0) << name;
    }
    std::filesystem::current_path(folder);
    describe({{"RW", 64, "FLAT", "secret"}});
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), 0);
}

TEST_F(VmdkHostile, DescriptorsAreRefused)
{
    write_bytes(path("flat"), Bytes(64 * SECTOR_SIZE));
    const std::string head = "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n";
    const std::string good = head + "RW 64 FLAT \"flat\" 0\n";
    const struct {
        const char* what;
        std::string text;
    } cases[] = {
        {"no signature", "version=1\nCID=1\nRW 64 FLAT \"flat\" 0\n"},
        {"no extent", head},
        {"no CID", "# Disk DescriptorFile\nversion=1\nRW 64 FLAT \"flat\" 0\n"},
        {"two CIDs", head + "CID=1\nRW 64 FLAT \"flat\" 0\n"},
        {"a CID of 9 digits", "# Disk DescriptorFile\nCID=123456789\nRW 64 FLAT \"flat\" 0\n"},
        {"a CID of no digits", "# Disk DescriptorFile\nCID=xyz\nRW 64 FLAT \"flat\" 0\n"},
        {"version 9", "# Disk DescriptorFile\nversion=9\nCID=1\nRW 64 FLAT \"flat\" 0\n"},
        {"a parent without a name", "# Disk DescriptorFile\nCID=1\nparentCID=2\nRW 64 FLAT \"flat\" 0\n"},
        {"a parent's name without an end", head + "parentFileNameHint=\"" + std::string(3000, 'p') + "\"\n"},
        {"beyond the file", head + "RW 65 FLAT \"flat\" 0\n"},
        {"offset beyond the file", head + "RW 64 FLAT \"flat\" 1\n"},
        {"negative sectors", head + "RW -64 FLAT \"flat\" 0\n"},
        {"negative offset", head + "RW 1 FLAT \"flat\" -1\n"},
        {"0 sectors", head + "RW 0 FLAT \"flat\" 0\n"},
        {"2^63 sectors", head + "RW 9223372036854775808 FLAT \"flat\" 0\n"},
        {"more than 2 TiB", head + "RW 4294967296 ZERO\nRW 1 ZERO\n"},
        {"hexadecimal sectors", head + "RW 0x40 FLAT \"flat\" 0\n"},
        {"no name", head + "RW 64 FLAT\n"},
        {"a name without an end", head + "RW 64 FLAT \"flat\n"},
        {"another type", head + "RW 64 VMFSRAW \"flat\" 0\n"},
        {"sparse, but no magic", head + "RW 64 SPARSE \"flat\"\n"},
        {"another access", good + "WO 64 FLAT \"flat\" 0\n"},
        {"longer than any", good + std::string(300000, '\n')},
    };
    for (const auto& c : cases) {
        write_text("disk.vmdk", c.text);
        EXPECT_LT(Disk(path("disk.vmdk"), "vmdk").status(), 0) << c.what;
    }
    write_text("disk.vmdk", " \n" + good + "  \r\n");
    EXPECT_EQ(Disk(path("disk.vmdk"), "").status(), 0) << "space around is allowed";
}

/// Oracle: the access words themselves; qemu-img 7.2 knows RW only.
TEST_F(VmdkHostile, AccessAndZerosAreObeyed)
{
    write_bytes(path("rw"), Bytes(8 * SECTOR_SIZE, 0x31));
    write_bytes(path("ro"), Bytes(8 * SECTOR_SIZE, 0x32));
    describe({{"RW", 8, "FLAT", "rw"}, {"RDONLY", 8, "FLAT", "ro"}, {"RW", 8, "ZERO"}, {"NOACCESS", 8, "ZERO"}});
    Disk disk(path("disk.vmdk"), "vmdk");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_EQ(open_modes(path("rw")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("ro")), Modes{O_RDONLY});
    Bytes data(SECTOR_SIZE);
    EXPECT_EQ(disk.read(8, data), 0);
    EXPECT_EQ(data, Bytes(SECTOR_SIZE, 0x32));
    EXPECT_EQ(disk.read(16, data), 0);
    EXPECT_EQ(data, Bytes(SECTOR_SIZE));
    EXPECT_EQ(disk.read(24, data), -EACCES);
    EXPECT_EQ(disk.write(7, Bytes(2 * SECTOR_SIZE, 0x99)), -EACCES) << "half of it would be allowed";
    EXPECT_EQ(disk.write(16, data), -ENOTSUP);
    EXPECT_EQ(disk.write(24, data), -EACCES);
    EXPECT_EQ(read_bytes(path("rw")), Bytes(8 * SECTOR_SIZE, 0x31));
    EXPECT_EQ(disk.write(7, data), 0);
}

TEST_F(VmdkHostile, ExtentsMayNotShareAFileWithTables)
{
    ASSERT_NO_FATAL_FAILURE(make());
    describe({{"RW", 17136, "SPARSE", "disk"}, {"RW", 1, "FLAT", "disk"}});
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -EINVAL);
    describe({{"RW", 17136, "SPARSE", "disk"}, {"RW", 17136, "SPARSE", "disk"}});
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -EINVAL);
}

/// A zeroed grain (flag 2, entry 1) hides what the parent has.
TEST_F(VmdkHostile, ZeroedGrainsReadAsZeros)
{
    ASSERT_NO_FATAL_FAILURE(make());
    create("child", "vmdk", kSectors, "disk");
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

/// The faults of the unpatched tree. Oracle: the kernel's view of this process.
TEST_F(VmdkHostile, FaultEveryFileOfADiskIsOpenForWriting)
{
    ASSERT_NO_FATAL_FAILURE(make());
    create("child", "vmdk", kSectors, "disk");
    Disk child(path("child"), "vmdk");
    EXPECT_EQ(open_modes(path("child")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("disk")), Modes{O_RDWR}) << "the parent";
    EXPECT_EQ(bdrv_is_read_only(child.get()), 0);
    create("part", "vmdk", kSectors);
    describe({{"RW", 17136, "SPARSE", "part"}});
    Disk split(path("disk.vmdk"), "vmdk");
    EXPECT_EQ(open_modes(path("disk.vmdk")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("part")), Modes{O_RDWR});
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
