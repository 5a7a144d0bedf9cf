// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/fs_scenario.h"

#include <cerrno>
#include <fmt/format.h>

namespace rogate::lab {
namespace {

using End = FsExpected::End;
using Steps = std::vector<FsExpected>;

FsExpected ok(std::string_view step, std::string_view says = {}) { return {step, End::succeeds, 0, says}; }
FsExpected fails(std::string_view step, int number) { return {step, End::fails, number, {}}; }
FsExpected exits(std::string_view step, int status, std::string_view says = {}) { return {step, End::exits, status, says}; }
FsExpected skipped(std::string_view step) { return {step, End::not_tried, 0, {}}; }

/// A file system that is mounted, read, and a file written in it.
Steps mounted_rw(std::string_view hello)
{
    return {ok("mount"), ok("read", hello), ok("write"), ok("fsync"), ok("close"), ok("umount")};
}

Steps mounted_ro(std::string_view hello) { return {ok("mount"), ok("read", hello), ok("umount")}; }

Steps not_mounted_rw()
{
    return {fails("mount", EIO), skipped("read"), skipped("write"), skipped("fsync"), skipped("close"), skipped("umount")};
}

Steps not_mounted_ro() { return {fails("mount", EIO), skipped("read"), skipped("umount")}; }

std::vector<FsScenario> ext4_scenarios()
{
    return {
        {"ext4/mount-rw", "ext4-rw", FsImage::ext4, "the mount itself writes the superblock, so a refusing disk cannot be mounted",
         true, mounted_rw("before"), not_mounted_rw()},
        {"ext4/mount-ro", "ext4-ro", FsImage::ext4, "nothing is written", false, mounted_ro("before"), mounted_ro("before")},
        {"ext4-dirty/mount-rw", "ext4-rw", FsImage::ext4_dirty, "the journal is replayed first, and that is refused", true,
         mounted_rw("after!"), not_mounted_rw()},
        {"ext4-dirty/mount-ro", "ext4-ro", FsImage::ext4_dirty,
         "a read-only mount replays the journal too: it writes to a disk that may be written", true, mounted_ro("after!"), not_mounted_ro()},
        {"ext4-dirty/mount-noload", "ext4-noload", FsImage::ext4_dirty,
         "without its journal a refusing disk can be mounted; it reads as before the crash's last write", false, mounted_ro("before"),
         mounted_ro("before")},
        {"ext4/fsck", "fsck", FsImage::ext4, "a clean file system is left alone (-p); a forced check writes the superblock", true,
         {ok("preen", "clean"), ok("force")}, {ok("preen", "clean"), exits("force", 1 | 8)}},
        {"ext4-dirty/fsck", "fsck", FsImage::ext4_dirty, "e2fsck replays the journal, which is refused", true,
         {ok("preen", "recovering journal"), ok("force")}, {exits("preen", 4, "recovering journal"), exits("force", 4 | 8)}},
    };
}

std::vector<FsScenario> other_scenarios()
{
    return {
        {"vfat/mount-rw", "vfat-rw", FsImage::vfat,
         "FAT mounts and writes as if nothing were wrong; only fsync tells, and unmounting does not", true, mounted_rw("before"),
         {ok("mount"), ok("read", "before"), ok("write"), fails("fsync", EIO), ok("close"), ok("umount")}},
        {"vfat/mount-ro", "vfat-ro", FsImage::vfat, "nothing is written", false, mounted_ro("before"), mounted_ro("before")},
        {"swap/on", "swap", FsImage::swap,
         "swapping is switched on without a write, and a discard that fails is only in the kernel's log", false,
         {ok("swapon"), ok("swapoff"), ok("swapon-discard"), ok("swapoff-again")},
         {ok("swapon"), ok("swapoff"), ok("swapon-discard"), ok("swapoff-again")}},
        {"md/start", "md", FsImage::md, "a RAID 1 starts without a write; its first write marks the superblock, which is refused", true,
         {ok("start"), ok("write"), ok("stop")}, {ok("start"), fails("write", EIO), ok("stop")}},
        {"raw/direct", "raw", FsImage::empty, "writes past the page cache are told to be refused", true,
         {ok("open"), ok("write"), ok("read", "new"), ok("discard"), ok("zero"), ok("read-zeroed", "zero"), ok("close")},
         {ok("open"), fails("write", EIO), ok("read", "zero"), fails("discard", EIO), fails("zero", EIO), ok("read-zeroed", "zero"),
          ok("close")}},
        {"raw/cached", "cached", FsImage::empty,
         "a write through the page cache succeeds, sync(1) succeeds, and only fsync tells that nothing was written", true,
         {ok("open"), ok("write"), ok("sync"), ok("fsync"), ok("close"), ok("reopen"), ok("read", "new"), ok("close")},
         {ok("open"), ok("write"), ok("sync"), fails("fsync", EIO), ok("close"), ok("reopen"), ok("read", "zero"), ok("close")}},
        {"raw/dd", "dd", FsImage::empty, "programs tell, and exit with 1", true, {ok("dd"), ok("blkdiscard")},
         {exits("dd", 1, "Input/output error"), exits("blkdiscard", 1, "Input/output error")}},
    };
}

std::string describe(const FsExpected& expected)
{
    switch (expected.end) {
    case End::succeeds:
        return expected.says.empty() ? "succeeds" : fmt::format("succeeds and says '{}'", expected.says);
    case End::fails:
        return fmt::format("fails with errno {}", expected.number);
    case End::exits:
        return fmt::format("exits with {}", expected.number);
    case End::not_tried:
        return "is not tried";
    }
    return {};
}

bool holds(const FsExpected& expected, const FsStep& step)
{
    if (step.name != expected.step || step.text.find(expected.says) == std::string::npos) {
        return false;
    }
    switch (expected.end) {
    case End::succeeds:
        // A program's status is 0; a system call may return a number of bytes.
        return step.rc >= 0 && step.error == 0 && (step.rc == 0 || step.name.starts_with("read") || step.name == "write");
    case End::fails:
        return step.rc == -1 && step.error == expected.number;
    case End::exits:
        return step.rc == expected.number && step.error == 0;
    case End::not_tried:
        return !step.tried();
    }
    return false;
}

}  // namespace

const std::vector<FsScenario>& fs_scenarios()
{
    static const std::vector<FsScenario> all = [] {
        std::vector<FsScenario> scenarios = ext4_scenarios();
        for (FsScenario& scenario : other_scenarios()) {
            scenarios.push_back(std::move(scenario));
        }
        return scenarios;
    }();
    return all;
}

std::vector<std::string> differences(const FsScenario& scenario, bool refusing, const FsReport& report)
{
    std::vector<std::string> lines;
    if (!report.complete) {
        lines.push_back(report.problem);
    }
    if (report.scenario != scenario.agent) {
        lines.push_back(fmt::format("the report is of scenario '{}', not '{}'", report.scenario, scenario.agent));
    }
    const Steps& expected = refusing ? scenario.refusing : scenario.writable;
    for (size_t i = 0; i < std::max(expected.size(), report.steps.size()); ++i) {
        if (i >= expected.size()) {
            lines.push_back(fmt::format("step '{}' is not expected", report.steps[i].name));
        } else if (i >= report.steps.size()) {
            lines.push_back(fmt::format("step '{}' is missing", expected[i].step));
        } else if (!holds(expected[i], report.steps[i])) {
            const FsStep& step = report.steps[i];
            lines.push_back(fmt::format("step '{}' should be one that {}; step '{}' had rc={} errno={} and said '{}'", expected[i].step,
                                        describe(expected[i]), step.name, step.rc, step.error, step.text));
        }
    }
    return lines;
}

}  // namespace rogate::lab
