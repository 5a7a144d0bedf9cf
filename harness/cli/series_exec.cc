// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "process/keeper.h"
#include "process/run_folder.h"
#include "report/json.h"
#include "series/exec.h"

namespace rogate::cli {
namespace {

struct ExecOptions {
    std::string series = "drv_read_only";
    BaseOptions base;
    std::vector<std::string> command;
    unsigned seconds = 600;
    bool with_base = false;
    bool keep_going = false;
    bool json = false;
};

std::string outcome_word(const series::ExecStep& step)
{
    return step.outcome.ok() ? "ok" : process::describe(step.outcome);
}

void print_step(const series::ExecStep& step)
{
    fmt::print("{:>4}  {:<60} {} ({:.1f} s)\n", step.state, step.patch, outcome_word(step),
               std::chrono::duration<double>(step.outcome.duration).count());
    std::fflush(stdout);
    if (!step.outcome.ok()) {
        fmt::print(stderr, "{}{}", step.outcome.out, step.outcome.err);
    }
}

void print_json(const std::vector<series::ExecStep>& steps)
{
    report::Json all = report::Json::array();
    for (const series::ExecStep& step : steps) {
        all.push_back({{"state", step.state},
                       {"patch", step.patch},
                       {"ok", step.outcome.ok()},
                       {"exit_status", step.outcome.exit_status},
                       {"signal", step.outcome.signal},
                       {"timed_out", step.outcome.timed_out},
                       {"stdout", step.outcome.out},
                       {"stderr", step.outcome.err}});
    }
    // What a command prints need not be UTF-8.
    fmt::print("{}\n", all.dump(1, ' ', false, report::Json::error_handler_t::replace));
}

Result<ExitCode> exec(const Global& global, const ExecOptions& options, const std::filesystem::path& work)
{
    auto series = load_named_series(global, options.series);
    if (!series) {
        return series.error();
    }
    auto base = load_base(global, options.base);
    if (!base) {
        return base.error();
    }
    series::ExecPlan plan{options.command, std::chrono::seconds(options.seconds), options.with_base, options.keep_going};
    auto steps = series::exec_series(*base, *series, plan, work, [&](const series::ExecStep& step) {
        if (!options.json) {
            print_step(step);
        }
    });
    if (!steps) {
        return steps.error();
    }
    if (options.json) {
        print_json(*steps);
    }
    for (const series::ExecStep& step : *steps) {
        if (!step.outcome.ok()) {
            return ExitCode::unexpected;
        }
    }
    return steps->empty() ? ExitCode::unexpected : ExitCode::as_expected;
}

}  // namespace

Action declare_series_exec(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<ExecOptions>();
    app.add_option("--series", options->series, "The series: a name below patches/, or a path")->capture_default_str();
    add_base_options(app, options->base);
    app.add_option("command", options->command,
                   "The command and its words, after '--'; it runs in a checkout of each state, with ROGATE_PATCH (the "
                   "patch's file), ROGATE_STATE (its number) and ROGATE_SERIES (the series' folder)")
        ->required()
        ->type_name("COMMAND...");
    app.add_option("--deadline", options->seconds, "Seconds the command may take at a state")->capture_default_str();
    app.add_flag("--base-too", options->with_base, "Run it at the base as well");
    app.add_flag("--keep-going", options->keep_going, "Do not stop at the first patch at which it fails");
    app.add_flag("--json", options->json, "Print JSON");
    return [options, &global]() -> Result<ExitCode> {
        // The folder first: its janitor must not be among what is killed with the command.
        auto place = process::RunFolder::make(std::filesystem::temp_directory_path());
        if (!place) {
            return place.error();
        }
        // The command may start what it likes; none of it outlives rogate, however rogate ends.
        return static_cast<ExitCode>(process::run_kept([&] {
            auto code = exec(global, *options, place->path());
            if (!code) {
                print_error(code.error());
            }
            return static_cast<int>(code ? *code : exit_code(code.error()));
        }));
    };
}

}  // namespace rogate::cli
