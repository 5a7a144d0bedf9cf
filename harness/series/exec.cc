// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/exec.h"

#include <fmt/format.h>
#include <fstream>

#include "base/file.h"
#include "patch/path.h"
#include "process/group.h"
#include "series/apply.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

Result<void> write_entry(const fs::path& file, const std::string& path, const git::Entry& entry)
{
    if (auto checked = patch::check_path(path); !checked) {
        return checked;
    }
    if (!entry.content) {
        return {};  // a submodule: it has no content here
    }
    std::error_code err;
    fs::create_directories(file.parent_path(), err);
    fs::remove(file, err);  // never through a link that the command has put there
    if (entry.mode == git::kModeLink) {
        fs::create_symlink(*entry.content, file, err);
        return err ? Result<void>(errno_error("make the link", file.string(), err.value())) : Result<void>();
    }
    if (auto written = write_file(file, *entry.content); !written) {
        return written;
    }
    const auto mode = entry.mode == git::kModeExecutable ? fs::perms(0755) : fs::perms(0644);
    fs::permissions(file, mode, err);
    return {};
}

bool same(const fs::path& file, const git::Entry& entry)
{
    std::error_code err;
    if (entry.mode == git::kModeLink || !entry.content || fs::is_symlink(file, err)) {
        return false;
    }
    const auto text = read_file(file);
    return text && *text == *entry.content;
}

/// Makes the files of `now` out of those of `before`, which lie in `root`. Folders that a link leads out of are refused.
Result<void> write_state(const fs::path& root, const git::Tree& before, const git::Tree& now)
{
    std::error_code err;
    for (const auto& [path, entry] : before) {
        if (!now.contains(path)) {
            fs::remove(root / path, err);
        }
    }
    for (const auto& [path, entry] : now) {
        const fs::path file = root / path;
        const fs::path folder = fs::weakly_canonical(file.parent_path(), err);
        const std::string inside = fs::canonical(root, err).string();
        if (!(folder.string() + "/").starts_with(inside + "/")) {
            return Error{ErrorKind::environment,
                         fmt::format("the command has put a link in the place of the folder of '{}'", path)};
        }
        if (same(file, entry)) {
            continue;
        }
        if (auto written = write_entry(file, path, entry); !written) {
            return written;
        }
    }
    return {};
}

}  // namespace

Result<std::vector<ExecStep>> exec_series(const git::Tree& base, const Series& series, const ExecPlan& plan,
                                          const fs::path& work, const std::function<void(const ExecStep&)>& on_step)
{
    auto applied = apply_series(base, series);
    if (!applied) {
        return applied.error();
    }
    const fs::path root = work / "tree";
    std::error_code err;
    fs::create_directories(root, err);
    const git::Tree nothing;
    std::vector<ExecStep> steps;
    const git::Tree* before = &nothing;
    for (size_t state = plan.with_base ? 0 : 1; state < applied->states.size(); ++state) {
        const git::Tree& now = applied->states[state];
        if (auto written = write_state(root, *before, now); !written) {
            return written.error();
        }
        before = &now;
        const std::string patch = state == 0 ? "base" : series.patches[state - 1].file_name;
        const fs::path folder = fs::absolute(series.folder);
        auto outcome =
            process::run({.argv = plan.command,
                          .env = {{"ROGATE_PATCH", state == 0 ? "" : (folder / patch).string()},
                                  {"ROGATE_STATE", std::to_string(state)},
                                  {"ROGATE_SERIES", folder.string()}},
                          .folder = root,
                          .deadline = plan.deadline});
        if (!outcome) {
            return outcome.error().while_doing(fmt::format("at '{}'", patch));
        }
        steps.push_back({state, patch, *std::move(outcome)});
        on_step(steps.back());
        if (!steps.back().outcome.ok() && !plan.keep_going) {
            break;
        }
    }
    return steps;
}

}  // namespace rogate::series
