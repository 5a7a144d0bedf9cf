// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::subject {

/// How a tree is built, as its rogate.toml tells; overlay/rogate.toml is the documented example.
struct Profile {
    std::vector<std::string> sources;              ///< globs
    std::vector<std::string> exclude;              ///< globs
    std::vector<std::string> bridge_sources;       ///< globs
    std::vector<std::string> image_tool_sources;   ///< globs; empty = the tree has no image tool
    std::string standard = "gnu11";
    std::vector<std::string> include;
    std::vector<std::string> defines;
    std::vector<std::string> flags;
    std::vector<std::string> libraries;
    std::map<std::string, std::vector<std::string>> file_defines;  ///< by source file
};

/// Reads a profile. Errors: usage, with line, for bad TOML, an unknown key (naming the nearest known one) or a value
/// of the wrong type; `name` is the file's name for the message.
Result<Profile> parse_profile(std::string_view text, const std::string& name);

/// The files of `all` that fit a glob of `globs` and none of `exclude`, in order of `all`.
/// Errors: usage, for a glob that fits no file.
Result<std::vector<std::string>> expand(const std::vector<std::string>& globs, const std::vector<std::string>& exclude,
                                        const std::vector<std::string>& all);

}  // namespace rogate::subject
