// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/show.h"
#include "report/text.h"

namespace rogate::report {
namespace {

/// Fields are told apart by a byte that no text of a results file may end in.
void add(std::string& key, const std::string& text)
{
    (key += text) += '\x01';
}

void add(std::string& key, const Place& place)
{
    add(key, place ? std::to_string(*place) : std::string("-"));
}

std::string key_of(const Outcome& outcome)
{
    std::string key;
    add(key, std::string(matrix::to_string(outcome.verdict.kind)));
    for (const std::string& reason : outcome.verdict.reasons) {
        add(key, reason);
    }
    for (const std::string* text :
         {&outcome.environment_error, &outcome.environment_hint, &outcome.subject_refusal, &outcome.guest_problem}) {
        add(key, *text);
    }
    add(key, outcome.wish_expressible ? "w" : "");
    add(key, outcome.guest);
    add(key, outcome.wire);
    for (const lab::OpenFile& one : outcome.open_files) {
        add(key, one.file);
        add(key, one.detail);
    }
    for (const lab::KernelEvent& one : outcome.events) {
        add(key, one.file);
        add(key, one.what);
    }
    for (const lab::FileEvidence& one : outcome.files) {
        add(key, one.file);
        add(key, one.content_changed() ? "changed" : "");
        for (const image::SectorRange& range : one.changed) {
            key.append(reinterpret_cast<const char*>(&range), sizeof range);
        }
        for (const std::string& change : one.stat_changes) {
            add(key, change);
        }
    }
    if (outcome.reader) {
        add(key, outcome.reader->failure);
        add(key, ranges_text(outcome.reader->wrong, SIZE_MAX));
    }
    return key;
}

/// A machine's command lines without what is another each time: the numbers in paths, sockets and nonces.
std::string kind_of(const Machine& machine)
{
    std::string kind;
    for (const lab::ProcessEvidence* process : {&machine.device_model, &machine.qemu}) {
        for (const std::string& word : process->argv) {
            kind += word + " ";
        }
        kind += process->ending + process->stderr_text;
    }
    for (size_t at = machine.nonce.empty() ? std::string::npos : kind.find(machine.nonce); at != std::string::npos;
         at = kind.find(machine.nonce, at)) {
        kind.erase(at, machine.nonce.size());
    }
    for (const std::string_view prefix : {"/rogate-", "/machine-", "=rogate-"}) {
        for (size_t at = kind.find(prefix); at != std::string::npos; at = kind.find(prefix, at + 1)) {
            const size_t from = at + prefix.size();
            kind.erase(from, std::min(kind.find_first_of("/, ", from), kind.size()) - from);
        }
    }
    return kind;
}

std::string scale_key(const Finding& finding, const lab::FileEvidence& file)
{
    return finding.one.format + "/" + file.file;
}

}  // namespace

EvidenceIndex::EvidenceIndex(const Results& results)
{
    list_machines(results);
    std::unordered_map<std::string, size_t> known;
    for (const Finding& finding : results.findings) {
        if (finding.skipped()) {
            continue;
        }
        size_t place = groups_.size();
        if (finding.as_expected()) {
            place = known.try_emplace(key_of(finding.outcome), groups_.size()).first->second;
        }
        if (place == groups_.size()) {
            groups_.push_back({&finding.outcome, {}, {}});
        }
        groups_[place].findings.push_back(&finding);
        by_finding_.emplace(&finding, place);
        if (finding.also) {
            groups_.push_back(
                {&*finding.also,
                 {&finding},
                 finding.also_is_alone ? "the same case alone in its machine" : "the same case in company"});
        }
        for (const lab::FileEvidence& file : finding.outcome.files) {
            if (!file.changed.empty()) {
                uint64_t& scale = scales_[scale_key(finding, file)];
                scale = std::max(scale, file.changed.back().first + file.changed.back().count);
            }
        }
    }
}

void EvidenceIndex::list_machines(const Results& results)
{
    std::unordered_map<std::string, size_t> known;
    for (const Machine& machine : results.machines) {
        const auto [found, is_new] = known.try_emplace(kind_of(machine), machines_.size());
        if (is_new) {
            machines_.emplace_back(&machine, 0);
        }
        ++machines_[found->second].second;
        machine_of_.push_back(found->second);
    }
}

uint64_t EvidenceIndex::scale_of(const Finding& finding, const lab::FileEvidence& file) const
{
    const auto found = scales_.find(scale_key(finding, file));
    const uint64_t own = file.changed.empty() ? 1 : file.changed.back().first + file.changed.back().count;
    return found == scales_.end() ? own : std::max(own, found->second);
}

std::string html_code(const std::string& text)
{
    return "<code>" + xml(text) + "</code>";
}

std::string verdict_link(const Finding& finding, const EvidenceIndex& index)
{
    const std::string_view seen = matrix::to_string(finding.outcome.verdict.kind);
    const std::string not_this =
        finding.as_expected()
            ? std::string()
            : fmt::format(", not {}", finding.expected ? matrix::to_string(*finding.expected) : "foreseen");
    return fmt::format("<a href=\"#e{}\">{}{}</a>", index.of(finding), seen, not_this);
}

}  // namespace rogate::report
