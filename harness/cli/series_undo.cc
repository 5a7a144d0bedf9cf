// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "series/store.h"

namespace rogate::cli {
namespace {

struct UndoOptions {
    std::string series = "drv_read_only";
    bool force = false;
};

Result<ExitCode> undo(const Global& global, const UndoOptions& options)
{
    auto folder = find_series(global, options.series);
    if (!folder) {
        return folder.error();
    }
    if (auto undone = series::undo_series(*folder, options.force); !undone) {
        return undone.error();
    }
    fmt::print("'{}' is as it was before\n", folder->string());
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_undo(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<UndoOptions>();
    app.add_option("series", options->series, "A folder below patches/, or a path, which holds a '/'")->capture_default_str()->type_name("SERIES");
    app.add_flag("--force", options->force, "Even when the series was changed by hand since");
    app.footer("Brings the series back that the last 'refresh' or 'rebase' replaced; again for the one before that, up to ten times.\n"
               "Resolutions stay.");
    return [options, &global] { return undo(global, *options); };
}

}  // namespace rogate::cli
