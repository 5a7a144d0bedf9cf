// SPDX-License-Identifier: GPL-2.0-or-later
// Templates of the Linux guest: made once whoever asks, and never half.
#include "lab/linux_template.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "image/state.h"
#include "lab/linux_test_support.h"

using namespace rogate;
using namespace rogate::lab;
using namespace std::chrono_literals;

namespace {

LinuxShape small_shape() { return test_shape({}, {kTestDisks[6]}, "virtio-blk"); }

struct LinuxTemplates : testing::Test {
    void SetUp() override
    {
        auto made = TempDir::make(std::filesystem::temp_directory_path(), "rogate-template-test-");
        ASSERT_TRUE(made);
        cache.emplace(std::move(*made));
    }
    /// Names in the cache's folder of templates.
    std::vector<std::string> entries() const
    {
        std::vector<std::string> names;
        std::error_code ignored;
        for (std::filesystem::directory_iterator it(cache->path() / "linux", ignored), end; it != end; ++it) {
            names.push_back(it->path().filename().string());
        }
        return names;
    }
    std::optional<TempDir> cache;
};

bool alive(int pid) { return ::kill(pid, 0) == 0; }

bool soon(const std::function<bool()>& condition)
{
    for (int i = 0; i < 1000 && !condition(); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return condition();
}

}  // namespace

TEST_F(LinuxTemplates, TwoProcessesThatMakeOneAtOnceGetTheSame)
{
    const LinuxFiles files = test_linux_files();
    const pid_t other = ::fork();
    ASSERT_GE(other, 0);
    auto made = linux_template(cache->path(), files, small_shape());
    if (other == 0) {
        if (!made) {
            fmt::print(stderr, "the other process: {}\n", made.error().text);
        }
        ::_exit(made ? 0 : 1);
    }
    ASSERT_TRUE(made) << made.error().text;
    int status = 0;
    ASSERT_EQ(::waitpid(other, &status, 0), other);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(entries(), std::vector<std::string>{made->folder().filename().string()});
    TestMachine machine(small_shape());
    auto up = machine.start(false, *made);
    ASSERT_TRUE(up) << up.error().text;
    EXPECT_EQ(machine.end(), 33);

    // One that somebody wrote to is made anew; the ram stays as large as the machine's, so only its time tells.
    const auto inode = [&] { return image::file_state(made->ram())->inode; };
    const uint64_t first = inode();
    std::fstream(made->ram(), std::ios::in | std::ios::out | std::ios::binary) << "x";
    auto again = linux_template(cache->path(), files, small_shape());
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->folder(), made->folder());
    EXPECT_NE(inode(), first);
}

TEST_F(LinuxTemplates, AWrongShapeIsAnErrorAndLeavesNothing)
{
    const LinuxFiles files = test_linux_files();
    // No such device: QEMU's words.
    auto made = linux_template(cache->path(), files, test_shape({}, {{"vblk0", "virtio-nonsense-pci"}}, "virtio-blk"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::environment);
    EXPECT_NE(made.error().text.find("'virtio-nonsense-pci' is not a valid device model name"), std::string::npos) << made.error().text;
    // A disk on a bus that the guest was not to load modules for.
    made = linux_template(cache->path(), files, test_shape({kTestControllers[0]}, {kTestDisks[2]}, "virtio-blk"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::environment);
    EXPECT_NE(made.error().text.find("the Linux guest sees 0 disks, not 1"), std::string::npos) << made.error().text;
    EXPECT_FALSE(made.error().hint.empty());
    // What cannot be saved.
    made = linux_template(cache->path(), files, test_shape({}, {{"nvme0", "nvme,serial=a"}}, "nvme"));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::usage);
    // One for which there is no time.
    made = linux_template(cache->path(), files, small_shape(), 50ms);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::timeout);
    EXPECT_TRUE(entries().empty());
}

TEST_F(LinuxTemplates, AShapeIsKnownByWhatItHasAndNotByNames)
{
    const LinuxFiles files = test_linux_files();
    const auto key = [&](const LinuxShape& shape) { return *shape_key(files, shape); };
    const LinuxShape shape = test_shape(kTestControllers, kTestDisks, "lsi");
    LinuxShape renamed = shape;
    for (size_t i = 0; i < renamed.disks.size(); ++i) {
        renamed.disks[i].node = fmt::format("other{}", i);
        for (std::string& word : renamed.devices) {
            if (word.ends_with(fmt::format(",drive=d{}", i))) {
                word.replace(word.rfind('='), std::string::npos, "=" + renamed.disks[i].node);
            }
        }
    }
    EXPECT_EQ(key(renamed), key(shape));
    std::set<std::string> keys{key(shape)};
    LinuxShape other = shape;
    other.disks[3].bytes += 512;
    EXPECT_TRUE(keys.insert(key(other)).second);
    other = shape;
    other.needs = "lsi,fs";
    EXPECT_TRUE(keys.insert(key(other)).second);
    other = shape;
    other.devices[1] += ",x=y";
    EXPECT_TRUE(keys.insert(key(other)).second);
    other = shape;
    std::swap(other.devices[11], other.devices[13]);  // the same disks, the other way round
    EXPECT_TRUE(keys.insert(key(other)).second);
}

TEST(LinuxFilesTest, AFolderWithoutAGuestIsNotFound)
{
    auto files = linux_files("/usr/bin/qemu-system-x86_64", "/nonexistent");
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().kind, ErrorKind::not_found);
    EXPECT_EQ(files.error().text, "there is no Linux guest in '/nonexistent'");
    EXPECT_EQ(files.error().hint, "run ci/setup, and build the target 'guests'");
}

TEST(LinuxKill, NothingSurvivesARogateThatIsKilledWhileTheGuestWrites)
{
    int told[2];
    ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
    const pid_t victim = ::fork();
    ASSERT_GE(victim, 0);
    if (victim == 0) {
        TestMachine machine(small_shape());
        auto from = linux_template(ROGATE_TEST_CACHE, test_linux_files(), small_shape());
        if (from && machine.start(false, *from) && machine.guest->tell("fs vblk0 stream 0123456789abcdef", machine.until)) {
            while (machine.content(0).find("0123456789abcdef") == std::string::npos) {
                std::this_thread::sleep_for(5ms);
            }
            const std::string line = fmt::format("{} {} {}\n", machine.group.pid(0), machine.group.pid(machine.qemu), machine.folder().string());
            [[maybe_unused]] const ssize_t n = ::write(told[1], line.data(), line.size());
        }
        ::pause();
        ::_exit(1);
    }
    Fd(told[1]).reset();
    std::string line(4096, '\0');
    const ssize_t n = ::read(told[0], line.data(), line.size());
    Fd(told[0]).reset();
    ASSERT_GT(n, 0);
    int nbdkit = 0;
    int qemu = 0;
    std::string folder;
    std::istringstream(line.substr(0, static_cast<size_t>(n))) >> nbdkit >> qemu >> folder;
    EXPECT_TRUE(alive(nbdkit) && alive(qemu) && std::filesystem::exists(folder));
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    EXPECT_TRUE(soon([&] { return !alive(nbdkit) && !alive(qemu) && !std::filesystem::exists(folder); })) << line;
}
