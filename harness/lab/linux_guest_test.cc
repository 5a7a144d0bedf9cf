// SPDX-License-Identifier: GPL-2.0-or-later
// The Linux guest on all its buses: restored, booted, with disks that accept and disks that refuse.
#include "lab/linux_guest.h"

#include <sstream>

#include "lab/fs_scenario.h"
#include "lab/guest_report.h"
#include "lab/linux_test_support.h"
#include "lab/payload.h"

using namespace rogate;
using namespace rogate::lab;

namespace {

std::filesystem::path cache() { return ROGATE_TEST_CACHE; }

/// What the agent's `write` step puts on a disk.
std::string nonces()
{
    std::string text;
    while (text.size() < 4096) {
        text += TestMachine::kNonce;
    }
    return text;
}

LinuxTemplate template_of(const LinuxShape& shape)
{
    auto made = linux_template(cache(), test_linux_files(), shape);
    EXPECT_TRUE(made) << made.error().text;
    return made ? *made : LinuxTemplate("none");
}

const FsScenario& scenario(std::string_view name)
{
    for (const FsScenario& one : fs_scenarios()) {
        if (one.name == name) {
            return one;
        }
    }
    ADD_FAILURE() << name;
    return fs_scenarios()[0];
}

/// Runs the scenario on disk `i` and compares the report with what is expected, and the image with what it was.
void check_scenario(TestMachine& machine, size_t i, const std::string& disk, const FsScenario& what, bool refuse)
{
    const std::string before = machine.content(i);
    const FsReport report = parse_fs_report(machine.scenario(disk, std::string(what.agent)));
    EXPECT_EQ(differences(what, refuse, report), std::vector<std::string>{}) << what.name << " on " << disk;
    EXPECT_EQ(machine.content(i) != before, what.writes && !refuse) << what.name << " on " << disk;
}

/// The scenarios, one a disk, on disks `name(i)` of `shape`.
void check_scenarios(const LinuxShape& shape, const std::vector<const FsScenario*>& scenarios, bool refuse,
                     const std::function<std::string(size_t)>& name)
{
    TestMachine machine(shape);
    for (size_t i = 0; i < scenarios.size(); ++i) {
        machine.put(i, scenarios[i]->image);
    }
    auto up = machine.start(refuse, template_of(shape));
    ASSERT_TRUE(up) << up.error().text;
    for (size_t i = 0; i < scenarios.size(); ++i) {
        check_scenario(machine, i, name(i), *scenarios[i], refuse);
    }
    EXPECT_EQ(machine.end(), 33);
}

/// What a writable disk holds after the guest's commands, by the host's own reckoning; it held `before`.
std::string expected_content(std::string before, const GuestReport& report, const std::string& disk, unsigned index)
{
    std::vector<GuestCommand> commands;
    for (const GuestCommand& command : report.commands) {
        if (command.disk == disk) {
            commands.push_back(command);
        }
    }
    for (const auto& [lba, sector] : expected_overwrites(TestMachine::kNonce, index, commands)) {
        std::copy(sector.begin(), sector.end(), before.begin() + static_cast<std::ptrdiff_t>(lba * 512));
    }
    return before;
}

}  // namespace

TEST(LinuxGuest, IsRestoredFiveTimesOntoThirteenDisksThatAcceptOrRefuse)
{
    const LinuxShape shape = test_shape(kTestControllers, kTestDisks);
    const LinuxTemplate from = template_of(shape);
    const auto made_at = std::filesystem::last_write_time(from.folder());
    for (int round = 0; round < 5; ++round) {
        TestMachine machine(shape);
        auto up = machine.start(round == 1, template_of(shape));
        ASSERT_TRUE(up) << up.error().text << machine.group.outcome(machine.qemu).err;
        for (size_t i = 0; i < kTestDisks.size() && round < 2; ++i) {
            // Oracle: the image, and the table.
            const std::string& name = kTestDisks[i].name;
            const FsReport report = parse_fs_report(machine.scenario(name, "raw"));
            std::vector<std::string> wrong = differences(scenario("raw/direct"), round == 1, report);
            if (name == "fd0") {
                // Linux keeps a track of a floppy in memory, reads from there what was never written, and cannot discard.
                std::erase_if(wrong, [](const std::string& line) { return line.find("errno=95") != line.npos || line.find("'read'") != line.npos; });
            }
            if (name == "ehci0" || name == "uhci1") {
                std::erase_if(wrong, [](const std::string& line) { return line.find("errno=95") != line.npos; });
            }
            EXPECT_EQ(wrong, std::vector<std::string>{}) << name;
            const std::string content = machine.content(i);
            EXPECT_EQ(content.substr(16 * 512, 4096) == nonces(), round == 0) << name;
            EXPECT_EQ(content == std::string(kTestDiskBytes, '\0'), round == 1) << name;
        }
        EXPECT_EQ(machine.end(), 33);
    }
    EXPECT_EQ(std::filesystem::last_write_time(from.folder()), made_at) << "the template was made again";
}

TEST(LinuxGuest, RunsTheProbesTableOnLsiAndUsb)
{
    const std::vector<TestDisk> disks{kTestDisks[2], kTestDisks[3], kTestDisks[10], kTestDisks[11]};
    const LinuxShape shape = test_shape(kTestControllers, disks);
    const std::string before(kTestDiskBytes, 'R');  // a trimmed place shows
    for (const bool refuse : {false, true}) {
        TestMachine machine(shape);
        for (const LinuxDisk& disk : shape.disks) {
            ASSERT_TRUE(write_file(machine.image(disk.node), before));
        }
        auto up = machine.start(refuse, template_of(shape));
        ASSERT_TRUE(up) << up.error().text;
        auto text = machine.guest->ask(fmt::format("run nonce={} buses=lsi,uhci,ehci", TestMachine::kNonce), "end ", machine.until);
        ASSERT_TRUE(text) << text.error().text;
        const GuestReport report = parse_guest_report(*text);
        ASSERT_TRUE(report.complete) << report.problem;
        ASSERT_EQ(report.disks.size(), disks.size());
        size_t writes = 0;
        for (const GuestCommand& command : report.commands) {
            if (command.changes_data()) {
                ++writes;
                EXPECT_EQ(command.accepted(), !refuse) << command.disk << " " << command.name;
                EXPECT_EQ(command.read_back == "old", refuse) << command.disk << " " << command.name << " " << command.read_back;
            } else if (command.command_class != CommandClass::absent) {
                EXPECT_TRUE(command.accepted()) << command.disk << " " << command.name;
            }
        }
        EXPECT_GE(writes, disks.size() * 15);
        for (const GuestDisk& disk : report.disks) {
            const auto at = std::find_if(disks.begin(), disks.end(), [&](const TestDisk& one) { return one.name == disk.id; });
            ASSERT_NE(at, disks.end()) << disk.id;
            EXPECT_TRUE(machine.content(static_cast<size_t>(at - disks.begin())) ==
                        (refuse ? before : expected_content(before, report, disk.id, disk.index)))
                << disk.id << " does not hold what the report says";
        }
        EXPECT_EQ(machine.end(), 33);
    }
}

TEST(LinuxGuest, ScenariosEndAsTheTableSaysOnVirtioScsi)
{
    std::vector<TestDisk> disks;
    std::vector<const FsScenario*> scenarios;
    for (const FsScenario& one : fs_scenarios()) {
        disks.push_back({fmt::format("vscsi0.{}", disks.size()), fmt::format("scsi-hd,bus=vs0.0,scsi-id={}", disks.size())});
        scenarios.push_back(&one);
    }
    const LinuxShape shape = test_shape({kTestControllers[1]}, disks, "virtio-scsi,fs");
    for (const bool refuse : {false, true}) {
        check_scenarios(shape, scenarios, refuse, [&](size_t i) { return disks[i].name; });
    }
}

TEST(LinuxGuest, FileSystemsEndAsTheTableSaysOnOtherBuses)
{
    const std::vector<const FsScenario*> scenarios{&scenario("ext4-dirty/mount-ro"), &scenario("ext4/mount-rw"), &scenario("vfat/mount-rw"),
                                                   &scenario("ext4-dirty/fsck"),     &scenario("raw/cached"),     &scenario("ext4-dirty/mount-noload")};
    const std::vector<TestDisk> disks{kTestDisks[2], kTestDisks[0], kTestDisks[10], kTestDisks[6], kTestDisks[8], kTestDisks[11]};
    const LinuxShape shape = test_shape(kTestControllers, disks);
    for (const bool refuse : {false, true}) {
        check_scenarios(shape, scenarios, refuse, [&](size_t i) { return disks[i].name; });
    }
}

TEST(LinuxGuest, BootsWithNvme)
{
    const LinuxShape shape = test_shape({}, {{"nvme0", "nvme,serial=a,addr=9"}, {"nvme1", "nvme,serial=b,addr=a"}}, "nvme");
    EXPECT_FALSE(can_restore(shape));
    TestMachine machine(shape);
    auto up = machine.start(true, std::nullopt);
    ASSERT_TRUE(up) << up.error().text << machine.group.outcome(machine.qemu).err;
    for (size_t i = 0; i < 2; ++i) {
        const FsReport report = parse_fs_report(machine.scenario(fmt::format("nvme{}", i), "raw"));
        ASSERT_TRUE(report.complete) << report.problem;
        EXPECT_EQ(report.find("write")->rc, -1);
        EXPECT_EQ(report.find("read")->text, "zero");
        EXPECT_TRUE(machine.content(i) == std::string(kTestDiskBytes, '\0'));
    }
    EXPECT_EQ(machine.end(), 33);
}

TEST(LinuxGuest, TellsWhatItDoesNotUnderstand)
{
    const LinuxShape shape = test_shape({}, {kTestDisks[6]}, "virtio-blk");
    TestMachine machine(shape);
    auto up = machine.start(false, template_of(shape));
    ASSERT_TRUE(up) << up.error().text;
    const auto says = [&](const std::string& line, const std::string& last) {
        auto text = machine.guest->ask(line, last, machine.until);
        return text ? *text : text.error().text;
    };
    EXPECT_EQ(says("nonsense", "never"), "'nonsense': the Linux guest says 'panic line=nonsense'");
    EXPECT_EQ(says("fs vblk7 raw 00", "never"), "'fs vblk7 raw 00': the Linux guest says 'panic disk'");
    EXPECT_EQ(says("fs vblk0 nothing 00", "never"), "'fs vblk0 nothing 00': the Linux guest says 'panic scenario'");
    EXPECT_EQ(says("fs vblk0", "never"), "'fs vblk0': the Linux guest says 'panic words'");
    EXPECT_EQ(says("run nonce=12", "never").substr(0, 55), "'run nonce=12': the Linux guest says 'panic nonce'");
    EXPECT_EQ(says("run nonce=0123456789abcdef buses=ide", "never"),
              "'run nonce=0123456789abcdef buses=ide': the Linux guest says 'panic bus=ide'");
    EXPECT_EQ(says(std::string(600, 'x'), "never").substr(602), ": the Linux guest says 'panic line='");
    EXPECT_EQ(says("ping", "pong"), "pong\n");  // and goes on
    machine.until = process::Clock::now() + std::chrono::milliseconds(200);
    auto late = machine.guest->ask("ping", "never", machine.until);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timeout);
    machine.until = process::Clock::now() + std::chrono::seconds(20);
    EXPECT_EQ(machine.end(), 33);
    auto gone = machine.guest->ask("ping", "pong", machine.until);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().kind, ErrorKind::environment);
}
