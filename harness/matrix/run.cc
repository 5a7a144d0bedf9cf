// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/run.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>

#include "base/file.h"
#include "lab/chain.h"
#include "lab/command_line.h"
#include "lab/xenstore.h"

namespace rogate::matrix {
namespace {

/// Golden images and their digests, each made once, by whichever thread needs it first.
class Originals {
public:
    explicit Originals(std::filesystem::path cache) : cache_(std::move(cache)) {}

    Result<const lab::Original*> get(const Case& one)
    {
        Slot& slot = slot_of(one.format + "/" + one.shape);
        std::call_once(slot.once, [&] { slot.made = make(one); });
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

    Slot& slot_of(const std::string& key)
    {
        const std::lock_guard lock(mutex_);
        auto& slot = slots_[key];
        if (!slot) {
            slot = std::make_unique<Slot>();
        }
        return *slot;
    }

    [[nodiscard]] Result<lab::Original> make(const Case& one) const
    {
        auto shape = image::parse_shape(one.shape);
        if (!shape) {
            return shape.error();
        }
        auto golden = image::golden(cache_, one.format, *shape, lab::run_program);
        if (!golden) {
            return golden.error();
        }
        if (const auto* skip = std::get_if<image::Skip>(&*golden)) {
            return Error{ErrorKind::usage, fmt::format("{} has no {} image: {}", one.format, one.shape, skip->reason)};
        }
        return lab::make_original(std::get<image::Golden>(std::move(*golden)));
    }

    std::filesystem::path cache_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Slot>> slots_;
};

/// Indexes into the results that share one machine.
using Batch = std::vector<size_t>;

lab::Configuration configuration_of(const Case& one)
{
    return one.configuration == "hda"     ? lab::Configuration::hda
           : one.configuration == "drive" ? lab::Configuration::drive
                                          : lab::Configuration::xenstore;
}

/// The disk that stands first in the domain of an xenstore-second case: read-only, and not under test itself.
constexpr const char* kSecond = "xenstore-second";

/// What cases of one machine have in common. But for -drive there is one -snapshot for all disks; and in a domain from
/// xenstore the modes do not mix, since whether one disk's wish reaches another is what xenstore-second is for.
std::vector<Batch> make_batches(const std::vector<CaseResult>& results)
{
    std::map<std::tuple<size_t, std::string, bool, Mode>, Batch> open;
    std::vector<Batch> batches;
    for (size_t i = 0; i < results.size(); ++i) {
        const Case& one = results[i].one;
        if (!one.skip.empty()) {
            continue;
        }
        const bool from_xenstore = configuration_of(one) == lab::Configuration::xenstore;
        Batch& batch = open[{results[i].patches, one.configuration, one.configuration != "drive" && one.shape == "snapshot",
                             from_xenstore ? one.mode : Mode::ro}];
        batch.push_back(i);
        if (batch.size() == lab::kIdeDisks - (one.configuration == kSecond ? 1 : 0)) {
            batches.push_back(std::exchange(batch, {}));
        }
    }
    for (auto& [key, batch] : open) {
        if (!batch.empty()) {
            batches.push_back(std::move(batch));
        }
    }
    return batches;
}

class Runner {
public:
    Runner(const RunPlan& plan, const Progress& progress) : plan_(plan), progress_(progress), originals_(plan.cache) {}

    std::vector<CaseResult> run()
    {
        list_results();
        start_xenstore();
        const std::vector<Batch> batches = make_batches(results_);
        std::atomic<size_t> next{0};
        const auto work = [&] {
            for (size_t i = next++; i < batches.size(); i = next++) {
                run_batch(batches[i], fmt::format("machine-{}", i));
            }
        };
        std::vector<std::thread> threads;
        const size_t count = std::min<size_t>(std::max(1U, plan_.jobs), batches.size());
        for (size_t i = 1; i < count; ++i) {
            threads.emplace_back(work);
        }
        work();
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
                    ++total_;
                } else {
                    result.judged.verdict = judge(one, {});
                }
                results_.push_back(std::move(result));
            }
        }
    }

    /// One for all machines, and only if a case needs it; what keeps it from starting is told by those cases.
    void start_xenstore()
    {
        const bool needed = std::any_of(results_.begin(), results_.end(), [](const CaseResult& result) {
            return result.one.skip.empty() && configuration_of(result.one) == lab::Configuration::xenstore;
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

    /// Runs the cases of a batch in one machine. Errors: an image could not be made.
    Result<std::vector<lab::Evidence>> run_machine(const Batch& batch, const std::string& name)
    {
        const CaseResult& first = results_[batch.front()];
        const subject::Subject& subject = subject_of(first.patches);
        lab::Machine machine;
        machine.bridge = subject.bridge();
        machine.subject = subject.tree_id;
        machine.knows_ro = subject.knows_ro;
        machine.configuration = configuration_of(first.one);
        machine.deadline = plan_.deadline;
        if (machine.configuration == lab::Configuration::xenstore) {
            if (!xenstore_) {
                return xenstore_.error();
            }
            machine.xenstore = xenstore_->get();
        }
        if (first.one.configuration == kSecond) {
            auto companion = originals_.get(Case{"raw", "ide", Mode::ro, "xenstore", "plain"});
            if (!companion) {
                return companion.error();
            }
            machine.disks.push_back({"the domain's first disk", *companion, true});
        }
        for (const size_t i : batch) {
            const Case& one = results_[i].one;
            auto original = originals_.get(one);
            if (!original) {
                return original.error();
            }
            machine.disks.push_back({.case_id = one.id(),
                                     .original = *original,
                                     .read_only = one.mode == Mode::ro,
                                     .without_mode = one.configuration == "xenstore-nomode",
                                     .snapshot = one.shape == "snapshot"});
        }
        const std::filesystem::path folder = plan_.work / name;
        std::error_code ec;
        if (!std::filesystem::create_directory(folder, ec)) {
            return errno_error("make the folder", folder.string(), ec.value());
        }
        auto evidence = lab::run_machine(plan_.tools, machine, folder);
        evidence.erase(evidence.begin(), evidence.end() - static_cast<std::ptrdiff_t>(batch.size()));  // the companion's
        if (!plan_.keep) {
            std::filesystem::remove_all(folder, ec);
        } else if (!evidence.front().qemu.argv.empty()) {
            const lab::Evidence& one = evidence.front();
            (void)write_file(folder / "by-hand", lab::by_hand(one.device_model.argv, one.qemu.argv));
        }
        return evidence;
    }

    std::vector<Judged> run_and_judge(const Batch& batch, const std::string& name)
    {
        auto evidence = run_machine(batch, name);
        std::vector<Judged> all;
        for (size_t i = 0; i < batch.size(); ++i) {
            const Case& one = results_[batch[i]].one;
            Judged judged;
            if (evidence) {
                judged.evidence = std::move((*evidence)[i]);
            } else {
                judged.evidence.case_id = one.id();
                judged.evidence.environment_error = evidence.error().text;
                judged.evidence.environment_hint = evidence.error().hint;
            }
            judged.verdict = judge(one, judged.evidence);
            all.push_back(std::move(judged));
        }
        return all;
    }

    void run_batch(const Batch& batch, const std::string& name)
    {
        std::vector<Judged> judged = run_and_judge(batch, name);
        size_t unexpected = 0;
        for (size_t i = 0; i < batch.size(); ++i) {
            CaseResult& result = results_[batch[i]];
            result.judged = std::move(judged[i]);
            if (!result.as_expected() && batch.size() > 1) {
                run_alone(batch[i], fmt::format("{}-alone-{}", name, i));
            }
            unexpected += result.as_expected() ? 0 : 1;
        }
        const std::lock_guard lock(mutex_);
        done_ += batch.size();
        unexpected_ += unexpected;
        progress_(done_, total_, unexpected_);
    }

    /// What a disk shows in company counts, unless the device model refused to start at all: that may be another's fault.
    void run_alone(size_t index, const std::string& name)
    {
        CaseResult& result = results_[index];
        std::vector<Judged> alone = run_and_judge({index}, name);
        const bool company_kept_it_from_running = !result.judged.evidence.subject_refusal.empty();
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
