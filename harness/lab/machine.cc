// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/machine.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "image/loop_device.h"
#include "lab/chain.h"
#include "lab/command_line.h"
#include "lab/guest_report.h"
#include "lab/request_log.h"
#include "lab/witness.h"
#include "lab/xenstore.h"
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

struct Listener {
    Fd fd;
    std::string name;
};

/// A listening socket in the abstract name space: it leaves no file, and a client may connect before nbdkit is up.
Result<Listener> make_listener()
{
    static std::atomic<unsigned> counter{0};
    Listener listener{Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                      fmt::format("rogate-{}-{}-{}", ::getpid(), counter++, new_nonce())};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, listener.name.data(), listener.name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + listener.name.size());
    if (!listener.fd || ::bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), length) < 0 ||
        ::listen(listener.fd.get(), 64) < 0) {
        return errno_error("listen on socket", "@" + listener.name, errno);
    }
    return listener;
}

ProcessEvidence process_evidence(std::vector<std::string> argv, const process::Outcome& outcome)
{
    return {std::move(argv), process::describe(outcome), outcome.exit_status, outcome.signal, outcome.timed_out, outcome.err};
}

/// The device model's own complaints: what it printed with the name of the program in front, and the bridge's that it has
/// no disk at all.
std::string refusal_text(const std::string& stderr_text)
{
    std::string words;
    for (size_t at = 0; at < stderr_text.size();) {
        const size_t end = std::min(stderr_text.find('\n', at), stderr_text.size());
        const std::string line = stderr_text.substr(at, end - at);
        for (const std::string_view from : {"qemu: ", "nbdkit: error: the device model has "}) {
            if (const size_t found = line.find(from); found != std::string::npos) {
                words += (words.empty() ? "" : "; ") + (from == "qemu: " ? line.substr(found + from.size()) : line.substr(found + 15));
            }
        }
        at = end + 1;
    }
    return words;
}

/// Everything that is shared by the disks of one machine while it runs.
class Run {
public:
    Run(const Tools& tools, const Machine& machine, const std::filesystem::path& folder)
        : tools_(tools), machine_(machine), folder_(folder), nonce_(new_nonce())
    {
    }

    /// Makes the disks, the watches and the folder for temporary files.
    Result<void> prepare()
    {
        for (size_t slot = 0; slot < machine_.disks.size(); ++slot) {
            const std::filesystem::path disk_folder = folder_ / export_name(slot);
            auto lock = process::hold_starts();
            auto copied = image::instantiate(machine_.disks[slot].original->golden, disk_folder);
            lock.unlock();
            if (!copied) {
                return copied.error();
            }
            auto chain = ChainWitness::before(*machine_.disks[slot].original, disk_folder);
            if (!chain) {
                return chain.error();
            }
            chains_.push_back(std::move(*chain));
            if (auto attached = attach(slot); !attached) {
                return attached.error();
            }
            auto watch = FolderWatch::make(disk_folder, device(slot));
            if (!watch) {
                return watch.error();
            }
            watches_.push_back(std::move(*watch));
            open_.emplace_back();
        }
        std::error_code ec;
        std::filesystem::create_directory(folder_ / "tmp", ec);
        return ec ? Result<void>(errno_error("make the folder", (folder_ / "tmp").string(), ec.value())) : Result<void>();
    }

    Result<void> run()
    {
        auto listener = make_listener();
        if (!listener) {
            return listener.error();
        }
        // QEMU takes longest to come up and needs the disks last: all else is done meanwhile.
        const auto started = process::Clock::now();
        qemu_argv_ = qemu_words(tools_, machine_.disks.size(), nonce_, listener->name);
        auto qemu = group_.start({.argv = qemu_argv_, .env = {}, .folder = folder_, .on_stdout = [this](std::string_view) {
                                      if (nbdkit_id_ && !std::exchange(sampled_, true)) {
                                          sample_descriptors(*nbdkit_id_);
                                      }
                                  }});
        if (!qemu) {
            return qemu.error();
        }
        if (auto prepared = prepare(); !prepared) {
            return prepared.error();
        }
        std::vector<std::string> files;
        for (size_t slot = 0; slot < machine_.disks.size(); ++slot) {
            files.push_back(file_word(slot));
        }
        std::vector<std::pair<std::string, std::string>> environment{{"TMPDIR", (folder_ / "tmp").string()}};
        auto domain = tell_xenstore(files, environment);
        if (!domain) {
            return domain.error();
        }
        nbdkit_argv_ = nbdkit_words(tools_, machine_, folder_ / "requests.log", device_model_words(machine_, files, *domain));
        auto nbdkit = group_.start({.argv = nbdkit_argv_,
                                    .env = environment,
                                    .folder = folder_,
                                    .listen_fd = listener->fd.get()});
        if (!nbdkit) {
            return nbdkit.error();
        }
        listener->fd.reset();  // if nbdkit ends, QEMU must find nobody there
        nbdkit_id_ = *nbdkit;
        wait_for_end(*nbdkit, *qemu, started + machine_.deadline);
        sample_descriptors(*nbdkit);
        device_model_ended_early_ = group_.ended(*nbdkit);
        group_.stop(*nbdkit, 5s);
        duration_ = std::chrono::duration_cast<std::chrono::microseconds>(process::Clock::now() - started);
        nbdkit_ = std::move(group_.outcome(*nbdkit));
        qemu_ = std::move(group_.outcome(*qemu));
        return {};
    }

    std::vector<Evidence> collect()
    {
        const GuestReport report = parse_guest_report(qemu_.out);
        auto log = read_requests();
        std::vector<Evidence> all;
        for (size_t slot = 0; slot < machine_.disks.size(); ++slot) {
            Evidence evidence = blank(slot);
            evidence.device_model = process_evidence(nbdkit_argv_, nbdkit_);
            evidence.qemu = process_evidence(qemu_argv_, qemu_);
            evidence.duration_us = static_cast<uint64_t>(duration_.count());
            take_guest(report, slot, evidence);
            if (log) {
                for (const WireRequest& request : *log) {
                    if (request.export_name == evidence.export_name) {
                        evidence.requests.push_back(request);
                    }
                }
            }
            evidence.open_files = open_[slot];
            evidence.events = watches_[slot].take();
            detach(slot, evidence);
            judge_ending(log, evidence);
            take_files(slot, evidence);
            all.push_back(std::move(evidence));
        }
        return all;
    }

    std::vector<Evidence> failed(const Error& error) const
    {
        std::vector<Evidence> all;
        for (size_t slot = 0; slot < machine_.disks.size(); ++slot) {
            all.push_back(blank(slot));
            all.back().environment_error = error.text;
            all.back().environment_hint = error.hint;
        }
        return all;
    }

private:
    /// A host device is a loop device over the copy. It is writable whatever the case: the refusal under test is the block
    /// layer's.
    Result<void> attach(size_t slot)
    {
        loops_.emplace_back();
        const image::Image& image = machine_.disks[slot].original->golden.image;
        if (image.format != "host_device") {
            return {};
        }
        auto loop = image::LoopDevice::attach(folder_ / export_name(slot) / image.active(), false);
        if (!loop) {
            return loop.error();
        }
        loops_.back().emplace(std::move(*loop));
        return {};
    }

    /// After the kernel witness has been asked: detaching closes the file, which was open for writing.
    void detach(size_t slot, Evidence& evidence)
    {
        if (loops_[slot]) {
            if (auto detached = loops_[slot]->detach(); !detached) {
                evidence.environment_error = detached.error().text;
            }
        }
    }

    [[nodiscard]] std::filesystem::path device(size_t slot) const
    {
        return loops_[slot] ? loops_[slot]->path() : std::filesystem::path();
    }

    /// What the device model is given as the disk's file. A folder is offered for writing too, so that it is the disk's
    /// wish that counts and not the name; with a snapshot that would be one temporary file above another.
    [[nodiscard]] std::string file_word(size_t slot) const
    {
        const Disk& disk = machine_.disks[slot];
        if (loops_[slot]) {
            return loops_[slot]->path().string();
        }
        const std::string file = (folder_ / export_name(slot) / disk.original->golden.image.active()).string();
        return disk.original->golden.image.format != "vvfat" ? file : (disk.snapshot ? "fat:" : "fat:rw:") + file;
    }

    /// With Configuration::xenstore: makes the domain and lets the device model find the store. Returns its number.
    Result<unsigned> tell_xenstore(const std::vector<std::string>& files,
                                   std::vector<std::pair<std::string, std::string>>& environment) const
    {
        if (machine_.configuration != Configuration::xenstore) {
            return 0U;
        }
        environment.emplace_back("XENSTORED_RUNDIR", machine_.xenstore->folder().string());
        environment.emplace_back("XENSTORED_PATH", (machine_.xenstore->folder() / "socket").string());
        std::vector<XenDisk> disks;
        for (size_t slot = 0; slot < machine_.disks.size(); ++slot) {
            const Disk& disk = machine_.disks[slot];
            disks.push_back({export_name(slot), files[slot], disk.original->golden.image.format,
                             disk.without_mode ? "" : disk.read_only ? "r" : "w"});
        }
        return machine_.xenstore->add_domain(disks);
    }

    /// Waits until the guest has ended the machine. A device model that goes away early takes QEMU with it, but which
    /// of the two is seen to end first is chance: give the other a moment to tell.
    void wait_for_end(process::Group::Id nbdkit, process::Group::Id qemu, process::Clock::time_point deadline)
    {
        group_.wait_any({nbdkit, qemu}, deadline);
        if (group_.ended(nbdkit)) {
            group_.wait_any({qemu}, process::Clock::now() + 2s);
        } else if (group_.ended(qemu) && group_.outcome(qemu).out.empty()) {
            group_.wait_any({nbdkit}, process::Clock::now() + 500ms);
        }
        if (!group_.ended(qemu)) {
            group_.stop(qemu, 0ms);
            group_.outcome(qemu).timed_out = !group_.ended(nbdkit);
        }
    }

    void sample_descriptors(process::Group::Id nbdkit)
    {
        for (size_t slot = 0; slot < machine_.disks.size() && !group_.ended(nbdkit); ++slot) {
            merge(open_[slot], open_files(group_.pid(nbdkit), folder_ / export_name(slot), device(slot)));
        }
    }

    [[nodiscard]] Result<std::vector<WireRequest>> read_requests() const
    {
        auto text = read_file(folder_ / "requests.log");
        if (!text) {
            return text.error();
        }
        return parse_request_log(*text);
    }

    [[nodiscard]] Evidence blank(size_t slot) const
    {
        const Disk& disk = machine_.disks[slot];
        Evidence evidence;
        evidence.case_id = disk.case_id;
        evidence.subject = machine_.subject;
        evidence.nonce = nonce_;
        evidence.wish_expressible =
            !disk.read_only || machine_.knows_ro || machine_.configuration == Configuration::xenstore;
        evidence.disk = guest_disk_name(slot);
        evidence.export_name = export_name(slot);
        for (const Disk& other : machine_.disks) {
            if (other.case_id != disk.case_id) {
                evidence.company.push_back(other.case_id);
            }
        }
        return evidence;
    }

    void take_guest(const GuestReport& report, size_t slot, Evidence& evidence) const
    {
        evidence.console = qemu_.out;
        evidence.guest_complete = report.complete && qemu_.exit_status == 33;
        evidence.guest_problem = report.problem;
        bool disk_seen = false;
        for (const GuestDisk& disk : report.disks) {
            disk_seen |= disk.id == evidence.disk;
        }
        if (report.complete && report.nonce != nonce_) {
            evidence.guest_complete = false;
            evidence.guest_problem = "the guest's nonce is not the one it was given";
        } else if (report.complete && !disk_seen) {
            evidence.guest_complete = false;
            evidence.guest_problem = fmt::format("the guest did not find disk {}", guest_disk_name(slot));
        }
        for (const GuestCommand& command : report.commands) {
            if (command.disk == evidence.disk) {
                evidence.commands.push_back(command);
            }
        }
    }

    /// Tells a subject that would not start, and a QEMU that would not, from a guest that went wrong.
    void judge_ending(const Result<std::vector<WireRequest>>& log, Evidence& evidence) const
    {
        if (device_model_ended_early_ && nbdkit_.signal == 0) {
            evidence.subject_refusal = refusal_text(nbdkit_.err);
            if (evidence.subject_refusal.empty()) {
                evidence.environment_error = fmt::format("nbdkit ended before the guest: {}: {}", process::describe(nbdkit_),
                                                         nbdkit_.err.substr(0, 300));
            }
            return;
        }
        if (qemu_.exit_status == 1 && qemu_.err.find("export not available") != std::string::npos) {
            evidence.subject_refusal = "it has no such disk";
        } else if (qemu_.exit_status == 1 && qemu_.out.empty()) {
            evidence.environment_error = fmt::format("QEMU would not start: {}", qemu_.err.substr(0, 300));
        } else if (!log) {
            evidence.environment_error = log.error().text;
        }
    }

    void take_files(size_t slot, Evidence& evidence)
    {
        auto files = chains_[slot].after();
        if (!files) {
            evidence.environment_error = files.error().text;
            return;
        }
        evidence.files = std::move(*files);
        const Disk& disk = machine_.disks[slot];
        if (!disk.read_only && !disk.snapshot && evidence.guest_complete) {
            take_reader(slot, evidence);
        }
    }

    void take_reader(size_t slot, Evidence& evidence) const
    {
        const std::filesystem::path work = folder_ / ("read-" + export_name(slot));
        std::error_code ignored;
        std::filesystem::create_directory(work, ignored);
        auto reader = read_independently(machine_.disks[slot].original->golden, folder_ / export_name(slot), work, slot, evidence);
        if (reader) {
            evidence.reader = std::move(*reader);
        } else {
            evidence.environment_error = reader.error().text;
            evidence.environment_hint = reader.error().hint;
        }
    }

    const Tools& tools_;
    const Machine& machine_;
    const std::filesystem::path& folder_;
    std::string nonce_;
    process::Group group_;
    std::optional<process::Group::Id> nbdkit_id_;
    bool sampled_ = false;
    std::vector<ChainWitness> chains_;
    std::vector<std::optional<image::LoopDevice>> loops_;
    std::vector<FolderWatch> watches_;
    std::vector<std::vector<OpenFile>> open_;
    std::vector<std::string> nbdkit_argv_;
    std::vector<std::string> qemu_argv_;
    process::Outcome nbdkit_;
    process::Outcome qemu_;
    bool device_model_ended_early_ = false;
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
