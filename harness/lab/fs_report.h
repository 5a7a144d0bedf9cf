// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rogate::lab {

/// One thing that the guest tried, and what it was told.
struct FsStep {
    std::string name;
    int rc = 0;        ///< what the system call returned, or a program's exit status
    int error = 0;     ///< errno, 0 = none
    std::string text;  ///< the error's name, what was read, what a program said; from the guest: untrusted

    [[nodiscard]] bool tried() const { return rc != -1 || error != 0; }
};

/// What the Linux guest says of one scenario (guests/linux/agent/fs.h tells the form of the lines).
struct FsReport {
    std::string disk;
    std::string scenario;
    std::vector<FsStep> steps;
    std::vector<std::string> kernel;  ///< messages of its kernel meanwhile
    bool complete = false;            ///< the `end-fs` line came and its count agrees
    std::string problem;              ///< what is wrong with the report; empty when fine

    /// Null when the step is not there.
    [[nodiscard]] const FsStep* find(std::string_view name) const;
};

/// Never fails: what cannot be read and a missing end are told in `problem`, and `complete` stays false.
FsReport parse_fs_report(std::string_view text);

}  // namespace rogate::lab
