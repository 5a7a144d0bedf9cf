// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/series_target.h"

namespace rogate::cli {
namespace {

struct CheckOptions {
    TargetOptions target;
    bool all_hunks = false;
};

Result<ExitCode> check(const Global& global, const CheckOptions& options)
{
    auto target = load_target(global, options.target);
    if (!target) {
        return target.error();
    }
    auto carried = carry_target(global, **target, options.target);
    if (!carried) {
        return carried.error();
    }
    if (options.target.json) {
        auto json = outcome_json(**target, *carried);
        if (!json) {
            return json.error();
        }
        fmt::print("{}\n", json->dump(1));
    } else {
        auto text = outcome_text(**target, *carried, options.all_hunks);
        if (!text) {
            return text.error();
        }
        fmt::print("{}", *text);
    }
    if (!carried->outcome.applies()) {
        Error error = series::conflict_error((*target)->series, carried->outcome);
        error.hint = (*target)->upstream ? "'rogate series rebase --onto' writes each conflict down to be resolved"
                                         : "with --tree rogate merges with upstream's history";
        return error;
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_check(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<CheckOptions>();
    add_target_options(app, options->target);
    app.add_flag("--hunks", options->all_hunks, "Tell exact hunks, too");
    app.footer("Tells for each hunk how it gets into the tree: exact, offset, fuzz, three-way, upstream (it is there already),\n"
               "resolved (a remembered resolution) or conflict. Writes nothing. Exit status 3 when there is a conflict.");
    return [options, &global] { return check(global, *options); };
}

}  // namespace rogate::cli
