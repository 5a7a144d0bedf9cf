// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "report/forms.h"
#include "report/view.h"

namespace rogate::report {

/// Findings whose witnesses saw the same; what differs from run to run (nonce, digests of written data, times) is left
/// aside. An unexpected finding is by itself, and so is the other outcome of one that was run twice.
struct EvidenceGroup {
    const Outcome* outcome = nullptr;  ///< of its first finding
    std::vector<const Finding*> findings;
    std::string note;  ///< what sets this outcome apart; may be empty
};

/// Gives each finding the evidence it is shown with.
class EvidenceIndex {
public:
    explicit EvidenceIndex(const Results& results);

    [[nodiscard]] const std::vector<EvidenceGroup>& groups() const { return groups_; }
    /// The number in the address of the finding's evidence: #e12.
    [[nodiscard]] size_t of(const Finding& finding) const { return by_finding_.at(&finding); }
    /// Sectors that the picture of a file is wide, by format and file; those of one format have one scale.
    [[nodiscard]] uint64_t scale_of(const Finding& finding, const lab::FileEvidence& file) const;

    /// A machine of each kind, and how many there are of it.
    using Machines = std::vector<std::pair<const Machine*, size_t>>;
    [[nodiscard]] const Machines& machines() const { return machines_; }
    /// The place in machines() of the one that stands for `machine`, a place in Results::machines.
    [[nodiscard]] size_t machine_of(size_t machine) const { return machine_of_.at(machine); }

private:
    void list_machines(const Results& results);

    std::vector<EvidenceGroup> groups_;
    std::unordered_map<const Finding*, size_t> by_finding_;
    std::unordered_map<std::string, uint64_t> scales_;
    Machines machines_;
    std::vector<size_t> machine_of_;
};

/// The style sheet: light, dark, print.
extern const char* const kHtmlStyle;

/// A cell or word that shows a verdict and leads to its evidence.
std::string verdict_link(const Finding& finding, const EvidenceIndex& index);

/// "<code>text</code>", escaped.
std::string html_code(const std::string& text);

/// The tables of one mode: formats, configurations and shapes against buses and states.
std::string html_matrix(const Results& results, const std::vector<Row>& rows, const EvidenceIndex& index,
                        matrix::Mode mode);

/// What each patch changes.
std::string html_patches(const Results& results, const std::vector<Row>& rows, const EvidenceIndex& index);

/// All evidence, then the lists it shares: what guests said, what reached block layers, command lines.
std::string html_evidence(const Results& results, const EvidenceIndex& index);
std::string html_lists(const Results& results, const EvidenceIndex& index);

}  // namespace rogate::report
