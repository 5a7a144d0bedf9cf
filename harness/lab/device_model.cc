// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/device_model.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lab/command_line.h"
#include "lab/nbd_client.h"
#include "lab/request_log.h"
#include "lab/xenstore.h"

namespace rogate::lab {
namespace {

using namespace std::chrono_literals;

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

/// The names that hw/pc.c gives the files of its own disks.
const char* board_name(Configuration configuration)
{
    return configuration == Configuration::board ? "scsi_disk.img" : "scsi_cd.iso";
}

bool is_on_board(const Disk& disk)
{
    return disk.configuration == Configuration::board || disk.configuration == Configuration::board_cd;
}

}  // namespace

Result<Listener> Listener::make()
{
    static std::atomic<unsigned> counter{0};
    Listener listener{Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                      fmt::format("rogate-{}-{}-{:x}", ::getpid(), counter++, process::Clock::now().time_since_epoch().count())};
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

Result<void> RunningModel::listen()
{
    auto listener = Listener::make();
    if (!listener) {
        return listener.error();
    }
    socket_ = listener->name;
    listener_.emplace(std::move(*listener));
    return {};
}

Result<void> RunningModel::prepare()
{
    std::error_code ec;
    std::filesystem::create_directories(folder_ / "tmp", ec);
    if (ec) {
        return errno_error("make the folder", (folder_ / "tmp").string(), ec.value());
    }
    for (size_t i = 0; i < model_.disks.size(); ++i) {
        disks_.push_back(std::make_unique<WatchedDisk>());
        if (auto prepared = disks_.back()->prepare(model_.disks[i], folder_ / model_.disks[i].slot); !prepared) {
            return prepared.error();
        }
        files_.push_back(disks_.back()->file_word());
        if (auto placed = place_on_board(i); !placed) {
            return placed.error();
        }
    }
    return {};
}

/// The board looks for fixed names in its working folder.
Result<void> RunningModel::place_on_board(size_t i) const
{
    const Disk& disk = model_.disks[i];
    if (!is_on_board(disk)) {
        return {};
    }
    std::error_code ec;
    const std::filesystem::path link = folder_ / board_name(disk.configuration);
    std::filesystem::create_symlink(files_[i], link, ec);
    return ec ? Result<void>(errno_error("make the link", link.string(), ec.value())) : Result<void>();
}

bool RunningModel::has_media_change() const
{
    return std::any_of(model_.disks.begin(), model_.disks.end(), [](const Disk& disk) { return disk.xen.first_medium != nullptr; });
}

/// With Configuration::xenstore: makes the domain and lets the device model find the store. Returns its number.
Result<unsigned> RunningModel::tell_xenstore(std::vector<std::pair<std::string, std::string>>& environment)
{
    std::vector<XenDisk> disks;
    for (size_t i = 0; i < model_.disks.size(); ++i) {
        const Disk& disk = model_.disks[i];
        if (disk.configuration != Configuration::xenstore) {
            continue;
        }
        XenDisk one{.device = disk.slot,
                    .file = files_[i],
                    .format = disk.original->golden.image.format,
                    .mode = disk.xen.mode,
                    .cdrom = disk.xen.cdrom,
                    .type = {},
                    .phantom = {}};
        switch (disk.xen.params) {
        case XenWords::Params::file:
            one.type = "file";
            break;
        case XenWords::Params::phy:  // names in /dev go without it
            one.type = "phy";
            one.file = std::filesystem::path(files_[i]).lexically_relative("/dev").string();
            break;
        case XenWords::Params::tap:
            one.type = "tap";
            one.file = (one.format == "raw" ? "aio" : one.format) + ":" + files_[i];
            one.format.clear();
            break;
        case XenWords::Params::phantom:
            one.type = "file";
            one.file = "/nowhere";  // what is behind a phantom is what counts
            one.phantom = std::filesystem::path(files_[i]).lexically_relative("/dev").string();
            break;
        }
        if (disk.xen.first_medium) {
            const image::Golden& first = disk.xen.first_medium->golden;
            if (auto copied = copy_image(first, first_medium_folder(disk)); !copied) {
                return copied.error();
            }
            one.file = (first_medium_folder(disk) / first.image.active()).string();
        }
        disks.push_back(std::move(one));
    }
    if (disks.empty()) {
        return 0U;
    }
    environment.emplace_back("XENSTORED_RUNDIR", model_.xenstore->folder().string());
    environment.emplace_back("XENSTORED_PATH", (model_.xenstore->folder() / "socket").string());
    return model_.xenstore->add_domain(disks);
}

Result<void> RunningModel::start(process::Group& group)
{
    std::vector<std::pair<std::string, std::string>> environment{{"TMPDIR", (folder_ / "tmp").string()}};
    auto domain = tell_xenstore(environment);
    if (!domain) {
        return domain.error();
    }
    domain_ = *domain;
    argv_ = nbdkit_words(tools_, model_, folder_ / "requests.log", device_model_words(model_, files_, domain_));
    auto id = group.start({.argv = argv_, .env = environment, .folder = folder_, .listen_fd = listener_->fd.get()});
    if (!id) {
        return id.error();
    }
    listener_->fd.reset();  // if nbdkit ends, a client must find nobody there
    id_ = *id;
    return {};
}

Result<void> RunningModel::change_media(process::Group& group)
{
    for (size_t i = 0; i < model_.disks.size(); ++i) {
        const Disk& disk = model_.disks[i];
        if (!disk.xen.first_medium) {
            continue;
        }
        auto client = NbdClient::connect(socket_, disk.slot);
        if (!client) {  // the device model did not start: its own words say why
            return {};
        }
        // Who has been served once has read the first medium's name; only a later change is a change.
        std::vector<unsigned char> sector(512);
        (void)client->read(0, sector);
        if (auto changed = model_.xenstore->set_params(domain_, disk.slot, files_[i]); !changed) {
            return changed.error();
        }
        // It takes the old medium out and the new one in between two requests, so when the old one is gone the new one is in.
        const auto until = process::Clock::now() + 5s;
        while (!open_files(group.pid(*id_), first_medium_folder(disk)).empty() && process::Clock::now() < until) {
            (void)client->read(0, sector);  // the device model looks at its events between requests
            if (group.wait_any({*id_}, process::Clock::now() + 1ms)) {
                return {};
            }
        }
        disks_[i]->sample(group.pid(*id_));
    }
    return {};
}

void RunningModel::sample(process::Group& group)
{
    for (size_t i = 0; i < disks_.size() && id_ && !group.ended(*id_); ++i) {
        disks_[i]->sample(group.pid(*id_));
    }
}

void RunningModel::stop(process::Group& group)
{
    if (id_) {
        ended_early_ = group.ended(*id_);
        group.stop(*id_, 5s);
        outcome_ = std::move(group.outcome(*id_));
    }
}

std::vector<Evidence> RunningModel::collect(const std::string& nonce)
{
    Result<std::vector<WireRequest>> log = std::vector<WireRequest>();
    if (id_) {
        auto text = read_file(folder_ / "requests.log");
        log = text ? parse_request_log(*text) : text.error();
    }
    std::vector<Evidence> all;
    for (size_t i = 0; i < model_.disks.size(); ++i) {
        const Disk& disk = model_.disks[i];
        Evidence evidence;
        evidence.case_id = disk.case_id;
        evidence.subject = model_.subject;
        evidence.nonce = nonce;
        evidence.wish_expressible = wish_expressible(model_, disk);
        evidence.export_name = disk.bus->guest == GuestKind::monitor ? "monitor/" + disk.slot : disk.slot;
        evidence.disk = guest_disk_name(*disk.bus, disk.place);
        if (id_) {
            evidence.device_model = {argv_, process::describe(outcome_), outcome_.exit_status, outcome_.signal,
                                     outcome_.timed_out, outcome_.err};
        }
        if (log) {
            std::copy_if(log->begin(), log->end(), std::back_inserter(evidence.requests),
                         [&](const WireRequest& request) { return request.export_name == evidence.export_name; });
        }
        judge_ending(evidence);
        if (!log && evidence.environment_error.empty() && evidence.subject_refusal.empty()) {
            evidence.environment_error = log.error().text;
        }
        disks_[i]->collect(evidence);
        all.push_back(std::move(evidence));
    }
    return all;
}

/// Tells a subject that would not start, or that has no such disk, from a guest that went wrong.
void RunningModel::judge_ending(Evidence& evidence) const
{
    if (outcome_.err.find(fmt::format("open '{}': the device model has no such disk", evidence.export_name)) != std::string::npos) {
        evidence.subject_refusal = "it has no such disk";
        return;
    }
    if (!ended_early_ || outcome_.signal != 0) {
        return;
    }
    evidence.subject_refusal = refusal_text(outcome_.err);
    if (evidence.subject_refusal.empty()) {
        evidence.environment_error =
            fmt::format("nbdkit ended before the guest: {}: {}", process::describe(outcome_), outcome_.err.substr(0, 300));
    }
}

}  // namespace rogate::lab
