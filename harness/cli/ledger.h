// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli/command.h"
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
/// It holds no verdict that was unexpected, in company or alone, and it counts only as long as the case's evidence is the one it was
/// written with: `rogate show` and a results file always have something to show.
class Ledger {
public:
    /// Reads the ledger of `stored_name`; one that is missing or damaged is empty.
    Ledger(const Global& global, std::string stored_name, std::string world);

    /// The verdict of a case that is known; nothing else may be believed of it without its evidence.
    [[nodiscard]] std::optional<matrix::VerdictKind> find(const matrix::Case& one, const subject::Subject& subject) const;

    /// Takes over what has just been run and stored, and writes the ledger. Errors: environment.
    Result<void> update(const report::Results& results, const std::vector<subject::Subject>& subjects);

private:
    struct Entry {
        std::string key;  ///< of world and subject
        matrix::VerdictKind verdict{};
        int64_t evidence_bytes = 0;
        int64_t evidence_mtime_ns = 0;
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
