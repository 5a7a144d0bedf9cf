// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/run.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "lab/chain.h"
#include "lab/xenstore.h"
#include "matrix/configuration.h"
#include "matrix/plan.h"
#include "process/cpu.h"

namespace rogate::matrix {
namespace {

/// Golden images and their digests, each made once, by whichever thread needs it first.
class Originals {
public:
    explicit Originals(std::filesystem::path cache) : cache_(std::move(cache)) {}

    Result<const lab::Original*> get(const std::string& format, image::Shape shape)
    {
        Slot& slot = slot_of({format, shape});
        std::call_once(slot.once, [&] { slot.made = make(format, shape); });
        if (!*slot.made) {
            return slot.made->error();
        }
        return static_cast<const lab::Original*>(&**slot.made);
    }

private:
    struct Slot {
        std::once_flag once;
        std::optional<Result<lab::Original>> made;
    };

    using Key = std::pair<std::string, image::Shape>;

    Slot& slot_of(const Key& key)
    {
        const std::lock_guard lock(mutex_);
        auto& slot = slots_[key];
        if (!slot) {
            slot = std::make_unique<Slot>();
        }
        return *slot;
    }

    [[nodiscard]] Result<lab::Original> make(const std::string& format, image::Shape shape) const
    {
        auto golden = image::golden(cache_, format, shape, lab::run_program);
        if (!golden) {
            return golden.error();
        }
        if (const auto* skip = std::get_if<image::Skip>(&*golden)) {
            return Error{ErrorKind::usage, fmt::format("{} has no {} image: {}", format, image::shape_name(shape), skip->reason)};
        }
        return lab::make_original(std::get<image::Golden>(std::move(*golden)));
    }

    std::filesystem::path cache_;
    std::mutex mutex_;
    std::map<Key, std::unique_ptr<Slot>> slots_;
};

/// The most disks in one guest: what they share is its start, what they wait for is each other's requests.
constexpr size_t kMaxDisks = 16;

class Runner {
public:
    Runner(const RunPlan& plan, const Progress& progress) : plan_(plan), progress_(progress), originals_(plan.cache) {}

    std::vector<CaseResult> run()
    {
        list_results();
        start_xenstore();
        const std::vector<PlannedMachine> machines = plan_all();
        std::atomic<size_t> next{0};
        const std::vector<int> cpus = process::allowed_cpus();
        const auto work = [&](size_t worker) {
            if (!cpus.empty()) {
                process::stay_on(cpus[worker % cpus.size()]);
            }
            for (size_t i = next++; i < machines.size(); i = next++) {
                run_planned(machines[i], fmt::format("machine-{}", i));
            }
        };
        std::vector<std::thread> threads;
        const size_t count = std::min<size_t>(std::max(1U, plan_.jobs), machines.size());
        for (size_t i = 0; i < count; ++i) {
            threads.emplace_back(work, i);
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return std::move(results_);
    }

private:
    void list_results()
    {
        for (const Case& one : plan_.cases) {
            for (const subject::Subject& subject : plan_.subjects) {
                CaseResult result;
                result.one = one;
                result.patches = subject.patches;
                result.state = subject.name;
                if (one.skip.empty()) {
                    result.expected = plan_.expectations->expected(one.id(), plan_.patches, subject.patches);
                    const auto known = plan_.known ? plan_.known(one, subject) : std::nullopt;
                    result.unchanged = known && result.expected && result.expected->kind == *known;
                    if (result.unchanged) {
                        result.judged.verdict.kind = *known;
                    } else {
                        ++total_;
                    }
                } else {
                    result.judged.verdict = judge(one, {});
                }
                results_.push_back(std::move(result));
            }
        }
    }

    static bool is_run(const CaseResult& result) { return result.one.skip.empty() && !result.unchanged; }

    std::vector<PlannedMachine> plan_all()
    {
        std::vector<Placeable> items;
        for (size_t i = 0; i < results_.size(); ++i) {
            if (is_run(results_[i])) {
                items.push_back({&results_[i].one, results_[i].patches});
                placed_.push_back(i);
            }
        }
        return plan_machines(items, kMaxDisks);
    }

    /// One for all machines, and only if a case needs it; what keeps it from starting is told by those cases.
    void start_xenstore()
    {
        const bool needed = std::any_of(results_.begin(), results_.end(), [](const CaseResult& result) {
            return is_run(result) && find_configuration(result.one.configuration)->is_xenstore();
        });
        const std::filesystem::path folder = plan_.work / "xenstore";
        std::error_code ignored;
        if (needed && std::filesystem::create_directory(folder, ignored)) {
            xenstore_ = lab::XenStore::start(folder);
        }
    }

    const subject::Subject& subject_of(size_t patches) const
    {
        return *std::find_if(plan_.subjects.begin(), plan_.subjects.end(),
                             [&](const subject::Subject& one) { return one.patches == patches; });
    }

    Result<lab::Disk> make_disk(const Seat& seat)
    {
        const Case& one = results_[placed_[seat.item]].one;
        const Configuration& configuration = *find_configuration(one.configuration);
        auto shape = image::parse_shape(one.shape);
        if (!shape) {
            return shape.error();
        }
        auto original = originals_.get(one.format, *shape);
        if (!original) {
            return original.error();
        }
        lab::Disk disk{.case_id = one.id(),
                       .original = *original,
                       .configuration = configuration.how,
                       .slot = seat.slot,
                       .read_only = one.mode == Mode::ro,
                       .snapshot = one.shape == "snapshot",
                       .xen = {},
                       .bus = lab::find_bus(one.bus),
                       .place = seat.place};
        const auto& mode = one.mode == Mode::ro ? configuration.mode_ro : configuration.mode_rw;
        if (mode) {
            disk.xen.mode = std::string(*mode);
        }
        disk.xen.cdrom = configuration.cdrom;
        disk.xen.params = configuration.params;
        if (configuration.changes_medium) {
            auto first = originals_.get("raw", image::Shape::plain);
            if (!first) {
                return first.error();
            }
            disk.xen.first_medium = *first;
        }
        return disk;
    }

    Result<lab::DeviceModel> make_model(const PlannedModel& planned)
    {
        const subject::Subject& subject = subject_of(planned.patches);
        lab::DeviceModel model{.bridge = subject.bridge(),
                               .image_tool = subject.image_tool(),
                               .subject = subject.tree_id,
                               .knows_ro = subject.knows_ro,
                               .knows_usb_ro = subject.knows_usb_ro,
                               .xenstore = nullptr,
                               .disks = {}};
        if (planned.behind_another) {
            auto companion = originals_.get("raw", image::Shape::plain);
            if (!companion) {
                return companion.error();
            }
            lab::Disk disk{.case_id = {},
                           .original = *companion,
                           .configuration = lab::Configuration::xenstore,
                           .slot = "hda",
                           .read_only = true,
                           .snapshot = false,
                           .xen = {},
                           .bus = lab::find_bus("ide"),
                           .place = planned.companion_place};
            disk.xen.mode.emplace("r");
            model.disks.push_back(std::move(disk));
        }
        for (const Seat& seat : planned.seats) {
            auto disk = make_disk(seat);
            if (!disk) {
                return disk.error();
            }
            if (disk->configuration == lab::Configuration::xenstore) {
                if (!xenstore_) {
                    return xenstore_.error();
                }
                model.xenstore = xenstore_->get();
            }
            model.disks.push_back(std::move(*disk));
        }
        return model;
    }

    /// Runs a machine; the evidence is in the order of its seats. Errors: an image could not be made.
    Result<std::vector<lab::Evidence>> run_machine(const PlannedMachine& planned, const std::string& name)
    {
        lab::Machine machine;
        machine.deadline = plan_.deadline;
        machine.keep = plan_.keep;
        for (const PlannedModel& one : planned.models) {
            auto model = make_model(one);
            if (!model) {
                return model.error();
            }
            machine.models.push_back(std::move(*model));
        }
        const std::filesystem::path folder = plan_.work / name;
        std::error_code ec;
        if (!std::filesystem::create_directory(folder, ec)) {
            return errno_error("make the folder", folder.string(), ec.value());
        }
        auto evidence = lab::run_machine(plan_.tools, machine, folder);
        std::erase_if(evidence, [](const lab::Evidence& one) { return one.case_id.empty(); });  // companions
        if (!plan_.keep) {
            std::filesystem::remove_all(folder, ec);
        }
        return evidence;
    }

    std::vector<Judged> run_and_judge(const PlannedMachine& planned, const std::string& name)
    {
        auto evidence = run_machine(planned, name);
        std::vector<Judged> all;
        for (const PlannedModel& model : planned.models) {
            for (const Seat& seat : model.seats) {
                const Case& one = results_[placed_[seat.item]].one;
                Judged judged;
                if (evidence) {
                    judged.evidence = std::move((*evidence)[all.size()]);
                } else {
                    judged.evidence.case_id = one.id();
                    judged.evidence.environment_error = evidence.error().text;
                    judged.evidence.environment_hint = evidence.error().hint;
                }
                judged.verdict = judge(one, judged.evidence);
                all.push_back(std::move(judged));
            }
        }
        return all;
    }

    void run_planned(const PlannedMachine& planned, const std::string& name)
    {
        std::vector<Judged> judged = run_and_judge(planned, name);
        size_t at = 0;
        size_t unexpected = 0;
        for (const PlannedModel& model : planned.models) {
            for (const Seat& seat : model.seats) {
                CaseResult& result = results_[placed_[seat.item]];
                result.judged = std::move(judged[at++]);
                if (!result.as_expected() && judged.size() > 1) {
                    run_alone(seat.item, fmt::format("{}-alone-{}", name, at));
                }
                unexpected += result.as_expected() ? 0 : 1;
            }
        }
        const std::lock_guard lock(mutex_);
        done_ += judged.size();
        unexpected_ += unexpected;
        progress_(done_, total_, unexpected_);
    }

    /// What a disk shows in company counts, unless the device model refused to start at all or the guest went wrong: that
    /// may be another's fault. Alone it may sit elsewhere, since guests count controllers and device models count disks.
    void run_alone(size_t item, const std::string& name)
    {
        CaseResult& result = results_[placed_[item]];
        PlannedMachine only = plan_machines({{&result.one, result.patches}}, 2).front();
        only.models.front().seats.front().item = item;
        std::vector<Judged> alone = run_and_judge(only, name);
        const bool company_kept_it_from_running =
            !result.judged.evidence.subject_refusal.empty() || !result.judged.evidence.guest_complete;
        if (company_kept_it_from_running || verdict_of(alone.front()) == verdict_of(result.judged)) {
            result.also = std::exchange(result.judged, std::move(alone.front()));
        } else {
            result.judged.verdict.reasons.push_back(
                fmt::format("alone in its machine the case ends {}", to_string(alone.front().verdict.kind)));
            result.also = std::move(alone.front());
            result.also_is_alone = true;
        }
    }

    static VerdictKind verdict_of(const Judged& judged) { return judged.verdict.kind; }

    const RunPlan& plan_;
    const Progress& progress_;
    Originals originals_;
    Result<std::unique_ptr<lab::XenStore>> xenstore_ = Error{ErrorKind::environment, "xenstored was not started"};
    std::vector<CaseResult> results_;
    std::vector<size_t> placed_;  // the results that have a machine, in the plan's numbers
    std::mutex mutex_;
    size_t total_ = 0;
    size_t done_ = 0;
    size_t unexpected_ = 0;
};

}  // namespace

bool CaseResult::as_expected() const
{
    return !one.skip.empty() || (expected && expected->kind == judged.verdict.kind);
}

std::vector<CaseResult> run(const RunPlan& plan, const Progress& progress) { return Runner(plan, progress).run(); }

}  // namespace rogate::matrix
