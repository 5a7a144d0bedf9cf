// SPDX-License-Identifier: GPL-2.0-or-later
// The programs of the machine that rogate runs: where they are, and which package brings one that is missing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate {

/// The Debian 12 package that has a program or file rogate uses, by the program's or file's name without folders; empty
/// when none is known.
std::string_view package_of(std::string_view name);

/// Every program and file that package_of() knows.
std::vector<std::string_view> program_names();

/// "install the Debian package 'qemu-utils'", or what else to do about a program without a known package.
std::string install_hint(std::string_view name);

/// The path of program `name` in PATH, whose relative folders are passed over. A name that holds a slash is a path and
/// is returned as it is. Errors: environment, whose hint names the package.
Result<std::filesystem::path> find_program(std::string_view name);

}  // namespace rogate
