// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "lab/witness.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::lab;

namespace {

/// A folder with one file of a page. The oracle of these tests is what the test itself does to the file.
class Witness : public testing::Test {
protected:
    Witness()
    {
        auto made = TempDir::make(std::filesystem::temp_directory_path(), "witness-test-");
        folder_.emplace(std::move(made.value()));
        file_ = folder_->path() / "disk.raw";
        std::ofstream(file_) << std::string(4096, 'x');
    }

    std::vector<KernelEvent> events_of(const std::function<void()>& act)
    {
        auto watch = FolderWatch::make(folder_->path());
        EXPECT_TRUE(watch);
        act();
        return watch->take();
    }

    static bool has(const std::vector<KernelEvent>& events, const std::string& file, const std::string& what)
    {
        return std::find(events.begin(), events.end(), KernelEvent{file, what}) != events.end();
    }

    std::optional<TempDir> folder_;
    std::filesystem::path file_;
};

}  // namespace

TEST_F(Witness, KernelSeesNothingOfAReadOnlyOpen)
{
    EXPECT_TRUE(events_of([&] { Fd fd(::open(file_.c_str(), O_RDONLY)); }).empty());
}

TEST_F(Witness, KernelSeesAWritableOpenThatWroteNothing)
{
    const auto events = events_of([&] { Fd fd(::open(file_.c_str(), O_RDWR)); });
    EXPECT_EQ(events, (std::vector<KernelEvent>{{"disk.raw", "CLOSE_WRITE"}}));
}

TEST_F(Witness, KernelSeesIdenticalBytesWrittenAgain)
{
    const auto events = events_of([&] {
        Fd fd(::open(file_.c_str(), O_RDWR));
        EXPECT_EQ(::pwrite(fd.get(), "x", 1, 0), 1);
    });
    EXPECT_TRUE(has(events, "disk.raw", "MODIFY"));
}

TEST_F(Witness, KernelSeesNamesComeAndGo)
{
    const auto events = events_of([&] {
        std::ofstream(folder_->path() / "new") << "y";
        std::filesystem::rename(folder_->path() / "new", folder_->path() / "newer");
        std::filesystem::remove(folder_->path() / "newer");
        ::chmod(file_.c_str(), 0600);
    });
    EXPECT_TRUE(has(events, "new", "CREATE"));
    EXPECT_TRUE(has(events, "new", "MOVED_FROM"));
    EXPECT_TRUE(has(events, "newer", "MOVED_TO"));
    EXPECT_TRUE(has(events, "newer", "DELETE"));
    EXPECT_TRUE(has(events, "disk.raw", "ATTRIB"));
}

TEST_F(Witness, DescriptorTellsTheModeOfEachOpenFile)
{
    Fd reading(::open(file_.c_str(), O_RDONLY));
    auto open = open_files(::getpid(), folder_->path());
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].file, "disk.raw");
    EXPECT_FALSE(open[0].writable);
    Fd writing(::open(file_.c_str(), O_WRONLY));
    open = open_files(::getpid(), folder_->path());
    ASSERT_EQ(open.size(), 2U);
    EXPECT_TRUE(open[0].writable || open[1].writable);
}

TEST_F(Witness, DescriptorFollowsAFileThatWasRenamed)
{
    Fd writing(::open(file_.c_str(), O_RDWR));
    std::filesystem::rename(file_, folder_->path() / "elsewhere");
    const auto open = open_files(::getpid(), folder_->path());
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].file, "elsewhere");
    EXPECT_TRUE(open[0].writable);
}

TEST_F(Witness, DescriptorSeesASharedWritableMappingAfterTheDescriptorIsClosed)
{
    void* shared = nullptr;
    void* priv = nullptr;
    {
        Fd fd(::open(file_.c_str(), O_RDWR));
        shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        priv = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd.get(), 0);
    }
    const auto open = open_files(::getpid(), folder_->path());
    ::munmap(shared, 4096);
    ::munmap(priv, 4096);
    ASSERT_EQ(open.size(), 1U);
    EXPECT_TRUE(open[0].mapping);
    EXPECT_TRUE(open[0].writable);
}

TEST_F(Witness, DescriptorSaysNothingOfAProcessThatIsGone)
{
    EXPECT_TRUE(open_files(999'999'999, folder_->path()).empty());
}

TEST_F(Witness, KernelSeesNothingOfAFileThatWasWrittenBeforeWhileOtherThreadsStartPrograms)
{
    // Without hold_starts() some child still has the file open between its fork and its exec.
    std::atomic<bool> stop{false};
    std::thread starter([&] {
        while (!stop) {
            (void)process::run({.argv = {"true"}, .env = {}});
        }
    });
    size_t events = 0;
    for (int i = 0; i < 300; ++i) {
        auto lock = process::hold_starts();
        {
            std::ofstream out(file_);
            out << i << std::flush;
            ::usleep(2000);
        }
        lock.unlock();
        auto watch = FolderWatch::make(folder_->path());
        ASSERT_TRUE(watch);
        ::usleep(1000);
        events += watch->take().size();
    }
    stop = true;
    starter.join();
    EXPECT_EQ(events, 0U);
}
