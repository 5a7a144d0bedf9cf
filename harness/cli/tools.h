// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace rogate::cli {

/// One thing of the machine that rogate uses.
struct ToolReport {
    std::string name;
    std::string purpose;
    std::string package;
    bool needed = true;    ///< rogate's verdicts depend on it; else it only helps
    std::string path;      ///< empty = missing
    std::string version;
};

/// Looks for every program and file that rogate uses and asks for its version.
std::vector<ToolReport> check_tools(const Global& global);

/// The files, not programs, that a run's verdicts depend on.
std::vector<std::string> needed_files();

/// Names and versions of the programs that a run's verdicts depend on.
std::vector<std::pair<std::string, std::string>> tool_versions(const Global& global);

}  // namespace rogate::cli
