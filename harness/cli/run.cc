// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/evidence.h"
#include "cli/setup.h"
#include "cli/tools.h"
#include "report/shard.h"
#include "report/table.h"

namespace rogate::cli {
namespace {

Result<void> write_json(const std::string& file, const report::Results& results)
{
    const std::string text = report::write_results(results);
    if (file == "-") {
        fmt::print("{}", text);
        return {};
    }
    return write_file(file, text);
}

report::TableForm form_of(const std::string& word)
{
    return word == "list"   ? report::TableForm::list
           : word == "grid" ? report::TableForm::grid
                            : report::TableForm::automatic;
}

Result<ExitCode> run(const Global& global, RunOptions options, const std::string& shard, const std::string& form)
{
    if (!shard.empty()) {
        auto part = report::parse_shard(shard);
        if (!part) {
            return part.error().while_doing("--shard");
        }
        options.shard = *part;
    }
    auto done = perform(global, options);
    if (!done) {
        return done.error();
    }
    if (!options.json.empty()) {
        done->results.facts.tools = tool_versions(global);
        if (auto written = write_json(options.json, done->results); !written) {
            return written.error();
        }
    }
    if (options.json != "-") {
        fmt::print("{}", report::table(done->results, form_of(form), report::use_colour(STDOUT_FILENO),
                                       report::table_width(STDOUT_FILENO)));
        fmt::print("{}", report::unexpected_details(done->results));
        fmt::print("{}", report::summary(done->results));
    }
    if (!done->kept.empty()) {
        fmt::print(stderr, "kept in {}\n", done->kept.string());
    }
    return exit_code_of(done->results);
}

}  // namespace

Action declare_run(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<RunOptions>();
    auto shard = std::make_shared<std::string>();
    auto form = std::make_shared<std::string>("auto");
    app.add_option("case", options->patterns,
                   "Cases, as format/bus/mode/configuration/shape; each part is a glob, and "
                   "parts left out fit all")
        ->type_name("CASE");
    app.add_option("--series", options->series, "A folder below patches/, or a path")->capture_default_str();
    add_tree_options(app, options->tree);
    app.add_option("--at", options->at, "States of the series: base, N, tip, all; several by commas")
        ->capture_default_str();
    app.add_option("-j,--jobs", options->jobs, "Machines at the same time (default: one a core)")->type_name("N");
    app.add_option("--deadline", options->deadline_seconds, "Seconds a machine may take")->capture_default_str();
    app.add_flag("--again", options->again, "Run also what came out as expected before and has not changed since");
    app.add_flag("--keep", options->keep, "Leave images, logs and command lines in a new folder here");
    app.add_option("--json", options->json, "Write all results and evidence to FILE, '-' = stdout")->type_name("FILE");
    app.add_option("--shard", *shard, "Run only part I of N of the cases; 'rogate report' merges the results files")
        ->type_name("I/N");
    app.add_option("--table", *form,
                   "How to show the verdicts: a row for each case, or rows and columns of buses; auto takes\n"
                   "the grid for more than one bus")
        ->check(CLI::IsMember({"auto", "list", "grid"}))
        ->capture_default_str();
    app.add_flag("-q,--quiet", options->quiet, "No progress");
    app.add_option("--guest-word", options->guest_words,
                   "Pass a word to the probe guest, e.g. writes=off; for trying rogate "
                   "itself")
        ->type_name("WORD");
    return [=, &global] { return run(global, *options, *shard, *form); };
}

}  // namespace rogate::cli
