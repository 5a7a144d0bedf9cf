// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/setup.h"
#include "report/show.h"

namespace rogate::cli {
namespace {

struct ShowOptions {
    std::vector<std::string> patterns;
    std::string series = kDefaultSeries;
    TreeOptions tree = {};
    std::string at = "tip";
    bool whole = false;
    bool json = false;
    bool again = false;
};

/// The stored evidence of a case; nothing when there is none, or none that can be read.
report::Json stored(const std::filesystem::path& file)
{
    auto text = read_file(file);
    return text ? report::Json::parse(*text, nullptr, false) : report::Json(report::Json::value_t::discarded);
}

Result<report::Json> evidence_of(const Global& global, const ShowOptions& options, const std::string& stored_name,
                                 const std::string& case_id, const std::string& state)
{
    const std::filesystem::path file = evidence_file(global, stored_name, state, case_id);
    report::Json json = options.again ? report::Json(report::Json::value_t::discarded) : stored(file);
    if (!json.is_discarded()) {
        return json;
    }
    RunOptions run;
    run.patterns = {case_id};
    run.series = options.series;
    run.tree = options.tree;
    run.at = state;
    auto done = perform(global, run);
    if (!done) {
        return done.error();
    }
    return report::to_json(done->results.front());
}

Result<ExitCode> show(const Global& global, const ShowOptions& options)
{
    auto cases = matrix::select(options.patterns);
    if (!cases) {
        return cases.error();
    }
    auto tree = load_tree(options.tree);
    if (!tree) {
        return tree.error();
    }
    tree->limit(*cases);
    auto setup = load_series_setup(global, tree->series(options.series));
    if (!setup) {
        return setup.error();
    }
    auto states = subject::parse_at(options.at, setup->series.patches.size());
    if (!states) {
        return states.error();
    }
    for (const matrix::Case& one : *cases) {
        if (!one.skip.empty()) {
            fmt::print("{}: skip: {}\n", one.id(), one.skip);
            continue;
        }
        for (const size_t state : *states) {
            const std::string stored_name = setup->series.name + tree->key();
            auto json = evidence_of(global, options, stored_name, one.id(),
                                    subject::state_name(state, setup->series.patches.size()));
            if (!json) {
                return json.error();
            }
            fmt::print("{}", options.json ? json->dump(1) + "\n" : report::show(*json, options.whole));
        }
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_show(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<ShowOptions>();
    app.add_option("case", options->patterns, "Cases, as for run")->required()->type_name("CASE");
    app.add_option("--series", options->series, "A folder below patches/, or a path")->capture_default_str();
    add_tree_options(app, options->tree);
    app.add_option("--at", options->at, "States of the series")->capture_default_str();
    app.add_flag("--whole", options->whole, "Every command and request, one a line");
    app.add_flag("--again", options->again, "Run the case now instead of showing what its last run left");
    app.add_flag("--json", options->json, "Print the evidence as JSON");
    app.footer("Shows what the last run of the case left in the cache; a case that was never run is run now.");
    return [options, &global] { return show(global, *options); };
}

}  // namespace rogate::cli
