// SPDX-License-Identifier: GPL-2.0-or-later
// What the Linux guest's scenarios are read and judged by, and the images they need; no machine is started.
#include <fstream>
#include <gtest/gtest.h>
#include <set>

#include "lab/fs_image.h"
#include "lab/fs_report.h"
#include "lab/fs_scenario.h"
#include "process/group.h"

using namespace rogate;
using namespace rogate::lab;

namespace {

constexpr uint64_t kBytes = 17136 * 512;

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

std::string dd_report(int status, const std::string& said)
{
    return "fs vscsi0.1 scenario=dd step=dd rc=" + std::to_string(status) + " errno=0 text=\"" + said +
           "\"\n"
           "fs vscsi0.1 scenario=dd step=blkdiscard rc=" +
           std::to_string(status) + " errno=0 text=\"" + said +
           "\"\n"
           "kmsg text=\"I/O error, dev sda, sector 0\"\n"
           "end-fs vscsi0.1 scenario=dd steps=2\n";
}

std::string read_whole(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

process::Outcome run(std::vector<std::string> argv)
{
    auto outcome = process::run({.argv = std::move(argv), .env = {}});
    EXPECT_TRUE(outcome) << outcome.error().text;
    return outcome ? *outcome : process::Outcome{};
}

struct FsImages : testing::Test {
    void SetUp() override
    {
        auto made = TempDir::make(std::filesystem::temp_directory_path(), "rogate-fs-test-");
        ASSERT_TRUE(made);
        folder.emplace(std::move(*made));
    }
    std::filesystem::path make(FsImage image, const std::string& name)
    {
        auto made = make_fs_image(image, folder->path() / name, kBytes);
        EXPECT_TRUE(made) << made.error().text;
        return folder->path() / name;
    }
    std::optional<TempDir> folder;
};

}  // namespace

TEST(FsReport, IsReadStepByStep)
{
    const FsReport report = parse_fs_report("fs fd0 scenario=raw step=open rc=0 errno=0 text=\"\"\n"
                                            "fs fd0 scenario=raw step=write rc=-1 errno=5 text=\"a \"quoted\" error\"\n"
                                            "fs fd0 scenario=raw step=read rc=-1 errno=0 text=\"not tried\"\n"
                                            "kmsg text=\"floppy: I/O error\"\n"
                                            "end-fs fd0 scenario=raw steps=3\n");
    EXPECT_TRUE(report.complete) << report.problem;
    EXPECT_EQ(report.disk, "fd0");
    EXPECT_EQ(report.scenario, "raw");
    ASSERT_EQ(report.steps.size(), 3U);
    EXPECT_EQ(report.steps[1].error, 5);
    EXPECT_EQ(report.steps[1].text, "a \"quoted\" error");
    EXPECT_TRUE(report.steps[1].tried());
    EXPECT_FALSE(report.steps[2].tried());
    EXPECT_EQ(report.kernel, std::vector<std::string>{"floppy: I/O error"});
    EXPECT_EQ(report.find("write"), &report.steps[1]);
    EXPECT_EQ(report.find("nothing"), nullptr);
}

TEST(FsReport, IsIncompleteWhenItBreaksOff)
{
    const std::string whole = dd_report(0, "");
    EXPECT_TRUE(parse_fs_report(whole).complete);
    for (size_t bytes = 0; bytes + 1 < whole.size(); ++bytes) {
        const FsReport report = parse_fs_report(whole.substr(0, bytes));
        EXPECT_FALSE(report.complete) << bytes;
        EXPECT_FALSE(report.problem.empty()) << bytes;
    }
}

TEST(FsReport, RefusesWhatIsNotItsForm)
{
    const std::string end = "end-fs fd0 scenario=raw steps=1\n";
    const std::string good = "fs fd0 scenario=raw step=open rc=0 errno=0 text=\"\"\n";
    EXPECT_TRUE(parse_fs_report(good + end).complete);
    for (const std::string& line : {std::string("fs fd0 scenario=raw step=open rc=x errno=0 text=\"\"\n"),
                                    std::string("fs fd0 scenario=raw step=open rc=0 text=\"\"\n"),
                                    std::string("fs fd0 scenario=raw step=open rc=0 errno=99999999999 text=\"\"\n"),
                                    std::string("fs fd0 scenario=raw step=open rc=0 errno=0 text=\"\n"),
                                    std::string("fs fd1 scenario=cached step=open rc=0 errno=0 text=\"\"\nfs fd0 scenario=raw step=a rc=0 errno=0 text=\"\"\n"),
                                    std::string("hello\n"), std::string("kmsg hello\n"), std::string("\n")}) {
        EXPECT_FALSE(parse_fs_report(line + end).complete) << line;
    }
    EXPECT_FALSE(parse_fs_report(good + good + end).complete);  // two steps, not one
    EXPECT_FALSE(parse_fs_report(good + end + good).complete);
    EXPECT_FALSE(parse_fs_report("end-fs fd0 scenario=raw steps=0\n").complete);
}

TEST(FsScenario, TellsEachDifference)
{
    const FsScenario& dd = scenario("raw/dd");
    const FsReport refused = parse_fs_report(dd_report(1, "dd: /dev/sda: Input/output error; "));
    EXPECT_EQ(differences(dd, true, refused), std::vector<std::string>{});
    EXPECT_EQ(differences(dd, false, refused).size(), 2U);
    const FsReport accepted = parse_fs_report(dd_report(0, ""));
    EXPECT_EQ(differences(dd, false, accepted), std::vector<std::string>{});
    const std::vector<std::string> lines = differences(dd, true, accepted);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], "step 'dd' should be one that exits with 1; step 'dd' had rc=0 errno=0 and said ''");
    // Refused, but for another reason.
    EXPECT_EQ(differences(dd, true, parse_fs_report(dd_report(1, "No space left"))).size(), 2U);
    FsReport cut = refused;
    cut.steps.pop_back();
    EXPECT_EQ(differences(dd, true, cut), std::vector<std::string>{"step 'blkdiscard' is missing"});
    EXPECT_EQ(differences(scenario("raw/cached"), true, refused).size(), 9U);
}

TEST(FsScenario, NamesAreUniqueAndEachSaysWhatItMeans)
{
    std::set<std::string_view> names;
    for (const FsScenario& one : fs_scenarios()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_FALSE(one.meaning.empty()) << one.name;
        EXPECT_FALSE(one.writable.empty() || one.refusing.empty()) << one.name;
        EXPECT_TRUE(one.name.starts_with(to_string(one.image)) || one.image == FsImage::empty) << one.name;
    }
}

TEST_F(FsImages, AreTheSameEachTime)
{
    for (const FsImage image : {FsImage::empty, FsImage::ext4, FsImage::ext4_dirty, FsImage::vfat, FsImage::swap, FsImage::md}) {
        const std::string name(to_string(image));
        const std::string first = read_whole(make(image, name + "-1"));
        ::sleep(image == FsImage::empty ? 0 : 2);  // the coarsest time in an image, FAT's
        EXPECT_TRUE(first == read_whole(make(image, name + "-2"))) << name;
        EXPECT_EQ(first.size(), kBytes);
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder->path()), {}), 2) << "something was left behind";
        std::filesystem::remove(folder->path() / (name + "-1"));
        std::filesystem::remove(folder->path() / (name + "-2"));
    }
}

TEST_F(FsImages, ACleanOneAndADirtyOneDifferByWhatTheJournalHolds)
{
    // Oracle: e2fsck(8): status 0, clean; 1, corrected.
    const std::string clean = make(FsImage::ext4, "clean").string();
    const std::string dirty = make(FsImage::ext4_dirty, "dirty").string();
    EXPECT_EQ(run({"/sbin/e2fsck", "-f", "-n", clean}).exit_status, 0);
    EXPECT_NE(run({"/sbin/e2fsck", "-n", dirty}).out.find("skipping journal recovery"), std::string::npos);
    EXPECT_EQ(run({"/sbin/debugfs", "-R", "cat hello", dirty}).out, "before\n");
    EXPECT_NE(run({"/sbin/e2fsck", "-p", dirty}).out.find("recovering journal"), std::string::npos);
    EXPECT_EQ(run({"/sbin/debugfs", "-R", "cat hello", dirty}).out, "after!\n");
    EXPECT_EQ(run({"/sbin/e2fsck", "-f", "-n", dirty}).exit_status, 0);
}

TEST_F(FsImages, OthersAreWhatBlkidAndFsckSay)
{
    const std::string vfat = make(FsImage::vfat, "vfat").string();
    EXPECT_EQ(run({"/sbin/fsck.vfat", "-n", vfat}).exit_status, 0);
    EXPECT_EQ(run({"mtype", "-i", vfat, "::hello"}).out, "before\n");
    EXPECT_EQ(run({"/sbin/blkid", "-p", "-o", "value", "-s", "TYPE", make(FsImage::swap, "swap").string()}).out, "swap\n");
    const std::string md = make(FsImage::md, "md").string();
    EXPECT_EQ(run({"/sbin/blkid", "-p", "-o", "value", "-s", "TYPE", md}).out, "linux_raid_member\n");
    EXPECT_EQ(run({"/sbin/blkid", "-p", "-o", "value", "-s", "VERSION", md}).out, "0.90.0\n");
}

TEST_F(FsImages, AFailureLeavesNothing)
{
    // 16 sectors hold no file system of any kind.
    auto made = make_fs_image(FsImage::ext4, folder->path() / "small", 16 * 512);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::environment);
    EXPECT_TRUE(made.error().text.starts_with("cannot make an image with ext4: ")) << made.error().text;
    EXPECT_TRUE(std::filesystem::is_empty(folder->path()));
    // One that is there stays.
    std::ofstream(folder->path() / "taken") << "mine";
    EXPECT_FALSE(make_fs_image(FsImage::empty, folder->path() / "taken", kBytes));
    EXPECT_EQ(read_whole(folder->path() / "taken"), "mine");
}
