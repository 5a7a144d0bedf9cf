// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::subject {

/// What one source file gets besides the profile's [build].
struct FileBuild {
    std::vector<std::string> defines;
    std::vector<std::string> flags;
};

/// Which cases make sense for a tree; what is left out is a skip, never a failure.
struct Limits {
    /// rogate's name of a format, whose images it can make, and the tree's name of the driver; empty = all, same names.
    std::map<std::string, std::string> formats;
    std::vector<std::string> buses;  ///< empty = all; without a word and with the bridge's own disks `ide` only
    std::vector<std::string> configurations;  ///< empty = all; a bridge that opens the disks itself knows `drive` only
    std::vector<std::string> shapes;          ///< empty = all

    /// Why a case of these parts is not to be run; empty when it is.
    [[nodiscard]] std::string skip_reason(const std::string& format, const std::string& bus,
                                          const std::string& configuration, const std::string& shape) const;
};

/// How a tree is built and which cases it is for, as a profile tells; overlay/rogate.toml is the documented example.
/// Paths of the tree are from its root: what the profile writes relative to `folder` has it in front here.
struct Profile {
    std::string repository;  ///< the user's git repository, as the profile writes it; empty = none named
    std::string rev;
    std::string folder;                ///< "" = the root
    std::vector<std::string> sources;  ///< globs
    std::vector<std::string> exclude;  ///< globs
    std::vector<std::string> headers;  ///< globs; those beside sources and in include folders come anyway
    std::string standard = "gnu11";
    std::vector<std::string> include;  ///< folders
    std::vector<std::string> defines;
    std::vector<std::string> flags;
    std::vector<std::string> libraries;
    std::string prelude;                          ///< a header of the user's before every file; relative to the profile
    std::vector<std::string> stubs;               ///< sources, and headers, of the user's; relative to the profile
    std::map<std::string, FileBuild> files;       ///< by source file
    std::vector<std::string> bridge_sources;      ///< globs; empty = rogate's own bridge
    std::vector<std::string> bridge_headers;      ///< what declares the block layer; empty = found
    bool bridge_opens_disks = true;               ///< else the tree's own main program does
    std::string read_only = "auto";               ///< how the bridge says it: auto, argument, flag, field
    std::vector<std::string> image_tool_sources;  ///< globs; empty = the tree has no image tool
    Limits limits;
    std::string series;  ///< the series' folder, relative to the profile; empty = none named
};

/// Reads a profile. Errors: usage, with line, for bad TOML, an unknown key (naming the nearest known one) or a value
/// that is wrong; `name` is the file's name for the message.
Result<Profile> parse_profile(std::string_view text, const std::string& name);

/// The files of `all` that fit a glob of `globs` and none of `exclude`, in order of `all`. `*` stays in one folder,
/// `**/` is any number of folders. Errors: usage, for a glob of `globs` that fits no file.
Result<std::vector<std::string>> expand(const std::vector<std::string>& globs, const std::vector<std::string>& exclude,
                                        const std::vector<std::string>& all);

/// True when `file` fits `glob`, as expand() understands it.
bool fits_glob(const std::string& glob, const std::string& file);

}  // namespace rogate::subject
