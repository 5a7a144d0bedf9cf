// SPDX-License-Identifier: GPL-2.0-or-later
// The device model's command line: which slots it fills and what it says to words it does not know.
#include "fixture.h"

extern "C" int ioemu_main(int argc, char** argv);

namespace rogate::selfcheck
{
namespace
{

class CommandLine : public DiskTest
{
protected:
    ~CommandLine() override { clear(); }
    void SetUp() override
    {
        create("a.raw", "raw", 16);
        create("b.qcow", "qcow", 32);
    }
    static void clear()
    {
        for (auto& bs : bs_table) {
            if (bs) {
                bdrv_delete(std::exchange(bs, nullptr));
            }
        }
        for (auto& bs : fd_table) {
            if (bs) {
                bdrv_delete(std::exchange(bs, nullptr));
            }
        }
        for (auto& bs : usb_table) {
            if (bs) {
                bdrv_delete(std::exchange(bs, nullptr));
            }
        }
    }
    /// Starts the device model afresh; its exit code, and what it said in said_.
    int start(std::vector<std::string> words)
    {
        clear();
        words.insert(words.begin(), "ioemu");
        std::vector<char*> argv;
        for (auto& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        ::testing::internal::CaptureStderr();
        int code = ioemu_main(static_cast<int>(words.size()), argv.data());
        said_ = ::testing::internal::GetCapturedStderr();
        return code;
    }
    static std::string at(int slot)
    {
        BlockDriverState* bs = bs_table[slot];
        return bs && bdrv_is_inserted(bs) ? bdrv_get_format(bs) : "";
    }
    std::string said_;
};

TEST_F(CommandLine, FillsTheSlots)
{
    ASSERT_EQ(start({"-hda", path("a.raw"), "-hdd", path("b.qcow"), "-fdb", path("a.raw")}), 0) << said_;
    EXPECT_EQ(at(0), "raw");
    EXPECT_EQ(at(1), "");
    EXPECT_EQ(at(3), "qcow");
    EXPECT_STREQ(bdrv_get_device_name(bs_table[3]), "hdd");
    ASSERT_NE(bs_table[2], nullptr) << "the CD drive is always there";
    EXPECT_FALSE(bdrv_is_inserted(bs_table[2]));
    EXPECT_EQ(bdrv_get_type_hint(bs_table[2]), BDRV_TYPE_CDROM);
    ASSERT_NE(fd_table[1], nullptr);
    EXPECT_TRUE(bdrv_is_inserted(fd_table[1]));
}

TEST_F(CommandLine, DriveNamesSlotFormatAndMedia)
{
    std::filesystem::copy(path("b.qcow"), path("odd,name"));
    ASSERT_EQ(
        start({"-drive", "file=" + path("a.raw") + ",if=ide,index=1,format=raw", "-drive",
               "format=raw,if=scsi,index=6,file=" + path("odd,,name"), "-drive", "media=cdrom,file=" + path("a.raw")}),
        0)
        << said_;
    EXPECT_EQ(at(1), "raw");
    EXPECT_EQ(at(MAX_DISKS + 6), "raw") << "the format that is named holds, whatever the image looks like";
    EXPECT_EQ(at(2), "raw");
    EXPECT_TRUE(bdrv_is_removable(bs_table[2]));
}

TEST_F(CommandLine, SnapshotHoldsForOneDriveOrForAll)
{
    ASSERT_EQ(start({"-drive", "snapshot=on,file=" + path("a.raw"), "-hdb", path("a.raw")}), 0) << said_;
    EXPECT_EQ(at(0), "qcow");
    EXPECT_EQ(at(1), "raw");
    ASSERT_EQ(start({"-hda", path("a.raw"), "-hdb", path("a.raw"), "-snapshot"}), 0) << said_;
    EXPECT_EQ(at(0), "qcow");
    EXPECT_EQ(at(1), "qcow");
}

TEST_F(CommandLine, UsbDisksComeInTheOrderOfTheirWords)
{
    ASSERT_EQ(start({"-usbdevice", "disk:" + path("b.qcow"), "-usbdevice", "disk:format=raw:" + path("b.qcow")}), 0)
        << said_;
    ASSERT_NE(usb_table[1], nullptr);
    EXPECT_STREQ(bdrv_get_format(usb_table[0]), "qcow") << "probed";
    EXPECT_STREQ(bdrv_get_format(usb_table[1]), "raw") << "named";
    EXPECT_EQ(usb_table[2], nullptr);
}

TEST_F(CommandLine, TheBoardHasItsOwnScsiDisks)
{
    const auto before = std::filesystem::current_path();
    std::filesystem::copy(path("a.raw"), path("scsi_disk.img"));
    std::filesystem::copy(path("a.raw"), path("scsi_cd.iso"));
    std::filesystem::current_path(path(""));
    const int code = start({"-drive", "if=scsi,index=0,file=" + path("b.qcow")});
    std::filesystem::current_path(before);
    ASSERT_EQ(code, 0) << said_;
    EXPECT_EQ(at(MAX_DISKS), "qcow") << "the command line comes first";
    ASSERT_EQ(at(MAX_DISKS + 1), "raw");
    ASSERT_EQ(at(MAX_DISKS + 2), "raw");
    EXPECT_STREQ(bdrv_get_device_name(bs_table[MAX_DISKS + 1]), "scsidisk");
    EXPECT_EQ(bdrv_get_type_hint(bs_table[MAX_DISKS + 2]), BDRV_TYPE_CDROM);
    EXPECT_EQ(at(MAX_DISKS + 3), "");
}

/// Oracle: the texts, written down whole.
TEST_F(CommandLine, RefusesWithAMessage)
{
    const struct {
        std::vector<std::string> words;
        std::string said;
    } cases[] = {
        {{"-drive", "file=x,ro"}, "qemu: unknown parameter 'ro' in 'file=x,ro'\n"},
        {{"-drive", "file=x,ro=on"}, "qemu: unknown parameter 'ro' in 'file=x,ro=on'\n"},
        {{"-drive", "file=x,format=zip"}, "qemu: invalid value 'zip' of 'format' in 'file=x,format=zip'\n"},
        {{"-drive", "file=x,index=4"}, "qemu: no free ide drive 4 for 'file=x,index=4'\n"},
        {{"-drive", "file=x,index=-1"}, "qemu: invalid value '-1' of 'index' in 'file=x,index=-1'\n"},
        {{"-drive", "file=x,snapshot=1"}, "qemu: invalid value '1' of 'snapshot' in 'file=x,snapshot=1'\n"},
        {{"-drive", "if=ide"}, "qemu: no file in 'if=ide'\n"},
        {{"-hda", "x", "-hda", "y"}, "qemu: -hda 'y': drive already in use\n"},
        {{"-hda"}, "qemu: option '-hda' requires an argument\n"},
        {{"-net", "none"}, "qemu: invalid option '-net'\n"},
        {{"-usbdevice", "mouse"}, "qemu: unknown USB device 'mouse'\n"},
        {{"-usbdevice", "disk:format=zip:x"}, "qemu: unknown format in USB disk 'format=zip:x'\n"},
        {{"-usbdevice", "disk:/none/x"}, "qemu: could not open USB disk image '/none/x': No such file or directory\n"},
        {{"-d", "-1"}, "qemu: invalid domain '-1'\n"},
        {{"-d", "70000"}, "qemu: invalid domain '70000'\n"},
        {{"-hda", "/none/x"}, "qemu: could not open hard disk image '/none/x': No such file or directory\n"},
        {{"-fda", "/none/x"}, "qemu: could not open floppy disk image '/none/x': No such file or directory\n"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(start(c.words), 1);
        EXPECT_EQ(said_, c.said);
    }
    std::string longest = "file=" + std::string(5000, 'x');
    EXPECT_EQ(start({"-drive", longest}), 1);
    EXPECT_EQ(said_, "qemu: parameter too long in '" + longest + "'\n");
}

}  // namespace
}  // namespace rogate::selfcheck
