// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "git/tree.h"
#include "subject/profile.h"

namespace rogate::subject {

/// The text of build.ninja for `files` under `profile`: `bridge.so`, and `ioemu-img` where the profile has one.
/// `compiler` is what stands before the flags ("ccache cc"). Errors: usage, for a glob that fits nothing.
Result<std::string> ninja_text(const Profile& profile, const git::Tree& files, const std::string& compiler);

/// The text of bridge_profile.h: what the bridge is told of the profile when it is compiled.
std::string bridge_profile_text(const Profile& profile);

/// Why a build did not become a bridge.
struct BuildFailure {
    Error error;                                    ///< kind build: file, line and first message of the compiler
    std::string missing_header = {};                ///< as the #include names it
    std::vector<std::string> missing_symbols = {};  ///< of the link
};

/// What build_in() came to; `failure` is empty when it is built.
struct BuildOutcome {
    std::optional<BuildFailure> failure;
};

/// Writes `files`, whose contents must be loaded, below `folder`/src and builds them there with Ninja.
/// A build that fails is an outcome. Errors: usage, for a glob that fits nothing; environment for a missing program.
Result<BuildOutcome> build_in(const std::filesystem::path& folder, const std::filesystem::path& cache,
                              const Profile& profile, const git::Tree& files);

/// Stands for the compiler and the headers a subject is built with: it changes when one of them does.
Result<std::string> toolchain_key();

}  // namespace rogate::subject
