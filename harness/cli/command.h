// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/result.h"
#include "cli/exit_code.h"

namespace rogate::cli {

/// Options of every subcommand.
struct Global {
    std::filesystem::path root;   ///< holds overlay/ and patches/
    std::filesystem::path cache;  ///< subjects, golden images, results
    std::filesystem::path guest;  ///< the probe guest's ELF file
};

/// What a subcommand does once its options are parsed.
using Action = std::function<Result<ExitCode>()>;

/// A subcommand: its name, its line of help, and a function that declares its options on `app` and returns what to do.
struct Command {
    const char* name;
    const char* summary;
    Action (*declare)(CLI::App& app, const Global& global);
};

Action declare_run(CLI::App& app, const Global& global);
Action declare_list(CLI::App& app, const Global& global);
Action declare_show(CLI::App& app, const Global& global);
Action declare_init(CLI::App& app, const Global& global);
Action declare_report(CLI::App& app, const Global& global);
Action declare_man(CLI::App& app, const Global& global);
Action declare_completion(CLI::App& app, const Global& global);
Action declare_doctor(CLI::App& app, const Global& global);
Action declare_image(CLI::App& app, const Global& global);

/// Prints "error: text" and "hint: ..." on stderr.
void print_error(const Error& error);

}  // namespace rogate::cli
