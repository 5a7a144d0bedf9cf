// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/machine.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <sys/random.h>

#include "base/file.h"
#include "lab/chain.h"
#include "lab/command_line.h"
#include "lab/device_model.h"
#include "lab/guest_report.h"
#include "lab/image_tool_guest.h"
#include "lab/linux_run.h"
#include "lab/monitor_guest.h"
#include "lab/payload.h"
#include "process/group.h"

namespace rogate::lab {
namespace {

using namespace std::chrono_literals;

/// 16 hex digits that no earlier payload has: identical bytes written again would escape the digest.
std::string new_nonce()
{
    uint64_t value = 0;
    if (::getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
        value = static_cast<uint64_t>(process::Clock::now().time_since_epoch().count());
    }
    return fmt::format("{:016x}", value);
}

/// Everything that is shared by the disks of one machine while it runs.
class Run {
public:
    Run(const Tools& tools, const Machine& machine, const std::filesystem::path& folder)
        : tools_(tools), machine_(machine), folder_(folder), nonce_(new_nonce())
    {
        for (size_t i = 0; i < machine.models.size(); ++i) {
            models_.push_back(std::make_unique<RunningModel>(tools, machine.models[i], folder / fmt::format("model-{}", i)));
        }
    }

    Result<void> run()
    {
        const auto started = process::Clock::now();
        until_ = started + machine_.deadline;
        const GuestKind guest = machine_.models.front().disks.front().bus->guest;
        Result<void> ran = guest == GuestKind::image_tool ? run_tool()
                           : guest == GuestKind::monitor  ? run_monitor()
                           : guest == GuestKind::linux_   ? run_linux()
                                                          : run_probe();
        for (const auto& model : models_) {
            model->stop(group_);
        }
        duration_ = std::chrono::duration_cast<std::chrono::microseconds>(process::Clock::now() - started);
        return ran;
    }

    std::vector<Evidence> collect()
    {
        std::vector<Evidence> all;
        for (const auto& model : models_) {
            std::vector<Evidence> some = model->collect(nonce_);
            for (size_t i = 0; i < some.size(); ++i) {
                take_guest(some[i]);
                take_reader(model->model().disks[i], model->disk(i).folder(), some[i]);
            }
            std::move(some.begin(), some.end(), std::back_inserter(all));
        }
        if (machine_.keep) {
            write_by_hand();
        }
        tell_company(all);
        return all;
    }

    [[nodiscard]] std::vector<Evidence> failed(const Error& error) const
    {
        std::vector<Evidence> all;
        for (const DeviceModel& model : machine_.models) {
            for (const Disk& disk : model.disks) {
                Evidence evidence;
                evidence.case_id = disk.case_id;
                evidence.subject = model.subject;
                evidence.nonce = nonce_;
                evidence.environment_error = error.text;
                evidence.environment_hint = error.hint;
                all.push_back(std::move(evidence));
            }
        }
        return all;
    }

private:
    /// QEMU takes longest to come up and needs the disks last: all else is done meanwhile. But where a medium is to be
    /// changed first, it must not see the one before.
    Result<void> run_probe()
    {
        if (auto listening = listen(); !listening) {
            return listening.error();
        }
        const bool change = std::any_of(models_.begin(), models_.end(), [](const auto& model) { return model->has_media_change(); });
        std::optional<process::Group::Id> qemu;
        if (!change) {
            auto id = start_qemu();
            if (!id) {
                return id.error();
            }
            qemu = *id;
        }
        if (auto up = start_models(); !up) {
            return up.error();
        }
        if (change) {
            for (const auto& model : models_) {
                if (auto changed = model->change_media(group_); !changed) {
                    return changed.error();
                }
            }
            auto id = start_qemu();
            if (!id) {
                return id.error();
            }
            qemu = *id;
        }
        models_up_ = true;
        wait_for_end(*qemu, false);
        sample();
        qemu_ = std::move(group_.outcome(*qemu));
        auto early = read_file(folder_ / kDebugConsole);
        console_ = (early ? *early : std::string()) + qemu_.out;
        report_ = parse_guest_report(console_);
        judge_guest();
        return {};
    }

    Result<process::Group::Id> start_qemu()
    {
        qemu_argv_ = probe_words(tools_, attached(), nonce_);
        return group_.start({.argv = qemu_argv_, .env = {}, .folder = folder_, .on_stdout = [this](std::string_view) {
                                 if (models_up_ && !std::exchange(sampled_, true)) {
                                     sample();
                                 }
                             }});
    }

    [[nodiscard]] std::vector<Attached> attached() const
    {
        std::vector<Attached> disks;
        for (const auto& model : models_) {
            for (const Disk& disk : model->model().disks) {
                disks.push_back({{disk.bus, disk.place, fmt::format("disk{}", disks.size())}, model->socket(), disk.slot});
            }
        }
        return disks;
    }

    Result<void> listen()
    {
        for (const auto& model : models_) {
            if (auto listening = model->listen(); !listening) {
                return listening;
            }
        }
        return {};
    }

    void sample()
    {
        for (const auto& model : models_) {
            model->sample(group_);
        }
    }

    Result<void> start_models()
    {
        for (const auto& model : models_) {
            if (auto prepared = model->prepare(); !prepared) {
                return prepared.error();
            }
            if (auto started = model->start(group_); !started) {
                return started.error();
            }
        }
        return {};
    }

    /// The host gives the commands itself.
    Result<void> run_monitor()
    {
        if (auto listening = listen(); !listening) {
            return listening.error();
        }
        std::vector<MonitorDisk> disks;
        for (const auto& model : models_) {
            for (const Disk& disk : model->model().disks) {
                disks.push_back({model->socket(), disk.slot, guest_disk_name(*disk.bus, disk.place),
                                 static_cast<unsigned>(disks.size()), disk.read_only});
            }
        }
        if (auto up = start_models(); !up) {
            return up.error();
        }
        report_ = run_monitor_guest(disks, nonce_);
        sample();
        return {};
    }

    Result<void> run_linux()
    {
        if (auto listening = listen(); !listening) {
            return listening.error();
        }
        if (auto up = start_models(); !up) {
            return up.error();
        }
        process::Group::Id qemu = 0;
        const uint64_t bytes = machine_.models.front().disks.front().original->golden.image.content_bytes;
        auto run = run_linux_guest(tools_, attached(), bytes, nonce_, machine_.deadline, group_, qemu, [this] { sample(); });
        if (!run) {
            return run.error();
        }
        until_ = process::Clock::now() + (run->problem.empty() ? 5s : 100ms);
        wait_for_end(qemu, !run->console.empty());
        qemu_argv_ = run->argv;
        qemu_ = std::move(group_.outcome(qemu));
        qemu_.timed_out = run->timed_out;
        console_ = run->console;
        report_ = parse_guest_report(console_);
        judge_guest();
        if (!run->problem.empty()) {
            report_.complete = false;
            report_.problem = run->problem;
        }
        return {};
    }

    Result<void> run_tool()
    {
        RunningModel& model = *models_.front();
        if (auto prepared = model.prepare(); !prepared) {
            return prepared.error();
        }
        const Disk& disk = model.model().disks.front();
        report_ = run_image_tool({.tool = model.model().image_tool,
                                  .folder = model.folder() / "tmp",
                                  .format = disk.original->golden.image.format,
                                  .file = model.disk(0).file_word(),
                                  .name = guest_disk_name(*disk.bus, disk.place)},
                                 until_, tool_);
        report_.nonce = nonce_;
        return {};
    }

    /// Waits until the guest has ended the machine. A device model that goes away early takes QEMU with it, but which
    /// of the two is seen to end first is chance: give the other a moment to tell. With `heard`, the guest has spoken, and not by
    /// QEMU's stdout.
    void wait_for_end(process::Group::Id qemu, bool heard)
    {
        std::vector<process::Group::Id> models;
        for (const auto& model : models_) {
            models.push_back(*model->id());
        }
        std::vector<process::Group::Id> any = models;
        any.push_back(qemu);
        group_.wait_any(any, until_);
        const auto ended = [&](process::Group::Id id) { return group_.ended(id); };
        if (std::any_of(models.begin(), models.end(), ended)) {
            group_.wait_any({qemu}, process::Clock::now() + 2s);
        } else if (!heard && group_.ended(qemu) && group_.outcome(qemu).out.empty()) {
            group_.wait_any(models, process::Clock::now() + 500ms);
        }
        if (!group_.ended(qemu)) {
            group_.stop(qemu, 0ms);
            group_.outcome(qemu).timed_out = std::none_of(models.begin(), models.end(), ended);
        }
    }

    /// Tells a QEMU that would not start from a guest that went wrong.
    void judge_guest()
    {
        if (qemu_.exit_status == 1 && qemu_.err.find("export not available") != std::string::npos) {
            missing_export_ = true;
        } else if (qemu_.exit_status == 1 && qemu_.out.empty()) {
            qemu_failed_ = fmt::format("QEMU would not start: {}", qemu_.err.substr(0, 300));
        }
        if (report_.complete && qemu_.exit_status != 33) {
            report_.complete = false;
        }
    }

    void take_guest(Evidence& evidence) const
    {
        evidence.qemu = qemu_argv_.empty()
                            ? tool_
                            : ProcessEvidence{qemu_argv_, process::describe(qemu_), qemu_.exit_status, qemu_.signal,
                                              qemu_.timed_out, qemu_.err};
        evidence.duration_us = static_cast<uint64_t>(duration_.count());
        evidence.console = console_;
        evidence.guest_complete = report_.complete;
        evidence.guest_problem = report_.problem;
        const auto disk = std::find_if(report_.disks.begin(), report_.disks.end(),
                                       [&](const GuestDisk& one) { return one.id == evidence.disk; });
        if (report_.complete && report_.nonce != nonce_) {
            evidence.guest_complete = false;
            evidence.guest_problem = "the guest's nonce is not the one it was given";
        } else if (report_.complete && disk == report_.disks.end()) {
            evidence.guest_complete = false;
            evidence.guest_problem = fmt::format("the guest did not find disk {}", evidence.disk);
        }
        evidence.disk_index = disk == report_.disks.end() ? 0 : disk->index;
        for (const GuestCommand& command : report_.commands) {
            if (command.disk == evidence.disk) {
                evidence.commands.push_back(command);
            }
        }
        if (!evidence.subject_refusal.empty() || !evidence.environment_error.empty()) {
            return;
        }
        if (missing_export_) {
            evidence.guest_complete = false;
            evidence.guest_problem = "another disk of the machine was not there";
        } else {
            evidence.environment_error = qemu_failed_;
        }
    }

    /// The independent reader, for a disk that should hold what the guest wrote. Where it was allowed no write and no file of
    /// the image has changed, the digests have said it all.
    void take_reader(const Disk& disk, const std::filesystem::path& folder, Evidence& evidence) const
    {
        if (disk.read_only || disk.snapshot || !evidence.guest_complete || disk.case_id.empty()) {
            return;
        }
        const auto changed = [](const FileEvidence& file) { return file.content_changed(); };
        if (std::none_of(evidence.files.begin(), evidence.files.end(), changed) &&
            expected_overwrites(nonce_, evidence.disk_index, evidence.commands).empty()) {
            return;
        }
        const std::filesystem::path work = folder.string() + "-read";
        std::error_code ignored;
        std::filesystem::create_directory(work, ignored);
        auto reader = read_independently(disk.original->golden, folder, work, evidence.disk_index, evidence);
        if (reader) {
            evidence.reader = std::move(*reader);
        } else {
            evidence.environment_error = reader.error().text;
            evidence.environment_hint = reader.error().hint;
        }
    }

    void write_by_hand() const
    {
        std::vector<std::vector<std::string>> nbdkits;
        std::vector<std::string> sockets;
        for (const auto& model : models_) {
            if (model->id()) {
                nbdkits.push_back(model->argv());
                sockets.push_back(model->socket());
            }
        }
        (void)write_file(folder_ / "by-hand", by_hand(nbdkits, sockets, qemu_argv_.empty() ? tool_.argv : qemu_argv_));
    }

    static void tell_company(std::vector<Evidence>& all)
    {
        for (Evidence& one : all) {
            for (const Evidence& other : all) {
                if (&other != &one && !other.case_id.empty()) {
                    one.company.push_back(other.case_id);
                }
            }
        }
    }

    const Tools& tools_;
    const Machine& machine_;
    const std::filesystem::path& folder_;
    std::string nonce_;
    process::Clock::time_point until_;
    process::Group group_;
    std::vector<std::unique_ptr<RunningModel>> models_;
    bool models_up_ = false;
    bool sampled_ = false;
    std::vector<std::string> qemu_argv_;
    process::Outcome qemu_;
    ProcessEvidence tool_;
    std::string console_;
    GuestReport report_;
    bool missing_export_ = false;
    std::string qemu_failed_;
    std::chrono::microseconds duration_{0};
};

}  // namespace

std::vector<Evidence> run_machine(const Tools& tools, const Machine& machine, const std::filesystem::path& folder)
{
    Run run(tools, machine, folder);
    if (auto ran = run.run(); !ran) {
        return run.failed(ran.error());
    }
    return run.collect();
}

}  // namespace rogate::lab
