// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/results.h"

#include <algorithm>

#include "report/pool.h"

namespace rogate::report {
namespace {

Machine machine_of(const matrix::Case& one, const lab::Evidence& evidence, bool with_console)
{
    Machine machine{.nonce = evidence.nonce,
                    .subject = evidence.subject,
                    .cases = evidence.company,
                    .duration_us = evidence.duration_us,
                    .device_model = evidence.device_model,
                    .qemu = evidence.qemu,
                    .console = with_console ? evidence.console : std::string()};
    machine.cases.push_back(one.id());
    std::sort(machine.cases.begin(), machine.cases.end());
    return machine;
}

Outcome outcome_of(Pools& pools, const matrix::Case& one, const matrix::Judged& judged, bool with_console)
{
    const lab::Evidence& evidence = judged.evidence;
    Outcome outcome{.verdict = judged.verdict,
                    .machine = {},
                    .disk = evidence.disk,
                    .export_name = evidence.export_name,
                    .wish_expressible = evidence.wish_expressible,
                    .guest_complete = evidence.guest_complete,
                    .environment_error = evidence.environment_error,
                    .environment_hint = evidence.environment_hint,
                    .subject_refusal = evidence.subject_refusal,
                    .guest_problem = evidence.guest_problem,
                    .guest = {},
                    .checksums = {},
                    .wire = {},
                    .open_files = evidence.open_files,
                    .events = evidence.events,
                    .files = evidence.files,
                    .reader = evidence.reader};
    if (!evidence.nonce.empty() || !evidence.device_model.argv.empty()) {
        outcome.machine = pools.machine(machine_of(one, evidence, with_console));
    }
    if (!evidence.commands.empty()) {
        std::vector<std::optional<uint32_t>> checksums;
        checksums.reserve(evidence.commands.size());
        for (const lab::GuestCommand& command : evidence.commands) {
            checksums.push_back(command.crc);
        }
        outcome.guest = pools.guest(evidence.commands);
        outcome.checksums = pools.checksums(checksums);
    }
    if (!evidence.requests.empty()) {
        outcome.wire = pools.wire(evidence.requests);
    }
    return outcome;
}

}  // namespace

Results collect(RunFacts facts, const std::vector<matrix::CaseResult>& results,
                const std::function<std::string(const std::string& case_id)>& closed_by)
{
    Results all;
    all.facts = std::move(facts);
    all.findings.reserve(results.size());
    Pools pools(all);
    for (const matrix::CaseResult& result : results) {
        Finding finding;
        finding.one = result.one;
        finding.at = result.state;
        finding.patches = result.patches;
        if (result.expected) {
            finding.expected = result.expected->kind;
            finding.why = result.expected->why;
            finding.missing_patch = result.expected->missing_patch;
        }
        finding.unchanged = result.unchanged;
        finding.closed_by = closed_by && !finding.skipped() ? closed_by(result.one.id()) : std::string();
        if (finding.skipped() || finding.unchanged) {
            finding.outcome.verdict = result.judged.verdict;
        } else {
            const bool with_console = !result.as_expected();
            finding.outcome = outcome_of(pools, result.one, result.judged, with_console);
            if (result.also) {
                finding.also = outcome_of(pools, result.one, *result.also, with_console);
                finding.also_is_alone = result.also_is_alone;
            }
        }
        all.findings.push_back(std::move(finding));
    }
    return all;
}

Results with_earlier_evidence(const Results& results, const EarlierRun& earlier)
{
    Results all;
    all.facts = results.facts;
    Pools pools(all);
    Mover mover(results, pools);
    for (const Finding& finding : results.findings) {
        Finding moved = mover.move(finding);
        const auto found = finding.unchanged ? earlier(finding) : std::nullopt;
        if (found && found->findings.size() == 1 && found->findings.front().one.id() == finding.one.id()) {
            Finding before = Mover(*found, pools).move(found->findings.front());
            moved.outcome = std::move(before.outcome);
            moved.also = std::move(before.also);
            moved.also_is_alone = before.also_is_alone;
        }
        all.findings.push_back(std::move(moved));
    }
    return all;
}

Results only(const Results& results, const Finding& finding)
{
    Results one;
    one.facts = results.facts;
    Pools pools(one);
    one.findings.push_back(Mover(results, pools).move(finding));
    return one;
}

lab::Evidence evidence_of(const Results& results, const Finding& finding, const Outcome& outcome)
{
    lab::Evidence evidence;
    evidence.case_id = finding.one.id();
    evidence.wish_expressible = outcome.wish_expressible;
    evidence.environment_error = outcome.environment_error;
    evidence.environment_hint = outcome.environment_hint;
    evidence.subject_refusal = outcome.subject_refusal;
    evidence.disk = outcome.disk;
    evidence.export_name = outcome.export_name;
    evidence.guest_complete = outcome.guest_complete;
    evidence.guest_problem = outcome.guest_problem;
    evidence.open_files = outcome.open_files;
    evidence.events = outcome.events;
    evidence.files = outcome.files;
    evidence.reader = outcome.reader;
    if (outcome.machine) {
        const Machine& machine = results.machines[*outcome.machine];
        evidence.nonce = machine.nonce;
        evidence.subject = machine.subject;
        evidence.device_model = machine.device_model;
        evidence.qemu = machine.qemu;
        evidence.console = machine.console;
        evidence.duration_us = machine.duration_us;
        std::copy_if(machine.cases.begin(), machine.cases.end(), std::back_inserter(evidence.company),
                     [&](const std::string& id) { return id != evidence.case_id; });
    }
    if (outcome.guest) {
        evidence.commands = results.guests[*outcome.guest];
        for (size_t i = 0; i < evidence.commands.size(); ++i) {
            evidence.commands[i].disk = outcome.disk;
            evidence.commands[i].crc = results.checksums[*outcome.checksums][i];
        }
    }
    if (outcome.wire) {
        evidence.requests = results.wires[*outcome.wire];
        for (lab::WireRequest& request : evidence.requests) {
            request.export_name = outcome.export_name;
        }
    }
    return evidence;
}

}  // namespace rogate::report
