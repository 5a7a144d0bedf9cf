// SPDX-License-Identifier: GPL-2.0-or-later
// Oracle: device paths as Linux 6.1 has them under QEMU's machine `pc`, and the names that the report's form gives them.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

extern "C" {
#include "sg_name.h"
}

namespace {

namespace fs = std::filesystem;

/// A folder that stands for /sys, gone with its object.
class Sysfs {
public:
    Sysfs()
    {
        std::string name = fs::temp_directory_path() / "sg_name.XXXXXX";
        root_ = mkdtemp(name.data());
    }
    Sysfs(const Sysfs&) = delete;
    Sysfs& operator=(const Sysfs&) = delete;
    ~Sysfs() { fs::remove_all(root_); }

    void add(const std::string& address, const std::string& vendor, const std::string& device, const std::string& code)
    {
        const fs::path folder = function(address);
        fs::create_directories(folder);
        std::ofstream(folder / "vendor") << vendor << '\n';
        std::ofstream(folder / "device") << device << '\n';
        std::ofstream(folder / "class") << code << '\n';
    }

    void add_hub(const std::string& address, const std::string& usb, unsigned ports)
    {
        fs::create_directories(function(address) / usb);
        std::ofstream(function(address) / usb / "maxchild") << ports << '\n';
    }

    [[nodiscard]] std::string name(const std::string& path, size_t room = 16) const
    {
        std::string text(room, '?');
        const std::string whole = root_.string() + "/devices/pci0000:00/" + path;
        return sg_name(root_.c_str(), whole.c_str(), text.data(), room) ? std::string(text.c_str())
                                                                         : "none" + std::string(text.c_str());
    }

private:
    [[nodiscard]] fs::path function(const std::string& address) const { return root_ / "bus/pci/devices" / address; }

    fs::path root_;
};

void add_lsi(Sysfs& sysfs, const std::string& address) { sysfs.add(address, "0x1000", "0x0012", "0x010000"); }
void add_virtio(Sysfs& sysfs, const std::string& address, const std::string& device)
{
    sysfs.add(address, "0x1af4", device, "0x010000");
}
void add_uhci(Sysfs& sysfs, const std::string& address) { sysfs.add(address, "0x8086", "0x7020", "0x0c0300"); }
void add_ehci(Sysfs& sysfs, const std::string& address) { sysfs.add(address, "0x8086", "0x24cd", "0x0c0320"); }

TEST(SgName, CountsControllersOfAKindInTheOrderOfTheirAddresses)
{
    Sysfs sysfs;
    add_lsi(sysfs, "0000:00:0a.0");
    add_virtio(sysfs, "0000:00:05.0", "0x1004");
    add_lsi(sysfs, "0000:00:04.0");
    add_virtio(sysfs, "0000:00:06.0", "0x1048");
    add_virtio(sysfs, "0000:00:03.0", "0x1001");  // a block device: another kind
    EXPECT_EQ(sysfs.name("0000:00:04.0/host2/target2:0:6/2:0:6:0"), "lsi0.6");
    EXPECT_EQ(sysfs.name("0000:00:0a.0/host9/target9:0:0/9:0:0:0"), "lsi1.0");
    EXPECT_EQ(sysfs.name("0000:00:05.0/virtio1/host3/target3:0:63/3:0:63:0"), "vscsi0.63");
    EXPECT_EQ(sysfs.name("0000:00:06.0/virtio2/host4/target4:0:7/4:0:7:0"), "vscsi1.7");
}

TEST(SgName, CountsTheUsbPortsOfAllControllersOfAKind)
{
    Sysfs sysfs;
    add_uhci(sysfs, "0000:00:01.2");
    sysfs.add_hub("0000:00:01.2", "usb1", 2);
    add_uhci(sysfs, "0000:00:05.0");
    sysfs.add_hub("0000:00:05.0", "usb2", 2);
    add_ehci(sysfs, "0000:00:04.0");
    sysfs.add_hub("0000:00:04.0", "usb3", 6);
    EXPECT_EQ(sysfs.name("0000:00:01.2/usb1/1-2/1-2:1.0/host5/target5:0:0/5:0:0:0"), "uhci1");
    EXPECT_EQ(sysfs.name("0000:00:05.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0"), "uhci2");
    EXPECT_EQ(sysfs.name("0000:00:04.0/usb3/3-6/3-6:1.0/host7/target7:0:0/7:0:0:0"), "ehci5");
    EXPECT_EQ(sysfs.name("0000:00:05.0/usb2/2-2/2-2.3/2-2.3:1.0/host6/target6:0:0/6:0:0:0"), "uhci3.3");
}

TEST(SgName, FollowsABridgeToTheControllerItself)
{
    Sysfs sysfs;
    sysfs.add("0000:00:03.0", "0x1b36", "0x0001", "0x060400");
    add_lsi(sysfs, "0000:01:02.0");
    EXPECT_EQ(sysfs.name("0000:00:03.0/0000:01:02.0/host2/target2:0:1/2:0:1:0"), "lsi0.1");
}

TEST(SgName, PassesOverWhatIsNotOurs)
{
    Sysfs sysfs;
    sysfs.add("0000:00:01.1", "0x8086", "0x7010", "0x010180");
    add_lsi(sysfs, "0000:00:04.0");
    add_uhci(sysfs, "0000:00:05.0");
    EXPECT_EQ(sysfs.name("0000:00:01.1/ata1/host0/target0:0:0/0:0:0:0"), "none");
    EXPECT_EQ(sysfs.name("0000:00:04.0/host2/target2:0:6/2:0:6:1"), "none");    // another unit than 0
    EXPECT_EQ(sysfs.name("0000:00:04.0/host2/target2:0:6"), "none");
    EXPECT_EQ(sysfs.name("0000:00:05.0/usb2/host6/target6:0:0/6:0:0:0"), "none");
    EXPECT_EQ(sysfs.name("platform/host6/target6:0:0/6:0:0:0"), "none");
}

TEST(SgName, LeavesTheNameEmptyWithoutRoomForIt)
{
    Sysfs sysfs;
    add_lsi(sysfs, "0000:00:04.0");
    EXPECT_EQ(sysfs.name("0000:00:04.0/host2/target2:0:6/2:0:6:0", 7), "lsi0.6");
    EXPECT_EQ(sysfs.name("0000:00:04.0/host2/target2:0:6/2:0:6:0", 6), "none");
}

}  // namespace
