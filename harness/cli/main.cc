// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>

#include "cli/command.h"

namespace rogate::cli {
namespace {

constexpr std::array<Command, 10> kCommands{{
    {"run", "Run cases and compare their verdicts with the expected ones", declare_run},
    {"list", "List the cases and the verdicts expected of them", declare_list},
    {"show", "Show the evidence of a case", declare_show},
    {"series", "Keep a patch series: import, apply, carry and send it", declare_series},
    {"report", "Tell the results of runs as mail, HTML, JUnit, TAP, JSON or Markdown", declare_report},
    {"image", "Digest images, and name the sectors in which two differ", declare_image},
    {"init", "Look at a tree of your own and write a first profile for it", declare_init},
    {"doctor", "Check that every program rogate needs is there, or what a profile comes to", declare_doctor},
    {"man", "Print manual pages", declare_man},
    {"completion", "Print a script that completes the command line in a shell", declare_completion},
}};

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::filesystem::path default_cache()
{
    if (const std::string named = environment("XDG_CACHE_HOME"); !named.empty()) {
        return std::filesystem::path(named) / "rogate";
    }
    const std::string home = environment("HOME");
    return home.empty() ? std::filesystem::temp_directory_path() / "rogate-cache" : std::filesystem::path(home) / ".cache/rogate";
}

int run(int argc, char** argv)
{
    CLI::App app{"Keeps the drv_read_only patch series for qemu-xen and proves on running virtual machines that a disk\n"
                 "configured read-only cannot be written by its guest.",
                 "rogate"};
    Global global{ROGATE_ROOT, default_cache(), ROGATE_GUESTS "/probe.elf"};
    app.set_version_flag("--version", "rogate " ROGATE_VERSION);
    app.require_subcommand(1);
    app.footer("Exit status: 0 as expected, 1 an unexpected verdict, 2 wrong usage, 3 a patch or tree in conflict,\n"
               "4 a build failed, 5 the environment.");
    app.add_option("--root", global.root, "Folder that holds overlay/ and patches/")->envname("ROGATE_ROOT");
    app.add_option("--cache", global.cache, "Folder for built subjects, golden images and results")->envname("ROGATE_CACHE");
    app.add_option("--guest", global.guest, "The probe guest's ELF file")->envname("ROGATE_GUEST");
    std::array<Action, kCommands.size()> actions;
    std::array<CLI::App*, kCommands.size()> subcommands{};
    for (size_t i = 0; i < kCommands.size(); ++i) {
        subcommands[i] = app.add_subcommand(kCommands[i].name, kCommands[i].summary);
        actions[i] = kCommands[i].declare(*subcommands[i], global);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 numbers its errors from 100; help and version are its successes.
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
    }
    for (std::filesystem::path* path : {&global.root, &global.cache, &global.guest}) {  // programs start in folders of their own
        *path = std::filesystem::absolute(*path);
    }
    for (size_t i = 0; i < kCommands.size(); ++i) {
        if (subcommands[i]->parsed()) {
            auto code = actions[i]();
            if (!code) {
                print_error(code.error());
                return static_cast<int>(exit_code(code.error()));
            }
            return static_cast<int>(*code);
        }
    }
    return static_cast<int>(ExitCode::usage);
}

}  // namespace

void print_error(const Error& error)
{
    fmt::print(stderr, "error: {}\n", error.text);
    if (!error.hint.empty()) {
        fmt::print(stderr, "hint: {}\n", error.hint);
    }
}

}  // namespace rogate::cli

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return rogate::cli::run(argc, argv);
    } catch (const std::exception& error) {
        // Libraries' exceptions are caught where they are called; what comes here is a lack of memory or a defect.
        fmt::print(stderr, "error: {}\n", error.what());
        return static_cast<int>(rogate::cli::ExitCode::environment);
    }
}
