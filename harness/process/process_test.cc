// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <fstream>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "process/cpu.h"
#include "process/group.h"
#include "process/run_folder.h"

using namespace rogate;
using namespace rogate::process;
using namespace std::chrono_literals;

namespace {

Outcome shell(const std::string& script, std::chrono::milliseconds deadline = 10s)
{
    auto outcome = run({.argv = {"sh", "-c", script}, .env = {{"GREETING", "hi"}}, .deadline = deadline});
    EXPECT_TRUE(outcome) << outcome.error().text;
    return *outcome;
}

/// A zombie counts as gone: who reaps it is the machine's init, not rogate.
bool alive(int pid)
{
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    return std::getline(stat, line) && line.find(") Z ") == std::string::npos;
}

/// Waits up to 5 s for `condition`.
template <class Condition> bool soon(Condition condition)
{
    for (int i = 0; i < 500 && !condition(); ++i) {
        ::usleep(10'000);
    }
    return condition();
}

std::string text_of(const std::filesystem::path& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST(Process, CapturesBothStreamsAndTheExitStatus)
{
    const Outcome outcome = shell("echo out; echo err >&2; exit 7");
    EXPECT_EQ(outcome.out, "out\n");
    EXPECT_EQ(outcome.err, "err\n");
    EXPECT_EQ(outcome.exit_status, 7);
    EXPECT_EQ(describe(outcome), "exit status 7");
}

TEST(Process, ReadsMoreThanAPipeHoldsFromBothStreamsAtOnce)
{
    const Outcome outcome = shell("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; exit 0");
    EXPECT_EQ(outcome.out.size(), 1000000U);
    EXPECT_EQ(outcome.err.size(), 1000000U);
}

TEST(Process, TellsASignalFromAnExit)
{
    const Outcome outcome = shell("kill -SEGV $$");
    EXPECT_EQ(outcome.signal, SIGSEGV);
    EXPECT_EQ(describe(outcome), "killed by SIGSEGV");
}

TEST(Process, KillsTheWholeGroupAtTheDeadline)
{
    const Outcome outcome = shell("trap '' TERM; sleep 100 & echo $!; wait; sleep 100", 300ms);
    EXPECT_TRUE(outcome.timed_out);
    const int grandchild = std::stoi(outcome.out);
    EXPECT_TRUE(soon([&] { return !alive(grandchild); }));
}

TEST(Process, GivesItsOwnEnvironmentAndAnEmptyStdin)
{
    ::setenv("ROGATE_TEST_LEAK", "yes", 1);
    const Outcome outcome = shell("cat; echo $GREETING-$ROGATE_TEST_LEAK-$LC_ALL");
    EXPECT_EQ(outcome.out, "hi--C\n");
}

TEST(Process, HandsAListeningSocketOverAsFdThree)
{
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto outcome = run({.argv = {"sh", "-c", "echo $LISTEN_FDS; test $LISTEN_PID = $$ && echo mine; echo x >&3"},
                        .env = {}, .listen_fd = ends[1]});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->out, "1\nmine\n");
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(Process, MissingProgramIsAnErrorThatNamesIt)
{
    auto outcome = run({.argv = {"no-such-program-here"}, .env = {}});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::environment);
    EXPECT_EQ(outcome.error().text, "cannot find the program 'no-such-program-here'");
}

TEST(Process, CutsOutputAtTheLimitAndSaysSo)
{
    auto outcome = run({.argv = {"head", "-c", "5000", "/dev/zero"}, .env = {}, .output_limit_bytes = 1000});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->out.size(), 1000U);
    EXPECT_TRUE(outcome->output_cut);
}

TEST(Process, PasteLineQuotesWhatAShellWouldChange)
{
    const std::string line = paste_line({"printf", "%s.", "a b", "it's", "", "$HOME"});
    // Oracle: the shell itself.
    EXPECT_EQ(shell(line).out, "a b.it's..$HOME.");
}

TEST(Cpu, AThreadAndItsProgramsStayOnTheOneTheyAreGiven)
{
    // Oracle: taskset(1) of util-linux, run as a child.
    for (const int cpu : allowed_cpus()) {
        std::thread([cpu] {
            stay_on(cpu);
            auto mine = run({.argv = {"sh", "-c", "taskset -cp $$"}, .env = {}});
            ASSERT_TRUE(mine);
            EXPECT_NE(mine->out.find(fmt::format("list: {}\n", cpu)), std::string::npos) << mine->out;
        }).join();
    }
}

TEST(RunFolder, IsRemovedWithItsContentOnDestruction)
{
    std::filesystem::path path;
    {
        auto folder = RunFolder::make(std::filesystem::temp_directory_path());
        ASSERT_TRUE(folder);
        path = folder->path();
        std::filesystem::create_directories(path / "a/b");
        std::ofstream(path / "a/b/file") << "x";
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RunFolder, AndItsProgramsAreGoneAfterSigkill)
{
    auto report = TempDir::make(std::filesystem::temp_directory_path(), "process-test-");
    ASSERT_TRUE(report);
    const std::filesystem::path told = report->path() / "told";
    const pid_t victim = ::fork();
    ASSERT_GE(victim, 0);
    if (victim == 0) {
        auto folder = RunFolder::make(std::filesystem::temp_directory_path());
        Group group;
        auto id = group.start({.argv = {"sleep", "1000"}, .env = {}});
        std::ofstream(folder->path() / "file") << "x";
        std::ofstream(report->path() / "half") << folder->path().string() << "\n" << group.pid(*id) << "\n";
        std::filesystem::rename(report->path() / "half", told);
        ::pause();
    }
    ASSERT_TRUE(soon([&] { return std::filesystem::exists(told); }));
    std::istringstream lines(text_of(told));
    std::string folder;
    int pid = 0;
    lines >> folder >> pid;
    EXPECT_TRUE(std::filesystem::exists(folder));
    EXPECT_TRUE(alive(pid));
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    EXPECT_TRUE(soon([&] { return !std::filesystem::exists(folder); })) << folder;
    EXPECT_TRUE(soon([&] { return !alive(pid); }));
}

TEST(RunFolder, IsGoneHoweverEarlyRogateIsKilled)
{
    auto parent = TempDir::make(std::filesystem::temp_directory_path(), "process-test-");
    ASSERT_TRUE(parent);
    for (int i = 0; i < 300; ++i) {
        const pid_t victim = ::fork();
        ASSERT_GE(victim, 0);
        if (victim == 0) {
            const auto folder = RunFolder::make(parent->path());
            ::pause();
        }
        ::usleep(static_cast<useconds_t>(i * 10));
        ::kill(victim, SIGKILL);
        ::waitpid(victim, nullptr, 0);
    }
    EXPECT_TRUE(soon([&] { return std::filesystem::is_empty(parent->path()); }));
}

TEST(RunFolder, TellsWhyItCannotBeMade)
{
    const auto folder = RunFolder::make("/nowhere/at/all");
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().text.find("/nowhere/at/all"), std::string::npos);
    EXPECT_NE(folder.error().text.find("No such file"), std::string::npos) << folder.error().text;
}

TEST(Process, LosesNothingOfALargeOutputThatEndsWithTheProgram)
{
    // Oracle: the number of bytes asked for. Many short runs, since what was lost was lost by chance at the end.
    for (int i = 0; i < 40; ++i) {
        auto outcome = run({.argv = {"head", "-c", "3000001", "/dev/zero"}, .env = {}});
        ASSERT_TRUE(outcome);
        ASSERT_EQ(outcome->out.size(), 3000001U);
    }
}
