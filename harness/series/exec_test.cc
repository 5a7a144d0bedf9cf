// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/exec.h"

#include <gtest/gtest.h>

#include "base/file.h"

using namespace rogate;
using namespace rogate::series;

namespace {

git::Entry file(const std::string& text)
{
    return {git::kModeFile, std::make_shared<const std::string>(text), {}};
}

/// Two patches: the first changes `f`, the second makes `dir/g`.
Series two_patches()
{
    const auto patch = [](const std::string& name, const std::string& diff) {
        return *parse_patch(name, std::make_shared<const std::string>(diff), 1, name);
    };
    Series series;
    series.folder = "/series";
    series.patches.push_back(patch("one.patch", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"));
    series.patches.push_back(patch("two.patch", "--- /dev/null\n+++ b/dir/g\n@@ -0,0 +1 @@\n+g\n"));
    return series;
}

class Exec : public testing::Test {
protected:
    std::vector<ExecStep> run(const std::string& script, bool keep_going, bool with_base = false)
    {
        const git::Tree base{{"f", file("a\n")}, {"other", file("o\n")}};
        auto steps = exec_series(base, two_patches(), {{"sh", "-c", script}, std::chrono::seconds(20), with_base, keep_going},
                                 folder_.path(), [&](const ExecStep&) { ++told_; });
        EXPECT_TRUE(steps) << (steps ? "" : steps.error().text);
        return steps ? *std::move(steps) : std::vector<ExecStep>();
    }

    TempDir folder_ = *TempDir::make("/tmp", "rogate-exec-");
    size_t told_ = 0;
};

}  // namespace

// Oracle: the files that cat finds, written down by hand.
TEST_F(Exec, RunsTheCommandInEachState)
{
    const auto steps = run("cat f dir/g 2>/dev/null; echo $ROGATE_STATE $ROGATE_PATCH $ROGATE_SERIES", false, true);
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps[0].outcome.out, "a\n0 /series\n");
    EXPECT_EQ(steps[1].outcome.out, "b\n1 /series/one.patch /series\n");
    EXPECT_EQ(steps[2].outcome.out, "b\ng\n2 /series/two.patch /series\n");
    EXPECT_EQ(steps[2].patch, "two.patch");
    EXPECT_EQ(told_, 3U);
}

TEST_F(Exec, StopsAtTheFirstFailureUnlessToldNotTo)
{
    const auto stopped = run("exit 3", false);
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_EQ(stopped[0].outcome.exit_status, 3);
    EXPECT_EQ(run("exit 3", true).size(), 2U);
}

TEST_F(Exec, PutsBackWhatTheCommandSpoilt)
{
    const auto steps = run("cat other; echo x >> other; echo y > f", false);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[1].outcome.out, "o\n");
}

TEST_F(Exec, LeavesFilesAloneThatDoNotChange)
{
    const auto steps = run("test -e mark || touch -d 2001-01-01 mark; touch -d 2002-02-02 other f; "
                           "test $ROGATE_STATE = 1 || test f -nt mark",
                           true);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_TRUE(steps[1].outcome.ok());
    const auto time = run("stat -c %Y other", false);
    EXPECT_EQ(time[0].outcome.out, time[1].outcome.out);
}

TEST_F(Exec, NeverWritesThroughALink)
{
    const TempDir outside = *TempDir::make("/tmp", "rogate-outside-");
    const git::Tree base{{"f", file("a\n")}};
    const auto plan = ExecPlan{{"ln", "-s", outside.path().string(), "dir"}, std::chrono::seconds(20), false, false};
    const auto steps = exec_series(base, two_patches(), plan, folder_.path(), [](const ExecStep&) {});
    ASSERT_FALSE(steps);
    EXPECT_EQ(steps.error().kind, ErrorKind::environment);
    EXPECT_TRUE(std::filesystem::is_empty(outside.path()));
}
