// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/keeper.h"

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::process;

namespace {

/// A program that leaves its session and starts another; both write their ids to `folder`.
Spec stray(const TempDir& folder)
{
    return {.argv = {"sh", "-c", "setsid sh -c 'sleep 300 & echo $! >inner.new; mv inner.new inner; wait' & sleep 300"},
            .env = {},
            .folder = folder.path()};
}

/// The id that the program wrote; waits for it.
pid_t inner_pid(const TempDir& folder)
{
    for (int i = 0; i < 1000; ++i) {
        if (const auto text = read_file(folder.path() / "inner")) {
            return std::stoi(*text);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return 0;
}

/// Waits until no such process is there, or it is only a zombie.
bool gone(pid_t pid)
{
    for (int i = 0; i < 1000; ++i) {
        const auto status = read_file("/proc/" + std::to_string(pid) + "/status");
        if (!status || status->find("State:\tZ") != std::string::npos) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

}  // namespace

// Oracle of all tests here: /proc.
TEST(RunKept, ReturnsWhatTheWorkReturns)
{
    EXPECT_EQ(run_kept([] { return 7; }), 7);
    EXPECT_EQ(run_kept([] { return ::raise(SIGKILL); }), 128 + SIGKILL);
}

TEST(RunKept, LeavesNoStrayProgramBehind)
{
    const TempDir folder = *TempDir::make("/tmp", "rogate-keeper-");
    EXPECT_EQ(run_kept([&] {
                  Group group;
                  (void)group.start(stray(folder));
                  return inner_pid(folder) > 0 ? 0 : 1;
              }),
              0);
    EXPECT_TRUE(gone(inner_pid(folder)));
}

TEST(RunKept, KillsStrayProgramsWhenItsCallerIsKilled)
{
    for (const int sig : {SIGKILL, SIGTERM}) {
        const TempDir folder = *TempDir::make("/tmp", "rogate-keeper-");
        const pid_t caller = ::fork();
        if (caller == 0) {
            ::_exit(run_kept([&] { return run(stray(folder)) ? 0 : 1; }));
        }
        const pid_t inner = inner_pid(folder);
        ASSERT_GT(inner, 0);
        ::kill(caller, sig);
        int status = 0;
        ::waitpid(caller, &status, 0);
        EXPECT_TRUE(gone(inner)) << sig;
    }
}
