// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "matrix/case.h"
#include "series/series.h"
#include "subject/profile.h"
#include "subject/source.h"
#include "subject/subject.h"

namespace rogate::cli {

/// --tree, --rev and --profile as they were given.
struct TreeOptions {
    std::string repository;
    std::string rev;
    std::string profile;
};

/// Declares the three options on a subcommand that takes a subject or an upstream.
void add_tree_options(CLI::App& app, TreeOptions& options);

/// The tree they name: the in-tree one when there is no profile, else a user's.
struct Tree {
    std::optional<subject::Profile> profile;
    std::filesystem::path profile_path;
    std::string profile_text;
    std::filesystem::path repository;
    std::string rev;

    /// The series to use when `series` was asked for: the profile's own in place of the default.
    [[nodiscard]] std::string series(const std::string& asked) const;
    /// Tells this tree's stored evidence from other trees'; empty for the in-tree one.
    [[nodiscard]] std::string key() const;
    /// Gives the cases that the profile leaves out their skip reason.
    void limit(std::vector<matrix::Case>& cases) const;
};

constexpr const char* kDefaultSeries = "drv_read_only";

/// Reads the profile. Errors: usage, for a tree without a profile, a profile that names no repository when none is
/// given, and what parse_profile() returns; not_found.
Result<Tree> load_tree(const TreeOptions& options);

/// The tree's files with what `series` touches. Errors: as subject::repository_source().
Result<subject::Source> read_source(const Global& global, const Tree& tree, const series::Series& series);

/// Gives cases that no subject of the run can express, for its block layer's generation, their skip reason.
void limit_by_generation(std::vector<matrix::Case>& cases, const std::vector<subject::Subject>& subjects);

}  // namespace rogate::cli
