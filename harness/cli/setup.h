// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/tree.h"
#include "matrix/run.h"
#include "report/results.h"
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
    bool again = false;                    ///< run what is known to be as expected as well
    std::string json;
    std::optional<report::Shard> shard;    ///< only this part of the cases
    std::vector<std::string> guest_words;
};

/// A finished run.
struct RunDone {
    report::Results results;               ///< the versions of the programs are not asked for yet
    std::string stored_name;               ///< where the evidence is stored
    std::filesystem::path kept;            ///< where --keep left the machines' folders
};

/// Selects, builds and runs, with progress on stderr, and stores each case's evidence in the cache for `rogate show`.
/// Errors: those of selection, series, subjects, and the environment.
Result<RunDone> perform(const Global& global, const RunOptions& options);

}  // namespace rogate::cli
