// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/linux_guest.h"

#include "lab/linux_test_support.h"

using namespace rogate;
using namespace rogate::lab;
using namespace std::chrono_literals;

namespace {

std::filesystem::path cache() { return ROGATE_TEST_CACHE; }

/// The lines of a scenario, without what the kernel says.
std::vector<std::string> steps_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("fs ")) {
            lines.push_back(line);
        }
    }
    return lines;
}

std::string content(const std::filesystem::path& path, size_t sector, size_t bytes)
{
    std::ifstream in(path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(sector * 512));
    std::string text(bytes, '\0');
    in.read(text.data(), static_cast<std::streamsize>(bytes));
    return text;
}

bool holds_zeros(const std::filesystem::path& image)
{
    const std::string all = content(image, 0, kTestDiskBytes);
    return all == std::string(kTestDiskBytes, '\0');
}

/// What step_write puts on a disk.
std::string written()
{
    std::string text;
    while (text.size() < 4096) {
        text += TestMachine::kNonce;
    }
    return text;
}

}  // namespace

TEST(LinuxTemplate, IsMadeOnceAndRestoredOntoThirteenDisksThatAcceptOrRefuse)
{
    const LinuxShape shape = test_shape(kTestControllers, kTestDisks);
    const LinuxFiles files = test_linux_files();
    auto made = linux_template(cache(), files, shape);
    ASSERT_TRUE(made) << made.error().text;
    const auto first_time = std::filesystem::last_write_time(made->folder());
    for (int round = 0; round < 5; ++round) {
        const bool refuse = round % 2 == 1;
        auto again = linux_template(cache(), files, shape);
        ASSERT_TRUE(again) << again.error().text;
        EXPECT_EQ(again->folder(), made->folder());
        EXPECT_EQ(std::filesystem::last_write_time(again->folder()), first_time);
        TestMachine machine(shape);
        const auto start = process::Clock::now();
        auto up = machine.start(refuse, *again);
        ASSERT_TRUE(up) << up.error().text << machine.group.outcome(machine.qemu).err;
        const auto at_up = process::Clock::now();
        for (size_t i = 0; i < kTestDisks.size(); ++i) {
            // Oracle: the image file, and errno as read(2) and the manual pages of the calls name it.
            const auto t0 = process::Clock::now();
            const std::vector<std::string> steps = steps_of(machine.scenario(kTestDisks[i].name, "raw"));
            fmt::print("{} {} ms\n", kTestDisks[i].name, (process::Clock::now() - t0) / 1ms);
            ASSERT_EQ(steps.size(), 7U) << kTestDisks[i].name;
            const std::string name = "fs " + kTestDisks[i].name;
            EXPECT_EQ(steps[0], name + " scenario=raw step=open rc=0 errno=0 text=\"\"");
            if (refuse) {
                EXPECT_EQ(steps[1], name + " scenario=raw step=write rc=-1 errno=5 text=\"Input/output error\"");
                EXPECT_EQ(steps[2], name + " scenario=raw step=read rc=4096 errno=0 text=\"zero\"");
                EXPECT_TRUE(holds_zeros(machine.image(shape.disks[i].node))) << name;
            } else {
                EXPECT_EQ(steps[1], name + " scenario=raw step=write rc=4096 errno=0 text=\"\"");
                EXPECT_EQ(steps[2], name + " scenario=raw step=read rc=4096 errno=0 text=\"new\"");
                EXPECT_EQ(content(machine.image(shape.disks[i].node), 16, 4096), written()) << name;
            }
        }
        EXPECT_EQ(machine.end(), 33);
        const auto ms = [](auto from, auto to) { return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count(); };
        fmt::print("restored in {} ms, 13 disks in {} ms\n", ms(start, at_up), ms(at_up, process::Clock::now()));
    }
}
