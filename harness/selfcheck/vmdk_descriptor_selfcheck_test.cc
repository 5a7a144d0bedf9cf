// SPDX-License-Identifier: GPL-2.0-or-later
// vmdk descriptors that break their format or reach for other files, and the faults that the unpatched driver keeps.
#include <cerrno>

#include "open_modes.h"
#include "vmdk_fixture.h"

namespace rogate::selfcheck {
namespace {

using VmdkDescriptor = VmdkTest;

/// CVE-2022-47951: a descriptor from outside must not reach files that its owner could not.
TEST_F(VmdkDescriptor, ExtentsOutsideTheFolderAreRefused)
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

TEST_F(VmdkDescriptor, DescriptorsAreRefused)
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
TEST_F(VmdkDescriptor, AccessAndZerosAreObeyed)
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

TEST_F(VmdkDescriptor, ExtentsMayNotShareAFileWithTables)
{
    ASSERT_NO_FATAL_FAILURE(make());
    describe({{"RW", 17136, "SPARSE", "disk"}, {"RW", 1, "FLAT", "disk"}});
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -EINVAL);
    describe({{"RW", 17136, "SPARSE", "disk"}, {"RW", 17136, "SPARSE", "disk"}});
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -EINVAL);
}

/// Only a vmdk disk has a content id to compare, so nothing else is opened as a parent.
TEST_F(VmdkDescriptor, ParentsThatAreNoVmdkAreRefused)
{
    write_bytes(path("secret"), Bytes(64 * SECTOR_SIZE, 0x5e));
    VmdkDescriptorText text{.create_type = "custom",
                            .cid = 1,
                            .parent_cid = 2,
                            .parent = "secret",
                            .extents = {{"RW", 64, "FLAT", "secret"}}};
    write_text("disk.vmdk", image::vmdk_descriptor(text));
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -EINVAL);
    EXPECT_EQ(bdrv_create(&bdrv_vmdk, path("child").c_str(), 64, "secret", 0), -EINVAL);
    EXPECT_EQ(bdrv_create(&bdrv_vmdk, path("child").c_str(), 64, "none", 0), -ENOENT);
    EXPECT_FALSE(std::filesystem::exists(path("child")));
    text.parent = "disk.vmdk";
    write_text("disk.vmdk", image::vmdk_descriptor(text));
    EXPECT_EQ(Disk(path("disk.vmdk"), "vmdk").status(), -ELOOP);
}

/// The faults of the unpatched tree. Oracle: the kernel's view of this process.
TEST_F(VmdkDescriptor, FaultEveryFileOfADiskIsOpenForWriting)
{
    ASSERT_NO_FATAL_FAILURE(make());
    create("child", "vmdk", kVmdkSectors, "disk");
    Disk child(path("child"), "vmdk");
    EXPECT_EQ(open_modes(path("child")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("disk")), Modes{O_RDWR}) << "the parent";
    EXPECT_EQ(bdrv_is_read_only(child.get()), 0);
    create("part", "vmdk", kVmdkSectors);
    describe({{"RW", 17136, "SPARSE", "part"}});
    Disk split(path("disk.vmdk"), "vmdk");
    EXPECT_EQ(open_modes(path("disk.vmdk")), Modes{O_RDWR});
    EXPECT_EQ(open_modes(path("part")), Modes{O_RDWR});
}

}  // namespace
}  // namespace rogate::selfcheck
