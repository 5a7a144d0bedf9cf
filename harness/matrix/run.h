// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/evidence.h"
#include "lab/machine.h"
#include "matrix/case.h"
#include "matrix/expect.h"
#include "matrix/verdict.h"
#include "subject/subject.h"

namespace rogate::matrix {

/// A verdict with the evidence it follows from.
struct Judged {
    Verdict verdict;
    lab::Evidence evidence;
};

/// One case at one state of the series.
struct CaseResult {
    Case one;
    size_t patches = 0;
    std::string state;                    ///< base, 1, .., tip
    std::optional<Expected> expected;
    Judged judged;                        ///< what counts
    std::optional<Judged> also;           ///< the other outcome, when the case was run both in company and alone
    bool also_is_alone = false;           ///< `also` is the one alone; else it is the one in company
    bool unchanged = false;               ///< not run: `judged` has the known verdict alone

    /// A verdict that nobody expects is unexpected.
    [[nodiscard]] bool as_expected() const;
};

/// The verdict a case is known to have at a subject, when nothing that it depends on has changed since it was run.
using Known = std::function<std::optional<VerdictKind>(const Case&, const subject::Subject&)>;

/// What to run, and with what.
struct RunPlan {
    std::vector<Case> cases;
    std::vector<subject::Subject> subjects;
    std::vector<std::string> patches;     ///< file names of the series, in order
    const Expectations* expectations = nullptr;
    lab::Tools tools;
    std::filesystem::path cache;          ///< golden images
    std::filesystem::path work;           ///< an existing folder for the machines; each has its own below it
    unsigned jobs = 1;                    ///< machines at the same time
    std::chrono::milliseconds deadline{20'000};
    bool keep = false;                    ///< leave the machines' folders in `work`
    Known known;                          ///< cases known to be as expected are not run; may be empty
};

/// Called under a lock when cases are done: how many, of how many, and how many of them unexpected.
using Progress = std::function<void(size_t done, size_t total, size_t unexpected)>;

/// Runs the plan; results are in the order of cases, then of subjects. A case that came out unexpected with other
/// disks in its machine is run again alone and both outcomes are kept. An image that cannot be made, or a machine that
/// cannot be run, gives its cases the verdict `error`; nothing here fails as a whole.
std::vector<CaseResult> run(const RunPlan& plan, const Progress& progress);

}  // namespace rogate::matrix
