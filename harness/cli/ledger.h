// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli/command.h"
#include "cli/evidence.h"
#include "lab/machine.h"
#include "matrix/verdict.h"
#include "report/results.h"
#include "subject/subject.h"

namespace rogate::cli {

/// Names by content what every verdict depends on besides the case and its subject: rogate itself, which holds the
/// recipes of the images, the guests with their words, and the programs of the machine (by path, size and time of
/// change). Errors: not_found, environment.
Result<std::string> world_id(const Global& global, const lab::Tools& tools);

/// Remembers which cases came out as expected, at which subject and in which world, so that they need not be run again.
/// It holds no verdict that was unexpected, in company or alone. Its verdicts are its own; a case's evidence is another
/// file, which another rogate may replace, and counts only while it is the very one that belongs to the verdict.
class Ledger {
public:
    /// Reads the ledger of `stored_name`; one that is missing or damaged is empty.
    Ledger(const Global& global, std::string stored_name, std::string world);

    /// The verdict of a case that is known, and of which some evidence is stored.
    [[nodiscard]] std::optional<matrix::VerdictKind> find(const matrix::Case& one, const subject::Subject& subject) const;

    /// The results of a case that find() knows, with its evidence; nothing when they are another run's by now: several
    /// rogates may share a cache.
    [[nodiscard]] std::optional<report::Results> evidence(const matrix::Case& one, const subject::Subject& subject) const;

    /// Takes over what has just been run and stored with `marks`, and writes the ledger. Errors: environment.
    Result<void> update(const report::Results& results, const std::vector<EvidenceMark>& marks,
                        const std::vector<subject::Subject>& subjects);

private:
    struct Entry {
        std::string key;  ///< of world and subject
        matrix::VerdictKind verdict{};
        EvidenceMark evidence;
    };

    [[nodiscard]] std::string key_of(const subject::Subject& subject) const;
    void read();
    [[nodiscard]] std::filesystem::path evidence_of(const std::string& state, const std::string& case_id) const;

    const Global& global_;
    std::string stored_name_;
    std::string world_;
    std::filesystem::path file_;
    std::unordered_map<std::string, Entry> entries_;  ///< by "state case"
};

}  // namespace rogate::cli
