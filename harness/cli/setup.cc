// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/setup.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <linux/magic.h>
#include <map>
#include <optional>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/program.h"
#include "base/text.h"
#include "cli/evidence.h"
#include "cli/ledger.h"
#include "cli/progress.h"
#include "cli/series.h"
#include "process/run_folder.h"
#include "process/spec.h"
#include "report/shard.h"

namespace rogate::cli {
namespace {

Result<lab::Tools> find_tools(const Global& global, const std::vector<std::string>& guest_words)
{
    auto nbdkit = find_program("nbdkit");
    if (!nbdkit) {
        return nbdkit.error();
    }
    auto qemu = find_program("qemu-system-x86_64");
    if (!qemu) {
        return qemu.error();
    }
    if (::access(global.guest.c_str(), R_OK) != 0) {
        return Error{ErrorKind::environment, fmt::format("cannot read the guest '{}'", global.guest.string()),
                     "build it: cmake --build --preset dev"};
    }
    const std::filesystem::path guest = std::filesystem::absolute(global.guest);
    return lab::Tools{*nbdkit, *qemu, guest, guest_words, std::filesystem::path(ROGATE_GUESTS) / "linux", global.cache};
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

std::vector<std::string> command_of(const RunOptions& options)
{
    std::vector<std::string> words{"rogate", "run"};
    words.insert(words.end(), options.patterns.begin(), options.patterns.end());
    words.insert(words.end(), {"--series", options.series, "--at", options.at});
    for (const std::string& word : options.guest_words) {
        words.insert(words.end(), {"--guest-word", word});
    }
    return words;
}

report::RunFacts facts_of(const RunOptions& options, const matrix::RunPlan& plan, const std::vector<matrix::Case>& plan_cases,
                          double seconds)
{
    report::RunFacts facts{.rogate_version = ROGATE_VERSION,
                           .series = std::filesystem::path(options.series).filename().string(),
                           .upstream = "the in-tree ioemu",
                           .command = command_of(options),
                           .patches = plan.patches,
                           .trees = {},
                           .tools = {},
                           .seconds = seconds,
                           .plan = {},
                           .shard = options.shard};
    for (const subject::Subject& subject : plan.subjects) {
        facts.trees.emplace_back(subject.name, subject.tree_id);
    }
    facts.plan = report::plan_id(facts, plan_cases);
    return facts;
}

/// The last patch with which the verdict expected of a case changes; empty when none does.
std::string closing_patch(const SeriesSetup& setup, const std::string& case_id)
{
    const std::vector<std::string> patches = setup.patch_names();
    std::string closing;
    auto before = setup.expectations.expected(case_id, patches, 0);
    for (size_t applied = 1; before && applied <= patches.size(); ++applied) {
        const auto after = setup.expectations.expected(case_id, patches, applied);
        closing = after->kind != before->kind ? patches[applied - 1] : closing;
        before = after;
    }
    return closing;
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
    auto series = load_named_series(global, name);
    if (!series) {
        return series.error();
    }
    const std::filesystem::path file = series->folder / "expect.toml";
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

Result<RunDone> perform(const Global& global, const RunOptions& options)
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
    auto tools = find_tools(global, options.guest_words);
    if (!tools) {
        return tools.error();
    }
    const std::vector<matrix::Case> plan_cases = *cases;
    if (options.shard) {
        auto part = report::part_of(*cases, *options.shard);
        if (!part) {
            return part.error();
        }
        cases = std::move(*part);
    }
    auto source = read_source(global, *tree, setup->series);
    if (!source) {
        return source.error();
    }
    ProgressLine line(options.quiet);
    auto subjects = subject::prepare(*source, setup->series, *states, global.cache,
                                     [&](const std::string& name, const std::string& id) {
                                         line.note(fmt::format("building {} ({})", name, id.substr(0, 12)));
                                     });
    if (!subjects) {
        return subjects.error();
    }
    limit_by_generation(*cases, *subjects);
    auto world = world_id(global, *tools);
    if (!world) {
        return world.error();
    }
    RunDone done;
    done.stored_name = setup->series.name + tree->key();
    Ledger ledger(global, done.stored_name, *std::move(world));
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
                         .keep = options.keep,
                         .known = {}};
    std::map<std::pair<std::string, size_t>, report::Results> earlier;  // of what is not run again, if it is asked for
    if (!options.again && !options.keep) {
        plan.known = [&](const matrix::Case& one, const subject::Subject& subject) -> std::optional<matrix::VerdictKind> {
            const auto kind = ledger.find(one, subject);
            if (!kind || options.json.empty()) {
                return kind;
            }
            auto stored = ledger.evidence(one, subject);
            if (!stored) {
                return std::nullopt;
            }
            earlier.insert_or_assign({one.id(), subject.patches}, *std::move(stored));
            return kind;
        };
    }
    const auto started = process::Clock::now();
    const auto results = matrix::run(plan, [&](size_t count, size_t total, size_t unexpected) { line.update(count, total, unexpected); });
    const double seconds = std::chrono::duration<double>(process::Clock::now() - started).count();
    line.clear();
    report::RunFacts facts = facts_of(options, plan, plan_cases, seconds);
    facts.series = setup->series.name;
    if (!source->commit.empty()) {
        facts.upstream = source->commit;
    }
    done.results = report::collect(std::move(facts), results, [&](const std::string& id) { return closing_patch(*setup, id); });
    done.kept = options.keep ? place->path : std::filesystem::path();
    const std::vector<EvidenceMark> marks = store_evidence(global, done.stored_name, done.results);
    if (auto written = ledger.update(done.results, marks, plan.subjects); !written) {
        return written.error();
    }
    if (!earlier.empty()) {
        done.results = report::with_earlier_evidence(done.results, [&](const report::Finding& finding) -> std::optional<report::Results> {
            const auto found = earlier.find({finding.one.id(), finding.patches});
            return found == earlier.end() ? std::nullopt : std::optional(std::move(found->second));
        });
    }
    return done;
}

}  // namespace rogate::cli
