// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "cli/series_target.h"
#include "patch/path.h"
#include "report/table.h"

namespace rogate::cli {
namespace {

using series::Outcome;
using series::Sweep;

struct SweepOptions {
    TargetOptions target;
    std::string range;
    bool every_commit = false;
};

struct Range {
    std::string from;  ///< empty = from the first commit on
    std::string to;
};

Result<Range> parse_range(const std::string& text)
{
    const size_t dots = text.find("..");
    if (dots == std::string::npos || text.find("...") != std::string::npos || dots + 2 == text.size()) {
        return Error{ErrorKind::usage, fmt::format("'{}' is no range of commits", text), "write A..B: what B has and A has not; ..B is all of B's history"};
    }
    return Range{text.substr(0, dots), text.substr(dots + 2)};
}

/// A row of the picture: a character a patch, in colour on a terminal.
std::string picture_row(const std::vector<Outcome>& patches, bool colour)
{
    std::string row;
    for (const Outcome outcome : patches) {
        const char* on = outcome == Outcome::conflict                                ? "\033[31m"
                         : outcome == Outcome::three_way || outcome == Outcome::fuzz ? "\033[33m"
                         : outcome == Outcome::exact                                 ? "\033[32m"
                                                                                     : "";
        row += fmt::format("{}{}{}", colour ? on : "", series::symbol(outcome), colour && *on ? "\033[0m" : "");
    }
    return row;
}

std::string hunk_name(const series::Series& series, const series::HunkName& name)
{
    const series::Patch& patch = series.patches[name.patch];
    const std::string file = patch::printable(patch.changes[name.file].path());
    return fmt::format("{} {}{}", patch::printable(patch.file_name), file, name.hunk == 0 ? "" : fmt::format(" hunk {}", name.hunk));
}

/// What became of a hunk over the range, a line an event; empty when nothing did.
std::string events_text(const Sweep& sweep, const series::HunkHistory& history)
{
    std::string text = history.conflicts_before ? "    in conflict before the range\n" : "";
    std::vector<std::pair<size_t, const char*>> events;
    for (const size_t at : history.breaks) {
        events.emplace_back(at, "breaks");
    }
    for (const size_t at : history.heals) {
        events.emplace_back(at, "heals ");
    }
    std::sort(events.begin(), events.end());
    for (const auto& [at, what] : events) {
        text += fmt::format("    {} at {}\n", what, describe(sweep.commits[at].commit));
    }
    return text;
}

/// The hunks that some commit breaks: where, and what became of them. Neighbours of one file that share a fate share it here.
std::string breaks_text(const series::Series& series, const Sweep& sweep)
{
    std::string text;
    for (size_t i = 0; i < sweep.hunks.size();) {
        const std::string events = events_text(sweep, sweep.history[i]);
        const series::HunkName& first = sweep.hunks[i];
        size_t last = i;
        while (last + 1 < sweep.hunks.size() && sweep.hunks[last + 1].patch == first.patch && sweep.hunks[last + 1].file == first.file &&
               events_text(sweep, sweep.history[last + 1]) == events) {
            ++last;
        }
        if (!events.empty()) {
            text += hunk_name(series, first) + (last > i ? fmt::format(" to {}", sweep.hunks[last].hunk) : "") +
                    (sweep.history[i].monotone() ? "\n" : "  (not monotone: breaks and heals again)\n") + events;
        }
        i = last + 1;
    }
    return text;
}

std::string sweep_text(const series::Series& series, const Sweep& sweep, bool every_commit, bool colour)
{
    std::string text;
    const size_t width = series.patches.size();
    size_t alike = 0;
    const auto end_of_run = [&] {
        text += alike > 0 ? fmt::format("{:{}}  {} more alike\n", "", width, alike) : std::string();
        alike = 0;
    };
    for (size_t i = 0; i < sweep.commits.size(); ++i) {
        if (!every_commit && i > 0 && sweep.commits[i].patches == sweep.commits[i - 1].patches) {
            ++alike;
            continue;
        }
        end_of_run();
        text += fmt::format("{}  {}\n", picture_row(sweep.commits[i].patches, colour), describe(sweep.commits[i].commit));
    }
    end_of_run();
    text += "a column a patch: = exact  ~ offset  ? fuzz  3 three-way  + upstream  r resolved  X conflict\n";
    text += breaks_text(series, sweep);
    const auto applies = std::count_if(sweep.commits.begin(), sweep.commits.end(), [](const auto& commit) { return commit.applies(); });
    return text + fmt::format("{} commits, {} touch the series' files, it applies to {} of them\n", sweep.commits_in_range, sweep.commits.size(), applies);
}

report::Json sweep_json(const series::Series& series, const Sweep& sweep)
{
    report::Json json{{"version", 1}, {"series", series.name}, {"commits_in_range", sweep.commits_in_range}};
    json["commits"] = report::Json::array();
    for (const series::SweptCommit& commit : sweep.commits) {
        std::string hunks;
        for (const Outcome outcome : commit.hunks) {
            hunks += series::symbol(outcome);
        }
        json["commits"].push_back({{"commit", commit.commit.id.hex()}, {"author", commit.commit.author_name},
                                   {"email", commit.commit.author_email}, {"date", commit.commit.author_seconds},
                                   {"subject", commit.commit.subject}, {"applies", commit.applies()},
                                   {"patches", picture_row(commit.patches, false)}, {"hunks", hunks}, {"renamed", commit.renamed}});
    }
    json["hunks"] = report::Json::array();
    for (size_t i = 0; i < sweep.hunks.size(); ++i) {
        const series::HunkName& name = sweep.hunks[i];
        const auto ids = [&](const std::vector<size_t>& places) {
            report::Json list = report::Json::array();
            for (const size_t place : places) {
                list.push_back(sweep.commits[place].commit.id.hex());
            }
            return list;
        };
        json["hunks"].push_back({{"patch", series.patches[name.patch].file_name}, {"path", series.patches[name.patch].changes[name.file].path()},
                                 {"hunk", name.hunk}, {"conflicts_before", sweep.history[i].conflicts_before},
                                 {"breaks", ids(sweep.history[i].breaks)}, {"heals", ids(sweep.history[i].heals)},
                                 {"monotone", sweep.history[i].monotone()}});
    }
    json["end"] = picture_row(sweep.end, false);
    return json;
}

Result<ExitCode> sweep(const Global& global, const SweepOptions& options)
{
    auto range = parse_range(options.range);
    auto target = range ? load_target(global, options.target) : Result<std::unique_ptr<Target>>(range.error());
    if (!target) {
        return target.error();
    }
    auto swept = series::sweep(*(*target)->upstream, (*target)->series, (*target)->resolutions, range->from, range->to,
                               {.carry = {options.target.fuzz, false}, .on_state = {}});
    if (!swept) {
        return swept.error();
    }
    fmt::print("{}", options.target.json ? sweep_json((*target)->series, *swept).dump(1) + "\n"
                                         : sweep_text((*target)->series, *swept, options.every_commit, report::use_colour(STDOUT_FILENO)));
    if (std::find(swept->end.begin(), swept->end.end(), Outcome::conflict) != swept->end.end()) {
        return Error{ErrorKind::conflict, fmt::format("the series does not apply to '{}'", range->to),
                     "'rogate series rebase --onto' writes each conflict down to be resolved"};
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_sweep(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<SweepOptions>();
    app.add_option("range", options->range, "Upstream's commits, A..B: what B has and A has not")->required()->type_name("A..B");
    add_target_options(app, options->target, false);
    app.add_flag("--all", options->every_commit, "A row for each commit, not only where something changes");
    app.footer("Carries the series onto each commit of the range that touches its files and tells which commit breaks or heals which\n"
               "hunk. Nothing is checked out or written. Exit status 3 when the series does not apply to B.");
    return [options, &global] { return sweep(global, *options); };
}

}  // namespace rogate::cli
