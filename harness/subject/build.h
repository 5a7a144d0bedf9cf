// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "git/tree.h"
#include "subject/profile.h"

namespace rogate::subject {

/// The text of build.ninja for `files` under `profile`: `bridge.so`, and `ioemu-img` where the profile has one.
/// `compiler` is what stands before the flags ("ccache cc"). Errors: usage, for a glob that fits nothing.
Result<std::string> ninja_text(const Profile& profile, const git::Tree& files, const std::string& compiler);

/// Writes `files` below `folder`/src and builds them there with Ninja.
/// Errors: build, with file, line and first message of the compiler; environment for a missing program.
Result<void> build_in(const std::filesystem::path& folder, const std::filesystem::path& cache, const Profile& profile,
                      const git::Tree& files);

/// Stands for the compiler and the headers a subject is built with: it changes when one of them does.
Result<std::string> toolchain_key();

}  // namespace rogate::subject
