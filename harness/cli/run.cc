// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/setup.h"
#include "cli/tools.h"
#include "report/json.h"
#include "report/table.h"

namespace rogate::cli {
namespace {

/// A real unexpected verdict outweighs trouble of the machine; a run in which nothing ran proves nothing.
ExitCode exit_code_of(const std::vector<matrix::CaseResult>& results)
{
    bool any = false;
    bool unexpected = false;
    bool error = false;
    for (const matrix::CaseResult& result : results) {
        any |= result.one.skip.empty();
        if (!result.as_expected()) {
            (result.judged.verdict.kind == matrix::VerdictKind::error ? error : unexpected) = true;
        }
    }
    if (unexpected || !any) {
        return ExitCode::unexpected;
    }
    return error ? ExitCode::environment : ExitCode::as_expected;
}

Result<void> write_json(const Global& global, const RunOptions& options, const RunDone& done)
{
    report::RunFacts facts{.rogate_version = ROGATE_VERSION,
                           .series = done.series,
                           .patches = done.patches,
                           .trees = {},
                           .tools = tool_versions(global),
                           .seconds = done.seconds};
    if (!done.commit.empty()) {
        facts.trees.emplace_back("commit", done.commit);
    }
    for (const subject::Subject& subject : done.subjects) {
        facts.trees.emplace_back(subject.name, subject.tree_id);
    }
    const std::string text = report::to_json(facts, done.results).dump(1) + "\n";
    if (options.json == "-") {
        fmt::print("{}", text);
        return {};
    }
    return write_file(options.json, text);
}

Result<ExitCode> run(const Global& global, const RunOptions& options)
{
    auto done = perform(global, options);
    if (!done) {
        return done.error();
    }
    if (!options.json.empty()) {
        if (auto written = write_json(global, options, *done); !written) {
            return written.error();
        }
    }
    if (options.json != "-") {
        fmt::print("{}", report::table(done->results, report::use_colour(STDOUT_FILENO)));
        fmt::print("{}", report::unexpected_details(done->results));
        fmt::print("{}", report::summary(done->results, done->seconds));
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
    app.add_option("case", options->patterns, "Cases, as format/bus/mode/configuration/shape; each part is a glob, and "
                                              "parts left out fit all")
        ->type_name("CASE");
    app.add_option("--series", options->series, "A folder below patches/, or a path")->capture_default_str();
    add_tree_options(app, options->tree);
    app.add_option("--at", options->at, "States of the series: base, N, tip, all; several by commas")->capture_default_str();
    app.add_option("-j,--jobs", options->jobs, "Machines at the same time (default: one a core)")->type_name("N");
    app.add_option("--deadline", options->deadline_seconds, "Seconds a machine may take")->capture_default_str();
    app.add_flag("--keep", options->keep, "Leave images, logs and command lines in a new folder here");
    app.add_option("--json", options->json, "Write all results and evidence to FILE, '-' = stdout")->type_name("FILE");
    app.add_flag("-q,--quiet", options->quiet, "No progress");
    app.add_option("--guest-word", options->guest_words, "Pass a word to the probe guest, e.g. writes=off; for trying rogate "
                                                         "itself")
        ->type_name("WORD");
    return [options, &global] { return run(global, *options); };
}

}  // namespace rogate::cli
