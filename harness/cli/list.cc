// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/command.h"
#include "cli/setup.h"
#include "report/json.h"

namespace rogate::cli {
namespace {

struct ListOptions {
    std::vector<std::string> patterns;
    std::string series = kDefaultSeries;
    TreeOptions tree = {};
    std::string at = "base,tip";
    bool json = false;
};

std::string expected_word(const SeriesSetup& setup, const matrix::Case& one, size_t state)
{
    const auto expected = setup.expectations.expected(one.id(), setup.patch_names(), state);
    return expected ? std::string(matrix::to_string(expected->kind)) : "?";
}

void print_json(const SeriesSetup& setup, const std::vector<matrix::Case>& cases, const std::vector<size_t>& states)
{
    report::Json all = report::Json::array();
    for (const matrix::Case& one : cases) {
        report::Json entry{{"case", one.id()}};
        if (!one.skip.empty()) {
            entry["skip"] = one.skip;
        } else {
            for (const size_t state : states) {
                entry["expected"][subject::state_name(state, setup.series.patches.size())] = expected_word(setup, one, state);
            }
        }
        all.push_back(std::move(entry));
    }
    fmt::print("{}\n", all.dump(1));
}

Result<ExitCode> list(const Global& global, const ListOptions& options)
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
    if (options.json) {
        print_json(*setup, *cases, *states);
        return ExitCode::as_expected;
    }
    for (const matrix::Case& one : *cases) {
        std::string line = fmt::format("{:<32}", one.id());
        if (!one.skip.empty()) {
            line += " skip: " + one.skip;
        } else {
            for (const size_t state : *states) {
                line += fmt::format(" {}={}", subject::state_name(state, setup->series.patches.size()),
                                    expected_word(*setup, one, state));
            }
        }
        fmt::print("{}\n", line);
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_list(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<ListOptions>();
    app.add_option("case", options->patterns, "Cases, as for run")->type_name("CASE");
    app.add_option("--series", options->series, "Whose expectations to show")->capture_default_str();
    add_tree_options(app, options->tree);
    app.add_option("--at", options->at, "States of the series to show")->capture_default_str();
    app.add_flag("--json", options->json, "Print JSON");
    return [options, &global] { return list(global, *options); };
}

}  // namespace rogate::cli
