// SPDX-License-Identifier: GPL-2.0-or-later
// report: tells results to people and to programs; it judges nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "matrix/run.h"

namespace rogate::report {

/// The shape of a results file; results.schema.json describes it.
inline constexpr int kResultsVersion = 2;

/// A part of a plan that was split over several machines: the `index`th of `count`, from 1.
struct Shard {
    size_t index = 1;
    size_t count = 1;
    bool operator==(const Shard&) const = default;
};

/// What a run was made of; goes to the head of a results file.
struct RunFacts {
    std::string rogate_version;
    std::string series;                                      ///< its folder's name
    std::string upstream;                                    ///< what the series was applied to, for people
    std::vector<std::string> command;                        ///< the command line of the run
    std::vector<std::string> patches;                        ///< file names in order
    std::vector<std::pair<std::string, std::string>> trees;  ///< state, tree id
    std::vector<std::pair<std::string, std::string>> tools;  ///< program, version
    double seconds = 0;                                      ///< of the machines; of all shards together
    std::string plan;                                        ///< plan_id() of the whole plan
    std::optional<Shard> shard;                              ///< these results are a part of the plan
};

/// A place in one of the lists of Results; nothing where there was no machine.
using Place = std::optional<size_t>;

/// One machine: what all its cases share.
struct Machine {
    std::string nonce;
    std::string subject;             ///< tree id
    std::vector<std::string> cases;  ///< ids of those that ran in it, sorted
    uint64_t duration_us = 0;
    lab::ProcessEvidence device_model;
    lab::ProcessEvidence qemu;
    std::string console;  ///< what the guest sent; kept where a case came out unexpected only
};

/// One outcome of a case: its verdict and what the witnesses saw. Lists that many outcomes share are kept once.
struct Outcome {
    matrix::Verdict verdict;
    Place machine;
    std::string disk;
    std::string export_name;
    bool wish_expressible = true;
    bool guest_complete = false;
    std::string environment_error;
    std::string environment_hint;
    std::string subject_refusal;
    std::string guest_problem;
    Place guest;      ///< commands, without checksums
    Place checksums;  ///< one for each command
    Place wire;
    std::vector<lab::OpenFile> open_files;
    std::vector<lab::KernelEvent> events;
    std::vector<lab::FileEvidence> files;
    std::optional<lab::ReaderEvidence> reader;
};

/// One case at one state of the series.
struct Finding {
    matrix::Case one;
    std::string at;  ///< base, 1, .., tip
    size_t patches = 0;
    std::optional<matrix::VerdictKind> expected;
    std::string why;              ///< the expectation's own words
    std::string missing_patch;    ///< a patch the expectation counts on and the series lacks
    std::string closed_by;        ///< the patch that is expected to bring the verdict at the tip; may be empty
    Outcome outcome;              ///< what counts
    std::optional<Outcome> also;  ///< the other one, when the case was run both in company and alone
    bool also_is_alone = false;
    bool unchanged = false;       ///< not run again: the outcome is an earlier run's, of the very same things

    [[nodiscard]] bool skipped() const { return !one.skip.empty(); }
    [[nodiscard]] bool as_expected() const { return skipped() || expected == outcome.verdict.kind; }
};

/// A run's results, or several runs' merged: findings in the order of cases, then of states.
struct Results {
    RunFacts facts;
    std::vector<Machine> machines;
    std::vector<std::vector<lab::GuestCommand>> guests;  ///< `disk` and `crc` are left out
    std::vector<std::vector<std::optional<uint32_t>>> checksums;
    std::vector<std::vector<lab::WireRequest>> wires;  ///< `export_name` is left out
    std::vector<Finding> findings;
};

/// Brings a run's results together; `closed_by` names for a case the patch that is expected to close it, or is empty.
Results collect(RunFacts facts, const std::vector<matrix::CaseResult>& results,
                const std::function<std::string(const std::string& case_id)>& closed_by = {});

/// The evidence an outcome of `results` was made of; matrix::judge() of it must bring the same verdict again.
lab::Evidence evidence_of(const Results& results, const Finding& finding, const Outcome& outcome);

/// Where an earlier run's results are that hold the finding with its evidence; nothing when they cannot be had.
using EarlierRun = std::function<std::optional<Results>(const Finding& finding)>;

/// The same results, with the evidence of what was not run again. Where there is none, the verdict stands alone.
Results with_earlier_evidence(const Results& results, const EarlierRun& earlier);

/// Results with one finding alone and the lists it needs.
Results only(const Results& results, const Finding& finding);

/// The text of a results file: the head first, then each machine, list and finding on a line of its own.
std::string write_results(const Results& results);

/// Reads a results file strictly; `name` is the file's name for messages.
/// Errors: corrupt, with the place (results[17].evidence.files[0]: ...): no JSON, an unknown, missing or wrong field, a
/// place in a list that is not there, a case twice, an `as_expected` that does not follow; usage for another version.
Result<Results> read_results(std::string_view text, const std::string& name);

}  // namespace rogate::report
