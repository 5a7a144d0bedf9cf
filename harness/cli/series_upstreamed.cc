// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "cli/tree.h"
#include "git/repository.h"
#include "report/json.h"
#include "series/upstreamed.h"

namespace rogate::cli {
namespace {

struct UpstreamWords {
    std::string series = kDefaultSeries;
    std::string tree;
    std::string range;
    bool json = false;
};

void print_json(const std::vector<series::UpstreamedPatch>& patches)
{
    report::Json all = report::Json::array();
    for (const series::UpstreamedPatch& one : patches) {
        all.push_back({{"patch", one.file_name},
                       {"upstream", series::to_string(one.how)},
                       {"hunks", one.hunks},
                       {"hunks_found", one.hunks_found},
                       {"commits", one.commits}});
    }
    fmt::print("{}\n", all.dump(1, ' ', false, report::Json::error_handler_t::replace));
}

void print(const std::vector<series::UpstreamedPatch>& patches)
{
    size_t whole = 0;
    for (const series::UpstreamedPatch& one : patches) {
        const bool partly = one.how == series::Upstream::partly;
        whole += one.how == series::Upstream::patch_id || one.how == series::Upstream::content ? 1 : 0;
        fmt::print("{:<64} {}{}\n", one.file_name, series::to_string(one.how),
                   partly ? fmt::format(" ({} of {} hunks)", one.hunks_found, one.hunks) : "");
        for (const std::string& commit : one.commits) {
            fmt::print("    {}\n", commit);
        }
    }
    fmt::print("{} of {} patches are upstream\n", whole, patches.size());
}

Result<ExitCode> upstreamed(const Global& global, const UpstreamWords& words)
{
    auto series = load_named_series(global, words.series);
    if (!series) {
        return series.error();
    }
    auto repository = git::Repository::open(words.tree);
    if (!repository) {
        return repository.error();
    }
    const std::vector<std::string> paths = series::touched_paths(*series);
    auto upstream = series::read_range(words.tree, words.range, paths);
    if (!upstream) {
        return upstream.error();
    }
    const std::string end = words.range.substr(words.range.rfind("..") + 2);
    auto tip = repository->read_paths(end.empty() ? "HEAD" : end, paths);
    if (!tip) {
        return tip.error();
    }
    const auto patches = series::find_upstreamed(*series, *upstream, *tip);
    if (words.json) {
        print_json(patches);
    } else {
        print(patches);
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_upstreamed(CLI::App& app, const Global& global)
{
    auto words = std::make_shared<UpstreamWords>();
    app.add_option("range", words->range, "The upstream commits to look in")->required()->type_name("A..B");
    app.add_option("--tree", words->tree, "Their git repository; only read")->required()->type_name("REPO");
    app.add_option("--series", words->series, "The series: a name below patches/, or a path")->capture_default_str();
    app.add_flag("--json", words->json, "Print JSON");
    return [words, &global] { return upstreamed(global, *words); };
}

}  // namespace rogate::cli
