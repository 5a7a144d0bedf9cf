// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/series_target.h"

#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "patch/path.h"
#include "series/touched.h"
#include "subject/subject.h"

namespace rogate::cli {

void add_target_options(CLI::App& app, TargetOptions& options, bool with_base)
{
    app.add_option("series", options.series, "A folder below patches/, or a path, which holds a '/'")->capture_default_str()->type_name("SERIES");
    if (with_base) {
        add_base_options(app, options.base);
    } else {
        app.add_option("--tree", options.base.tree, "Upstream's git repository; only read")->required()->type_name("REPO");
        app.add_option("--subdir", options.base.subdir, "The folder of --tree in which the patches' paths begin")->type_name("DIR");
    }
    app.add_option("--strip", options.strip, "A folder to take off the patches' paths, which --tree does not have")->type_name("DIR");
    app.add_option("--fuzz", options.fuzz, "Lines of context that may be ignored where nothing better works")
        ->capture_default_str()
        ->check(CLI::Range(0U, 3U));
    app.add_flag("--json", options.json, "Print JSON");
}

Result<std::unique_ptr<Target>> load_target(const Global& global, const TargetOptions& options)
{
    if (options.base.tree.empty() && !options.strip.empty()) {
        return Error{ErrorKind::usage, "--strip belongs to a repository", "name it with --tree"};
    }
    auto series = load_named_series(global, options.series);
    if (!series) {
        return series.error();
    }
    auto resolutions = series::Resolutions::load(series->folder);
    if (!resolutions) {
        return resolutions.error();
    }
    auto target = std::make_unique<Target>();
    target->folder = series->folder;
    target->series = *std::move(series);
    target->resolutions = *std::move(resolutions);
    if (!options.base.tree.empty()) {
        auto upstream = series::Upstream::open(options.base.tree, target->series, {options.base.subdir, options.strip});
        if (!upstream) {
            return upstream.error();
        }
        target->upstream = *std::move(upstream);
    }
    return target;
}

Result<Carried> carry_target(const Global& global, const Target& target, const TargetOptions& options, const std::string& revision)
{
    Carried carried;
    const bool in_tree = !target.upstream;
    carried.carrier = std::make_unique<series::Carrier>(target.series, target.resolutions, series::CarryOptions{options.fuzz, true},
                                                        in_tree ? series::LoadBlob() : target.upstream->loader());
    if (in_tree) {
        auto base = load_base(global, options.base);
        if (!base) {
            return base.error();
        }
        carried.files.files = *std::move(base);
    } else {
        const std::string& named = revision.empty() ? options.base.rev : revision;
        auto commit = target.upstream->commit(named.empty() ? "HEAD" : named);
        auto files = commit ? target.upstream->files(*commit) : Result<series::UpstreamFiles>(commit.error());
        if (!files) {
            return files.error();
        }
        carried.commit = *commit;
        carried.files = *std::move(files);
        carried.ancestors = std::make_unique<series::AncestorFinder>(*target.upstream, *carried.carrier, *commit, carried.files.renamed);
    }
    auto outcome = carried.carrier->carry(carried.files.files, in_tree ? series::FindAncestors() : carried.ancestors->function());
    if (!outcome) {
        return outcome.error();
    }
    carried.outcome = *std::move(outcome);
    return carried;
}

std::string describe(const git::Commit& commit)
{
    const std::time_t local = commit.author_seconds + commit.utc_offset_minutes * 60;
    return fmt::format("{} {:%Y-%m-%d} {} <{}>: {}", commit.id.hex().substr(0, 12), fmt::gmtime(local), patch::printable(commit.author_name),
                       patch::printable(commit.author_email), patch::printable(commit.subject));
}

Result<std::optional<git::Commit>> conflict_commit(const Target& target, const Carried& carried, size_t patch, size_t file)
{
    const series::FileOutcome& outcome = carried.outcome.patches[patch].files[file];
    const std::string& path = target.series.patches[patch].changes[file].old_path;
    const auto upstream = carried.files.files.find(path);
    const auto before = carried.outcome.states[patch].find(path);
    if (!target.upstream || upstream == carried.files.files.end() || before == carried.outcome.states[patch].end()) {
        return std::optional<git::Commit>();
    }
    const auto text_of = [&](const git::Entry& entry) {
        return entry.content ? Result<std::shared_ptr<const std::string>>(entry.content) : target.upstream->history().blob(*entry.id);
    };
    auto upstream_text = text_of(upstream->second);
    auto before_text = upstream_text ? text_of(before->second) : upstream_text;
    if (!before_text) {
        return before_text.error();
    }
    auto lines = series::disputed_lines(**upstream_text, **before_text, outcome);
    if (!lines || !*lines) {
        return lines ? Result<std::optional<git::Commit>>(std::nullopt) : Result<std::optional<git::Commit>>(lines.error());
    }
    const auto renamed = carried.files.renamed.find(path);
    const std::string name = target.upstream->in_repository(renamed == carried.files.renamed.end() ? path : renamed->second);
    return series::last_touched(*target.upstream, *carried.commit, name, **lines);
}

}  // namespace rogate::cli
