// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/fs_image.h"
#include "lab/fs_report.h"

namespace rogate::lab {

/// How one step should end.
struct FsExpected {
    enum class End {
        succeeds,   ///< the system call; a program with status 0
        fails,      ///< the system call, with errno `number`
        exits,      ///< a program, with status `number`
        not_tried,  ///< what it needs was not to be had
    };
    std::string_view step;
    End end = End::succeeds;
    int number = 0;
    std::string_view says = {};  ///< must be part of the step's text
};

/// Something that a system does to its disks in the course of a day, and what should come of it. On a disk that refuses to
/// be written the image stays as it is, whatever the guest was told.
struct FsScenario {
    std::string_view name;     ///< unique: the image's kind and what is done
    std::string_view agent;    ///< the guest's name of it
    FsImage image;
    std::string_view meaning;  ///< for people
    bool writes;               ///< a disk that may be written changes
    std::vector<FsExpected> writable;
    std::vector<FsExpected> refusing;  ///< each write fails with EIO
};

/// All of them. Sources: mount(2), fsync(2), swapon(2), e2fsck(8) (exit status is a sum), md(4); what ext4, FAT, md and swap
/// do on refused writes was measured with Linux 6.1.
const std::vector<FsScenario>& fs_scenarios();

/// What differs between the report and what the scenario expects of a refusing (or else a writable) disk: a line each, in
/// the order of the steps; empty = nothing. An incomplete report differs.
std::vector<std::string> differences(const FsScenario& scenario, bool refusing, const FsReport& report);

}  // namespace rogate::lab
