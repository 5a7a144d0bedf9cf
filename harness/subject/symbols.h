// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "git/tree.h"

namespace rogate::subject {

/// The names that a C file defines for others: functions with a body and variables, `static` and `extern` ones left
/// out. It reads text, not a grammar: what a macro defines is not seen, and both branches of an #if count.
std::set<std::string> defined_names(std::string_view c_text);

/// Of each of `symbols`, the C files among `files` that define it, in order; contents must be loaded.
std::map<std::string, std::vector<std::string>> find_definitions(const std::vector<std::string>& symbols,
                                                                 const git::Tree& files);

/// The symbols that a link of a bridge's left open, each once, in order of their first mention in the linker's output;
/// what nbdkit itself gives to its plugins is left out.
std::vector<std::string> missing_symbols(const std::string& linker_output);

}  // namespace rogate::subject
