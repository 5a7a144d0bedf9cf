// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"

namespace rogate::cli {
namespace {

Result<ExitCode> write_all(const CLI::App& rogate, const std::filesystem::path& folder)
{
    std::vector<const CLI::App*> apps{&rogate};
    for (const CLI::App* command :
         rogate.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); })) {
        apps.push_back(command);
    }
    for (const CLI::App* app : apps) {
        const std::string name = app == &rogate ? "rogate.1" : "rogate-" + app->get_name() + ".1";
        if (auto written = write_file(folder / name, man_page(*app)); !written) {
            return written.error();
        }
    }
    return ExitCode::as_expected;
}

Result<ExitCode> man(const CLI::App& rogate, const std::string& command, const std::string& folder)
{
    if (!folder.empty()) {
        return write_all(rogate, folder);
    }
    std::vector<std::string> known;
    for (const CLI::App* one : rogate.get_subcommands([](const CLI::App* any) { return !any->get_name().empty(); })) {
        if (one->get_name() == command) {
            fmt::print("{}", man_page(*one));
            return ExitCode::as_expected;
        }
        known.push_back(one->get_name());
    }
    if (!command.empty()) {
        return Error{ErrorKind::usage, fmt::format("rogate has no command '{}'", command),
                     did_you_mean(command, known) + "'rogate --help' lists the commands"};
    }
    fmt::print("{}", man_page(rogate));
    return ExitCode::as_expected;
}

}  // namespace

Action declare_man(CLI::App& app, const Global&)
{
    auto command = std::make_shared<std::string>();
    auto folder = std::make_shared<std::string>();
    app.add_option("command", *command, "Whose page to print; without it rogate's own")->type_name("COMMAND");
    app.add_option("--all", *folder, "Write the page of every command into this folder instead")->type_name("FOLDER");
    app.footer("Read one with: rogate man run | man -l -");
    return [=, &app] { return man(*app.get_parent(), *command, *folder); };
}

Action declare_completion(CLI::App& app, const Global&)
{
    auto shell = std::make_shared<std::string>();
    app.add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("SHELL");
    app.footer("For the shell that runs: source <(rogate completion bash)");
    return [=, &app]() -> Result<ExitCode> {
        fmt::print("{}", completion(*app.get_parent(), *shell));
        return ExitCode::as_expected;
    };
}

}  // namespace rogate::cli
