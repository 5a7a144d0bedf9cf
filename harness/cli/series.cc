// SPDX-License-Identifier: GPL-2.0-or-later
// `rogate series`: only the table of its subcommands.
#include "cli/series.h"

#include <memory>
#include <utility>
#include <vector>

namespace rogate::cli {
namespace {

constexpr Command kSeriesCommands[] = {
    {"exec", "Run a command in a checkout of every state of a series", declare_series_exec},
    {"format", "Write a series as mails for git send-email", declare_series_format},
    {"import", "Make a series of mails, diffs or a page's text, repairing what mailers did", declare_series_import},
};

}  // namespace

Action declare_series(CLI::App& app, const Global& global)
{
    app.require_subcommand(1);
    auto actions = std::make_shared<std::vector<std::pair<CLI::App*, Action>>>();
    for (const Command& command : kSeriesCommands) {
        CLI::App* sub = app.add_subcommand(command.name, command.summary);
        actions->emplace_back(sub, command.declare(*sub, global));
    }
    return [actions]() -> Result<ExitCode> {
        for (const auto& [sub, action] : *actions) {
            if (sub->parsed()) {
                return action();
            }
        }
        return ExitCode::usage;
    };
}

}  // namespace rogate::cli
