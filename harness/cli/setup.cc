// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/setup.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <linux/magic.h>
#include <optional>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/series.h"
#include "process/run_folder.h"
#include "process/spec.h"
#include "report/json.h"

namespace rogate::cli {
namespace {

Result<lab::Tools> find_tools(const Global& global, const std::vector<std::string>& guest_words)
{
    auto nbdkit = process::find_program("nbdkit", "nbdkit");
    if (!nbdkit) {
        return nbdkit.error();
    }
    auto qemu = process::find_program("qemu-system-x86_64", "qemu-system-x86");
    if (!qemu) {
        return qemu.error();
    }
    if (::access(global.guest.c_str(), R_OK) != 0) {
        return Error{ErrorKind::environment, fmt::format("cannot read the guest '{}'", global.guest.string()),
                     "build it: cmake --build --preset dev"};
    }
    return lab::Tools{*nbdkit, *qemu, std::filesystem::absolute(global.guest), guest_words};
}

/// Where the machines' folder is made: TMPDIR if it is set, else memory if there is room, else the usual place. A guest's
/// flush is an fsync of the image, which on a busy disk takes longer than the whole machine.
std::filesystem::path work_parent()
{
    constexpr const char* kMemory = "/dev/shm";
    constexpr uint64_t kEnough = 512u << 20;
    struct statfs fs {};
    const char* named = std::getenv("TMPDIR");
    const bool memory = (!named || *named == '\0') && ::access(kMemory, W_OK) == 0 && ::statfs(kMemory, &fs) == 0 &&
                        fs.f_type == TMPFS_MAGIC && static_cast<uint64_t>(fs.f_bavail) * static_cast<uint64_t>(fs.f_bsize) >= kEnough;
    return memory ? std::filesystem::path(kMemory) : std::filesystem::temp_directory_path();
}

/// The folder the machines run in: gone with rogate, unless it is to be kept.
struct WorkPlace {
    std::optional<process::RunFolder> folder;
    std::filesystem::path path;
};

Result<WorkPlace> make_work_place(bool keep)
{
    if (keep) {
        auto kept = TempDir::make(std::filesystem::current_path(), "rogate-kept-");
        return kept ? Result<WorkPlace>(WorkPlace{std::nullopt, kept->release()}) : Result<WorkPlace>(kept.error());
    }
    auto folder = process::RunFolder::make(work_parent());
    if (!folder) {
        return folder.error();
    }
    WorkPlace place{std::move(*folder), {}};
    place.path = place.folder->path();
    return place;
}

void store_evidence(const Global& global, const std::string& series, const std::vector<matrix::CaseResult>& results)
{
    for (const matrix::CaseResult& result : results) {
        if (!result.one.skip.empty()) {
            continue;
        }
        const std::filesystem::path file = evidence_file(global, series, result.state, result.one.id());
        std::error_code ignored;
        std::filesystem::create_directories(file.parent_path(), ignored);
        // A cache that cannot be written costs `show` a run, nothing else: the verdicts are told anyway.
        (void)write_file(file, report::to_json(result).dump());
    }
}

}  // namespace

std::vector<std::string> SeriesSetup::patch_names() const
{
    std::vector<std::string> names;
    for (const series::Patch& patch : series.patches) {
        names.push_back(patch.file_name);
    }
    return names;
}

Result<SeriesSetup> load_series_setup(const Global& global, const std::string& name)
{
    auto folder = find_series(global, name);
    if (!folder) {
        return folder.error();
    }
    auto series = series::load_series(*folder);
    if (!series) {
        return series.error();
    }
    const std::filesystem::path file = *folder / "expect.toml";
    auto text = read_file(file);
    if (!text) {
        return Error{ErrorKind::usage, text.error().text, "a series tells in expect.toml which verdicts it brings"};
    }
    auto expectations = matrix::Expectations::parse(*text, file.string());
    if (!expectations) {
        return expectations.error();
    }
    return SeriesSetup{std::move(*series), std::move(*expectations)};
}

std::filesystem::path evidence_file(const Global& global, const std::string& series, const std::string& state,
                                    const std::string& case_id)
{
    std::string name = case_id;
    std::replace(name.begin(), name.end(), '/', '-');
    return global.cache / "evidence" / std::filesystem::path(series).filename() / state / (name + ".json");
}

Result<RunDone> perform(const Global& global, const RunOptions& options)
{
    auto cases = matrix::select(options.patterns);
    if (!cases) {
        return cases.error();
    }
    auto setup = load_series_setup(global, options.series);
    if (!setup) {
        return setup.error();
    }
    auto states = subject::parse_at(options.at, setup->series.patches.size());
    if (!states) {
        return states.error();
    }
    auto tools = find_tools(global, options.guest_words);
    if (!tools) {
        return tools.error();
    }
    auto base = subject::read_folder(global.root / "overlay");
    if (!base) {
        return base.error();
    }
    ProgressLine line(options.quiet);
    auto subjects = subject::prepare(*base, setup->series, *states, global.cache,
                                     [&](const std::string& name, const std::string& id) {
                                         line.note(fmt::format("building {} ({})", name, id.substr(0, 12)));
                                     });
    if (!subjects) {
        return subjects.error();
    }
    auto place = make_work_place(options.keep);
    if (!place) {
        return place.error();
    }
    matrix::RunPlan plan{.cases = std::move(*cases),
                         .subjects = std::move(*subjects),
                         .patches = setup->patch_names(),
                         .expectations = &setup->expectations,
                         .tools = std::move(*tools),
                         .cache = global.cache,
                         .work = place->path,
                         .jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()),
                         .deadline = std::chrono::seconds(options.deadline_seconds),
                         .keep = options.keep};
    const auto started = process::Clock::now();
    RunDone done;
    done.results = matrix::run(plan, [&](size_t count, size_t total, size_t unexpected) { line.update(count, total, unexpected); });
    done.seconds = std::chrono::duration<double>(process::Clock::now() - started).count();
    line.clear();
    done.subjects = std::move(plan.subjects);
    done.patches = std::move(plan.patches);
    done.tools = std::move(plan.tools);
    done.kept = options.keep ? place->path : std::filesystem::path();
    store_evidence(global, options.series, done.results);
    return done;
}

}  // namespace rogate::cli
