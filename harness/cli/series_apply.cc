// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/series_target.h"
#include "process/run_folder.h"
#include "subject/subject.h"

namespace rogate::cli {
namespace {

struct ApplyOptions {
    TargetOptions target;
    std::string at = "tip";
    std::string output;
};

/// All files of the patched tree, by their paths in it: those the series does not touch are the base's.
Result<git::Tree> whole_tree(const Global& global, const Target& target, const TargetOptions& options, const Carried& carried, size_t state)
{
    if (!target.upstream) {
        return carried.outcome.states[state];
    }
    auto tree = load_base(global, options.base);
    if (!tree) {
        return tree;
    }
    // From the series' path: what upstream calls it now, below --subdir.
    const auto name_of = [&](const std::string& path) {
        const auto renamed = carried.files.renamed.find(path);
        const std::string name = target.upstream->in_repository(renamed == carried.files.renamed.end() ? path : renamed->second);
        return target.upstream->below_subdir(name);
    };
    for (const auto& [path, entry] : carried.files.files) {
        tree->erase(name_of(path));
    }
    for (const auto& [path, entry] : carried.outcome.states[state]) {
        git::Entry whole = entry;
        if (!whole.content) {
            auto content = target.upstream->history().blob(*entry.id);
            if (!content) {
                return content.error();
            }
            whole.content = *std::move(content);
        }
        (*tree)[name_of(path)] = std::move(whole);
    }
    return tree;
}

Result<void> write_tree(const git::Tree& tree, const std::filesystem::path& folder)
{
    for (const auto& [path, entry] : tree) {
        if (!entry.content) {
            continue;  // a submodule
        }
        const std::filesystem::path file = folder / path;
        std::error_code err;
        std::filesystem::create_directories(file.parent_path(), err);
        if (err) {
            return errno_error("make the folder", file.parent_path().string(), err.value());
        }
        if (entry.mode == git::kModeLink) {
            std::filesystem::create_symlink(*entry.content, file, err);
            if (err) {
                return errno_error("make the link", file.string(), err.value());
            }
            continue;
        }
        if (auto written = write_file(file, *entry.content); !written) {
            return written;
        }
        if (::chmod(file.c_str(), entry.mode == git::kModeExecutable ? 0755 : 0644) != 0) {
            return errno_error("set the mode of", file.string(), errno);
        }
    }
    return {};
}

/// Writes the tree to a folder that is not there yet, whole or not at all.
Result<void> write_output(const git::Tree& tree, const std::filesystem::path& output)
{
    std::error_code err;
    if (std::filesystem::exists(std::filesystem::symlink_status(output, err))) {
        return Error{ErrorKind::usage, fmt::format("'{}' is there already", output.string()), "name a folder that is not there yet"};
    }
    const std::filesystem::path absolute = std::filesystem::absolute(output, err);
    const std::filesystem::path parent = (absolute / "").parent_path().parent_path();
    auto work = process::RunFolder::make(parent);
    if (!work) {
        return work.error();
    }
    const std::filesystem::path made = work->path() / "tree";
    if (auto written = write_tree(tree, made); !written) {
        return written;
    }
    std::filesystem::rename(made, absolute, err);
    return err ? Result<void>(errno_error("make the folder", output.string(), err.value())) : Result<void>();
}

Result<ExitCode> apply(const Global& global, const ApplyOptions& options)
{
    auto target = load_target(global, options.target);
    if (!target) {
        return target.error();
    }
    auto states = subject::parse_at(options.at, (*target)->series.patches.size());
    if (!states || states->size() != 1) {
        return states ? Error{ErrorKind::usage, "--at names more than one state", "one tree can be written"} : states.error();
    }
    const size_t state = states->front();
    // Later patches have no say in whether the first ones apply.
    (*target)->series.patches.resize(state);
    auto carried = carry_target(global, **target, options.target);
    if (!carried) {
        return carried.error();
    }
    auto text = outcome_text(**target, *carried, false);
    auto json = options.target.json ? outcome_json(**target, *carried) : Result<report::Json>(report::Json());
    if (!text || !json) {
        return text ? json.error() : text.error();
    }
    if (!carried->outcome.applies()) {
        fmt::print("{}", options.target.json ? json->dump(1) + "\n" : *text);
        return series::conflict_error((*target)->series, carried->outcome);
    }
    auto tree = whole_tree(global, **target, options.target, *carried, state);
    auto id = tree ? git::tree_id(*tree) : Result<git::ObjectId>(tree.error());
    if (!id) {
        return id.error();
    }
    if (!options.output.empty()) {
        if (auto written = write_output(*tree, options.output); !written) {
            return written.error();
        }
    }
    if (options.target.json) {
        (*json)["tree"] = id->hex();
        fmt::print("{}\n", json->dump(1));
    } else {
        fmt::print("{}tree {}\n", *text, id->hex());
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_apply(CLI::App& app, const Global& global)
{
    auto options = std::make_shared<ApplyOptions>();
    add_target_options(app, options->target);
    app.add_option("--at", options->at, "How many patches: base, tip or a number")->capture_default_str()->type_name("STATE");
    app.add_option("--output", options->output, "Write the patched tree to this folder, which must not be there yet")->type_name("DIR");
    app.footer("Applies the series in memory, all of it or nothing, and prints how each patch went and the id of the tree, as\n"
               "'git write-tree' would. The repository is only read. Exit status 3 when there is a conflict.");
    return [options, &global] { return apply(global, *options); };
}

}  // namespace rogate::cli
