// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/tree.h"
#include "matrix/run.h"
#include "series/series.h"
#include "subject/subject.h"

namespace rogate::cli {

/// A series with what is expected of it.
struct SeriesSetup {
    series::Series series;
    matrix::Expectations expectations;
    [[nodiscard]] std::vector<std::string> patch_names() const;
};

/// Reads the series `name`: a folder below `root`/patches, or a path. Errors: usage for an unknown one, with the nearest.
Result<SeriesSetup> load_series_setup(const Global& global, const std::string& name);

/// What a run needs besides its cases.
struct RunOptions {
    std::vector<std::string> patterns;
    std::string series = kDefaultSeries;
    TreeOptions tree = {};
    std::string at = "base,tip";
    unsigned jobs = 0;                     ///< 0 = one a core
    unsigned deadline_seconds = 20;
    bool keep = false;
    bool quiet = false;
    std::string json;
    std::vector<std::string> guest_words;
};

/// A finished run.
struct RunDone {
    std::vector<matrix::CaseResult> results;
    std::vector<subject::Subject> subjects;
    std::string series;                    ///< its folder's name
    std::string commit;                    ///< of a user's tree; empty for the in-tree one
    std::vector<std::string> patches;
    lab::Tools tools;
    std::filesystem::path kept;            ///< where --keep left the machines' folders
    double seconds = 0;                    ///< of the machines alone
};

/// Selects, builds and runs, with progress on stderr, and stores each case's evidence in the cache for `rogate show`.
/// Errors: those of selection, series, subjects, and the environment.
Result<RunDone> perform(const Global& global, const RunOptions& options);

/// The file that keeps the last evidence of a case.
std::filesystem::path evidence_file(const Global& global, const std::string& series, const std::string& state,
                                    const std::string& case_id);

}  // namespace rogate::cli
