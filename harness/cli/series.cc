// SPDX-License-Identifier: GPL-2.0-or-later
// `rogate series`: only the table of its subcommands.
#include "cli/series.h"

#include <memory>
#include <utility>
#include <vector>

namespace rogate::cli {
namespace {

constexpr Command kSeriesCommands[] = {
    {"apply", "Apply a series in memory and tell how each hunk went", declare_series_apply},
    {"check", "Tell whether a series still applies, and how", declare_series_check},
    {"diff", "Compare two versions of a series, patch by patch", declare_series_diff},
    {"exec", "Run a command in a checkout of every state of a series", declare_series_exec},
    {"rebase", "Carry a series onto another upstream commit", declare_series_rebase},
    {"refresh", "Rewrite the patches to apply exactly", declare_series_refresh},
    {"sweep", "Find the upstream commits that break a series", declare_series_sweep},
    {"undo", "Bring back the series that a refresh or rebase replaced", declare_series_undo},
    {"format", "Write a series as mails for git send-email", declare_series_format},
    {"import", "Make a series of mails, diffs or a page's text, repairing what mailers did", declare_series_import},
    {"upstreamed", "Find the patches that upstream has already", declare_series_upstreamed},
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
