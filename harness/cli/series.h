// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "cli/command.h"
#include "git/tree.h"
#include "series/series.h"

namespace rogate::cli {

// `rogate series` has subcommands of its own, a file each: cli/series_<name>.cc.
Action declare_series_apply(CLI::App& app, const Global& global);
Action declare_series_check(CLI::App& app, const Global& global);
Action declare_series_diff(CLI::App& app, const Global& global);
Action declare_series_exec(CLI::App& app, const Global& global);
Action declare_series_rebase(CLI::App& app, const Global& global);
Action declare_series_refresh(CLI::App& app, const Global& global);
Action declare_series_sweep(CLI::App& app, const Global& global);
Action declare_series_undo(CLI::App& app, const Global& global);
Action declare_series_format(CLI::App& app, const Global& global);
Action declare_series_import(CLI::App& app, const Global& global);
Action declare_series_upstreamed(CLI::App& app, const Global& global);

/// Which tree a series is for.
struct BaseOptions {
    std::string tree;    ///< a git repository; empty = the in-tree sources, overlay/
    std::string rev;     ///< the revision of `tree`
    std::string subdir;  ///< the folder of `tree` in which the series' paths begin
};

/// Declares --tree, --rev and --subdir.
void add_base_options(CLI::App& app, BaseOptions& options);

/// The files of the base, with contents. Errors: usage, not_found, environment.
Result<git::Tree> load_base(const Global& global, const BaseOptions& options);

/// The folder of the series `name`: one below `root`/patches, or a path, which holds a '/'.
/// Errors: usage for an unknown one, with the nearest.
Result<std::filesystem::path> find_series(const Global& global, const std::string& name);

/// That series, read. Errors: as find_series() and series::load_series().
Result<series::Series> load_named_series(const Global& global, const std::string& name);

}  // namespace rogate::cli
