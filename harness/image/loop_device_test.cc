// SPDX-License-Identifier: GPL-2.0-or-later
// Loop devices, seen by the kernel's own list of them. Without the right to attach any, these tests say so and end.
#include "image/loop_device.h"

#include <csignal>

#include "image/reader.h"
#include "image/reference.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

class LoopDeviceTest : public test::ImageTest {
protected:
    void SetUp() override
    {
        if (const std::string reason = no_loop_devices(); !reason.empty()) {
            GTEST_SKIP() << reason;
        }
        ASSERT_TRUE(write_reference(file()).has_value());
    }

    std::filesystem::path file() const { return at("disk.raw"); }

    LoopDevice attach(bool read_only)
    {
        auto attached = LoopDevice::attach(file(), read_only);
        EXPECT_TRUE(attached.has_value()) << (attached ? "" : attached.error().text);
        return std::move(*attached);
    }

    /// Oracle: losetup -j lists the devices over a file.
    std::string attached_to_file() { return test::output_of({"losetup", "-j", file().string()}); }

    /// The kernel detaches a device a moment after its last user has gone.
    bool is_free_soon()
    {
        for (int i = 0; i < 100; ++i) {
            if (attached_to_file().empty()) {
                return true;
            }
            ::usleep(20'000);
        }
        return false;
    }
};

TEST_F(LoopDeviceTest, ShowsTheFileAndIsGoneWithTheObject)
{
    {
        const LoopDevice loop = attach(true);
        EXPECT_EQ(attached_to_file().find(loop.path().string() + ":"), 0u) << attached_to_file();
        EXPECT_EQ(compare_content(loop.path(), expect_reference())->total, 0u);
    }
    EXPECT_TRUE(is_free_soon()) << attached_to_file();
}

TEST_F(LoopDeviceTest, WhatIsWrittenIsInTheFileAfterDetaching)
{
    LoopDevice loop = attach(false);
    const Sector sector = tagged_sector('W', 1000);
    test::poke(loop.path(), 1000 * kSectorBytes, std::string(sector.begin(), sector.end()));
    const std::filesystem::path device = loop.path();
    auto detached = loop.detach();
    EXPECT_TRUE(detached.has_value()) << detached.error().text;
    EXPECT_EQ(compare_content(file(), expect_reference({{1000, sector}}))->total, 0u);
    EXPECT_TRUE(is_free_soon());
    EXPECT_TRUE(loop.detach().has_value()) << "a second time does nothing";
}

TEST_F(LoopDeviceTest, AReadOnlyDeviceRefusesWrites)
{
    const LoopDevice loop = attach(true);
    const Fd device(::open(loop.path().c_str(), O_RDWR | O_CLOEXEC));
    const char byte = 'x';
    EXPECT_TRUE(!device || ::pwrite(device.get(), &byte, 1, 0) < 0);
    EXPECT_EQ(compare_content(file(), expect_reference())->total, 0u);
}

TEST_F(LoopDeviceTest, ADeviceInUseIsDetachedByItsLastUser)
{
    LoopDevice loop = attach(false);
    {
        const Fd user(::open(loop.path().c_str(), O_RDONLY | O_CLOEXEC));
        ASSERT_TRUE(user);
        auto detached = loop.detach();
        ASSERT_FALSE(detached.has_value());
        EXPECT_EQ(detached.error().text, "cannot detach '" + loop.path().string() + "': another program has it open");
    }
    EXPECT_TRUE(is_free_soon()) << attached_to_file();
}

TEST_F(LoopDeviceTest, AKilledProcessLeavesNone)
{
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        auto loop = LoopDevice::attach(file(), false);
        const char byte = loop ? 'y' : 'n';
        (void)!::write(ready[1], &byte, 1);
        for (;;) {
            ::pause();
        }
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_FALSE(attached_to_file().empty());
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    EXPECT_TRUE(is_free_soon()) << attached_to_file();
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(LoopDeviceTest, AMissingFileIsNotFound)
{
    auto attached = LoopDevice::attach(at("nowhere"), true);
    ASSERT_FALSE(attached.has_value());
    EXPECT_EQ(attached.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace rogate::image
