// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/series.h"
#include "report/json.h"
#include "series/sweep.h"

namespace rogate::cli {

/// Options of the commands that carry a series onto something.
struct TargetOptions {
    std::string series = "drv_read_only";
    BaseOptions base;
    std::string strip;
    unsigned fuzz = 0;
    bool json = false;
};

/// Declares the series' name, --tree, --rev, --subdir, --strip, --fuzz and --json. `with_base`: --rev and no --tree make sense.
void add_target_options(CLI::App& app, TargetOptions& options, bool with_base = true);

/// A series and where it is carried to. Objects refer to each other, so it stays where it was made.
struct Target {
    std::filesystem::path folder;
    series::Series series;
    series::Resolutions resolutions;
    std::unique_ptr<series::Upstream> upstream;  ///< null for the in-tree sources
    std::string where;                           ///< for people: "the in-tree sources", "'REPO' at 'REV' (1a2b3c)"
};

/// The series carried onto one tree.
struct Carried {
    std::optional<git::Commit> commit;
    series::UpstreamFiles files;  ///< what it was carried onto; all of the in-tree sources, else the touched ones
    std::unique_ptr<series::Carrier> carrier;
    std::unique_ptr<series::AncestorFinder> ancestors;
    series::SeriesOutcome outcome;
};

/// Errors: as find_series(), load_series(), Upstream::open(); usage for options that do not belong together.
Result<std::unique_ptr<Target>> load_target(const Global& global, const TargetOptions& options);

/// Carries the series onto `revision` (empty = the options' one, or the in-tree sources). Errors: not_found, corrupt, environment.
Result<Carried> carry_target(const Global& global, const Target& target, const TargetOptions& options, const std::string& revision = {});

/// "1a2b3c4d5e6f 2026-11-28 Name <mail>: subject", printable.
std::string describe(const git::Commit& commit);

/// What each patch and each hunk that is not exact came to, and the sum, for people. Conflicts name the upstream commit
/// that last touched their lines. Errors: corrupt, environment.
Result<std::string> outcome_text(const Target& target, const Carried& carried, bool all_hunks);
/// The same for programs; README describes the fields.
Result<report::Json> outcome_json(const Target& target, const Carried& carried);

/// The upstream commit that last touched the lines that a conflict in file `file` of patch `patch` is about.
Result<std::optional<git::Commit>> conflict_commit(const Target& target, const Carried& carried, size_t patch, size_t file);

}  // namespace rogate::cli
