// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace rogate::cli {

/// An option, flag or positional word of a command, as --help, manual pages and completions tell it.
struct OptionHelp {
    std::vector<std::string> names;  ///< "-o", "--output"; of a positional word its name alone
    bool positional = false;
    bool required = false;
    bool repeated = false;
    std::string value;               ///< what its value is called; empty = it takes none
    std::string preset;              ///< the value it has when it is not given; may be empty
    std::string text;                ///< one line or more
};

/// The options of `app`, groups included, in the order they were declared.
std::vector<OptionHelp> options_of(const CLI::App& app);

/// A manual page of section 1 for `app`, rogate itself or one of its commands. Source: man(7).
std::string man_page(const CLI::App& app);

/// A script that completes rogate's command line; `shell` is bash, zsh or fish.
std::string completion(const CLI::App& rogate, const std::string& shell);

}  // namespace rogate::cli
