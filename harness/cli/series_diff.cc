// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "report/json.h"
#include "series/rangediff.h"

namespace rogate::cli {
namespace {

struct DiffWords {
    std::string before;
    std::string after;
    std::string tree;
    bool short_form = false;
    bool json = false;
};

/// A range of --tree, a series, or a file.
Result<series::Version> read(const Global& global, const DiffWords& words, const std::string& name)
{
    if (!words.tree.empty() && name.find("..") != std::string::npos) {
        return series::read_range(words.tree, name, {});
    }
    std::error_code err;
    if (std::filesystem::is_regular_file(name, err)) {
        return series::read_version(name);
    }
    auto folder = find_series(global, name);
    return folder ? series::read_version(*folder) : Result<series::Version>(folder.error());
}

/// As git range-diff marks them: = the same, ! changed, < only before, > only after.
char mark(const series::Pair& pair)
{
    if (!pair.before || !pair.after) {
        return pair.before ? '<' : '>';
    }
    return pair.same_change && pair.same_message ? '=' : '!';
}

std::string number(const std::optional<size_t>& index)
{
    return index ? std::to_string(*index + 1) : "-";
}

const std::string& subject(const series::Pair& pair, const series::Version& before, const series::Version& after)
{
    return pair.after ? after[*pair.after].subject : before[*pair.before].subject;
}

void print(const DiffWords& words, const std::vector<series::Pair>& pairs, const series::Version& before, const series::Version& after)
{
    for (const series::Pair& pair : pairs) {
        const char* what = mark(pair) != '!' ? "" : pair.same_change ? "  (message)" : pair.same_message ? "  (change)" : "  (both)";
        fmt::print("{:>3} {} {:>3}  {}{}\n", number(pair.before), mark(pair), number(pair.after), subject(pair, before, after), what);
        for (const std::string& line : pair.diff) {
            if (!words.short_form) {
                fmt::print("    {}\n", line);
            }
        }
    }
}

void print_json(const std::vector<series::Pair>& pairs, const series::Version& before, const series::Version& after)
{
    report::Json all = report::Json::array();
    for (const series::Pair& pair : pairs) {
        report::Json one{{"before", nullptr}, {"after", nullptr}, {"subject", subject(pair, before, after)},
                         {"mark", std::string(1, mark(pair))}, {"same_change", pair.same_change},
                         {"same_message", pair.same_message}, {"diff", pair.diff}};
        if (pair.before) {
            one["before"] = *pair.before + 1;
        }
        if (pair.after) {
            one["after"] = *pair.after + 1;
        }
        all.push_back(std::move(one));
    }
    fmt::print("{}\n", all.dump(1, ' ', false, report::Json::error_handler_t::replace));
}

Result<ExitCode> diff(const Global& global, const DiffWords& words)
{
    auto before = read(global, words, words.before);
    if (!before) {
        return before.error();
    }
    auto after = read(global, words, words.after);
    if (!after) {
        return after.error();
    }
    auto pairs = series::compare_versions(*before, *after);
    if (!pairs) {
        return pairs.error();
    }
    if (words.json) {
        print_json(*pairs, *before, *after);
    } else {
        print(words, *pairs, *before, *after);
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_diff(CLI::App& app, const Global& global)
{
    auto words = std::make_shared<DiffWords>();
    app.add_option("before", words->before, "The old version: a series (name or path), an mbox file, or A..B of --tree")
        ->required()
        ->type_name("V1");
    app.add_option("after", words->after, "The new version, likewise")->required()->type_name("V2");
    app.add_option("--tree", words->tree, "The git repository of the ranges; only read")->type_name("REPO");
    app.add_flag("--short", words->short_form, "Print one line a patch, no diffs");
    app.add_flag("--json", words->json, "Print JSON");
    return [words, &global] { return diff(global, *words); };
}

}  // namespace rogate::cli
