// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "cli/series_renew.h"

namespace rogate::cli {
namespace {

struct RebaseOptions {
    TargetOptions target;
    std::string onto;
};

}  // namespace

Action declare_series_rebase(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<RebaseOptions>();
    add_target_options(app, options->target, false);
    app.add_option("--onto", options->onto, "The commit of --tree that the series is to apply to")->required()->type_name("REV");
    app.footer("Carries the series onto another upstream commit and rewrites its patches to apply exactly there. All or nothing:\n"
               "on a conflict (exit status 3) the series stays as it is, and each conflict is written down below its folder\n"
               ".rogate/conflicts, with the upstream commit it comes from. Edit the marked files and run the command again: what\n"
               "you made of them is remembered in the series' folder 'resolutions' and used wherever it comes up again.\n"
               "'rogate series undo' brings the old series back.");
    return [options, &global] { return renew_series(global, options->target, options->onto, "rogate series rebase"); };
}

}  // namespace rogate::cli
