// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "report/results.h"

namespace rogate::cli {

/// The file of the cache that keeps the last evidence of a case: a results file with this case alone. `stored_name` tells
/// the series and the tree it belongs to.
std::filesystem::path evidence_file(const Global& global, const std::string& stored_name, const std::string& state,
                                    const std::string& case_id);

/// Tells the text of a file with evidence from another; 0 and 0 = there is none.
struct EvidenceMark {
    size_t bytes = 0;
    size_t hash = 0;
    bool operator==(const EvidenceMark&) const = default;
};

EvidenceMark mark_of(const std::string& text);

/// Keeps each finding that was run for `rogate show`, and tells what it wrote, in the order of the findings. A cache that
/// cannot be written costs `show` a run, nothing else.
std::vector<EvidenceMark> store_evidence(const Global& global, const std::string& stored_name, const report::Results& results);

/// Reads results from a file, "-" = stdin. Errors: not_found and environment; those of report::read_results().
Result<report::Results> load_results(const std::string& file);

/// The exit status that results bring: a real unexpected verdict outweighs trouble of the machine; a run in which
/// nothing ran proves nothing.
ExitCode exit_code_of(const report::Results& results);

}  // namespace rogate::cli
