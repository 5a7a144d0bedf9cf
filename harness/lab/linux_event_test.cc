// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to a machine while its guest writes: disks that come late, resets, a QEMU that is killed. The image of a disk
// that refuses stays as it is; that of its writable twin changes.
#include <csignal>
#include <thread>

#include "lab/fs_scenario.h"
#include "lab/linux_test_support.h"

using namespace rogate;
using namespace rogate::lab;
using namespace std::chrono_literals;

namespace {

const std::string kEmpty(kTestDiskBytes, '\0');

/// The step `write` of a raw scenario: true when the guest was told that it was done.
bool writes(TestMachine& machine, const std::string& disk)
{
    const FsReport report = parse_fs_report(machine.scenario(disk, "raw"));
    EXPECT_TRUE(report.complete) << report.problem;
    const FsStep* write = report.find("write");
    EXPECT_NE(write, nullptr);
    return write && write->rc == 4096;
}

/// Adds the node of an image beside the machine's own, and a device for it.
Result<void> plug(TestMachine& machine, const std::string& node, const std::string& device_json)
{
    auto empty = make_fs_image(FsImage::empty, machine.image(node), kTestDiskBytes);
    if (!empty) {
        return empty;
    }
    const std::string blockdev = fmt::format(
        R"({{"driver": "raw", "node-name": "{0}", "discard": "unmap", "file": {{"driver": "nbd", "export": "{0}",
            "server": {{"type": "unix", "path": "{1}", "abstract": true, "tight": true}}}}}})", node, machine.socket());
    std::string line = blockdev;
    std::erase(line, '\n');
    if (auto added = machine.guest->monitor().command("blockdev-add", line, machine.until); !added) {
        return added.error();
    }
    auto added = machine.guest->monitor().command("device_add", device_json, machine.until);
    return added ? Result<void>() : Result<void>(added.error());
}

struct Plugged {
    std::string name;
    std::string device;  ///< JSON
    bool needs_rescan;
};

/// Bytes of the image's file that are not zero.
bool changed(const TestMachine& machine, const std::string& node)
{
    auto text = read_file(machine.image(node));
    EXPECT_TRUE(text);
    return text && *text != kEmpty;
}

}  // namespace

TEST(LinuxEvents, ADiskPluggedInLateIsAsReadOnlyAsTheOthers)
{
    const std::vector<Plugged> plugged{
        {"vscsi0.2", R"({"driver": "scsi-hd", "bus": "vs0.0", "scsi-id": 2, "drive": "late0"})", false},
        {"vblk0", R"({"driver": "virtio-blk-pci", "addr": "c", "drive": "late1"})", false},
        {"ehci1", R"({"driver": "usb-storage", "bus": "ehci0.0", "port": "2", "drive": "late2"})", false},
        {"lsi0.4", R"({"driver": "scsi-hd", "bus": "lsi0.0", "scsi-id": 4, "drive": "late3"})", true}};
    const std::vector<TestDisk> disks{kTestDisks[2], kTestDisks[4], kTestDisks[10]};
    const LinuxShape shape = test_shape(kTestControllers, disks);
    auto from = linux_template(ROGATE_TEST_CACHE, test_linux_files(), shape);
    ASSERT_TRUE(from) << from.error().text;
    for (const bool refuse : {false, true}) {
        TestMachine machine(shape);
        auto up = machine.start(refuse, *from);
        ASSERT_TRUE(up) << up.error().text;
        for (size_t i = 0; i < plugged.size(); ++i) {
            const std::string node = fmt::format("late{}", i);
            auto added = plug(machine, node, plugged[i].device);
            ASSERT_TRUE(added) << added.error().text;
            if (plugged[i].needs_rescan) {
                ASSERT_TRUE(machine.guest->ask("rescan", "end-rescan", machine.until));
            }
            auto seen = machine.guest->wait_for_disks(disks.size() + i + 1, machine.until);
            ASSERT_TRUE(seen) << plugged[i].name << seen.error().text;
            EXPECT_NE(seen->find("block " + plugged[i].name + " "), std::string::npos) << *seen;
            EXPECT_EQ(writes(machine, plugged[i].name), !refuse) << plugged[i].name;
            EXPECT_EQ(changed(machine, node), !refuse) << plugged[i].name;
        }
        // Buses that take no disk while the machine runs.
        auto added = plug(machine, "late9", R"({"driver": "ide-hd", "bus": "ide.0", "unit": 1, "drive": "late9"})");
        ASSERT_FALSE(added);
        EXPECT_NE(added.error().text.find("QEMU refuses the command 'device_add'"), std::string::npos) << added.error().text;
        EXPECT_EQ(machine.end(), 33);
    }
}

TEST(LinuxEvents, ResetsByTheGuestAndByTheMonitorChangeNothing)
{
    const LinuxShape shape = test_shape({kTestControllers[1]}, {kTestDisks[4], kTestDisks[6]}, "virtio-scsi,virtio-blk");
    for (const bool refuse : {true, false}) {
        TestMachine machine(shape);
        auto up = machine.start(refuse, std::nullopt, true);
        ASSERT_TRUE(up) << up.error().text;
        EXPECT_EQ(writes(machine, "vscsi0.0"), !refuse);
        ASSERT_TRUE(machine.guest->tell("reboot", machine.until));
        auto again = machine.guest->wait_for_boot(machine.until);
        ASSERT_TRUE(again) << again.error().text;
        EXPECT_EQ(writes(machine, "vblk0"), !refuse);
        if (refuse) {  // the writable twin's one way through is enough
            ASSERT_TRUE(machine.guest->monitor().command("system_reset", "{}", machine.until));
            again = machine.guest->wait_for_boot(machine.until);
            ASSERT_TRUE(again) << again.error().text;
            EXPECT_FALSE(writes(machine, "vscsi0.0"));
        }
        for (const char* node : {"d0", "d1"}) {
            EXPECT_EQ(changed(machine, node), !refuse) << node;
        }
        EXPECT_EQ(machine.end(), 33);
    }
}

TEST(LinuxEvents, AQemuKilledInMidWriteLeavesARefusingDiskAsItWas)
{
    const LinuxShape shape = test_shape({}, {kTestDisks[6]}, "virtio-blk");
    auto from = linux_template(ROGATE_TEST_CACHE, test_linux_files(), shape);
    ASSERT_TRUE(from) << from.error().text;
    for (const bool refuse : {false, true}) {
        TestMachine machine(shape);
        auto up = machine.start(refuse, *from);
        ASSERT_TRUE(up) << up.error().text;
        auto begun = machine.guest->ask("fs vblk0 stream 0123456789abcdef", "fs vblk0 scenario=stream step=open rc=0", machine.until);
        ASSERT_TRUE(begun) << begun.error().text;
        // Some hundred writes: a writable disk shows that they are under way.
        for (int i = 0; i < 200 && (refuse ? i < 20 : !changed(machine, "d0")); ++i) {
            std::this_thread::sleep_for(10ms);
        }
        ::kill(machine.group.pid(machine.qemu), SIGKILL);
        ASSERT_TRUE(machine.group.wait_any({machine.qemu}, machine.until));
        EXPECT_EQ(machine.group.outcome(machine.qemu).signal, SIGKILL);
        EXPECT_EQ(changed(machine, "d0"), !refuse);
    }
}
