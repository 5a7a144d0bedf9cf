// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>

#include "cli/series_renew.h"

namespace rogate::cli {

Action declare_series_refresh(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<TargetOptions>();
    add_target_options(app, *options);
    app.footer("Rewrites the patches so that each hunk applies exactly to the tree: line numbers, context and index lines. Mail\n"
               "headers, messages and trailers stay. All or nothing; 'rogate series undo' brings the old series back.");
    return [options, &global] { return renew_series(global, *options, {}, "rogate series refresh"); };
}

}  // namespace rogate::cli
