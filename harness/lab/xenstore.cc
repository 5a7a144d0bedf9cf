// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/xenstore.h"

#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <mutex>
#include <unistd.h>

extern "C" {
#include <xenstore.h>  // has no guard for C++
}

#include "process/group.h"

namespace rogate::lab {

using namespace std::chrono_literals;

struct XenStore::State {
    std::filesystem::path folder;
    process::Group group;
    process::Group::Id id = 0;
    std::mutex mutex;  // guards what follows
    xs_handle* handle = nullptr;
    unsigned next_domain = 1;
};

namespace {

/// The number of an emulated disk in the store: Linux's old device numbers, as xend wrote them.
unsigned device_number(const std::string& device)
{
    const auto index = static_cast<unsigned>(device.back() - 'a');
    if (device.substr(0, 2) == "hd") {
        return index < 2 ? (3U << 8U) + 64 * index : (22U << 8U) + 64 * (index - 2);
    }
    return (8U << 8U) + 16 * index;
}

bool put(xs_handle* handle, const std::string& path, const std::string& value)
{
    return xs_write(handle, XBT_NULL, path.c_str(), value.data(), static_cast<unsigned>(value.size()));
}

std::string backend_path(unsigned domain, const std::string& device)
{
    return fmt::format("/local/domain/0/backend/vbd/{}/{}", domain, device_number(device));
}

bool put_disk(xs_handle* handle, unsigned domain, const XenDisk& disk)
{
    const std::string front = fmt::format("/local/domain/{}/device/vbd/{}", domain, device_number(disk.device));
    const std::string back = backend_path(domain, disk.device);
    bool ok = put(handle, back + "/frontend", front) && put(handle, back + "/params", disk.file) &&
              put(handle, back + "/dev", disk.device) && put(handle, back + "/type", disk.type);
    if (!disk.format.empty()) {
        ok = ok && put(handle, back + "/format", disk.format);
    }
    if (disk.mode) {
        ok = ok && put(handle, back + "/mode", *disk.mode);
    }
    if (!disk.phantom.empty()) {
        ok = ok && put(handle, back + "/phantom/dev", disk.phantom) && put(handle, front + "/phantom_vbd", back + "/phantom");
    }
    return ok && put(handle, front + "/device-type", disk.cdrom ? "cdrom" : "disk") && put(handle, front + "/backend", back);
}

}  // namespace

Result<std::filesystem::path> find_xenstored()
{
    for (const char* path : {"/usr/local/lib/rogate/xenstored", "/usr/lib/xen-4.17/bin/xenstored", "/usr/sbin/xenstored"}) {
        if (::access(path, X_OK) == 0) {
            return std::filesystem::path(path);
        }
    }
    return Error{ErrorKind::environment, "cannot find the program 'xenstored'",
                 "ci/setup unpacks it from the Debian package 'xen-utils-4.17'"};
}

XenStore::XenStore(std::unique_ptr<State> state) : state_(std::move(state)) {}

XenStore::~XenStore()
{
    if (state_->handle) {
        xs_close(state_->handle);
    }
    state_->group.stop(state_->id, 1s);
}

Result<std::unique_ptr<XenStore>> XenStore::start(const std::filesystem::path& folder)
{
    auto program = find_xenstored();
    if (!program) {
        return program.error();
    }
    auto state = std::make_unique<State>();
    state->folder = folder;
    auto id = state->group.start({.argv = {program->string(), "-N", "-I", "-P", "--pid-file", (folder / "pid").string()},
                                  .env = {{"XENSTORED_RUNDIR", folder.string()}, {"LD_PRELOAD", ROGATE_XEN_SHIM}},
                                  .folder = folder});
    if (!id) {
        return id.error();
    }
    state->id = *id;
    // It says nothing when it is ready: the socket is there, and somebody answers on it.
    const std::string socket = (folder / "socket").string();
    ::setenv("XENSTORED_PATH", socket.c_str(), 1);
    for (const auto until = process::Clock::now() + 10s; !state->handle && process::Clock::now() < until;) {
        if (state->group.wait_any({*id}, process::Clock::now() + 2ms)) {
            const process::Outcome& outcome = state->group.outcome(*id);
            return Error{ErrorKind::environment, fmt::format("xenstored ended at its start: {}: {}", process::describe(outcome),
                                                             outcome.err.substr(0, 300))};
        }
        if (::access(socket.c_str(), F_OK) == 0) {
            state->handle = xs_open(0);
        }
    }
    if (!state->handle) {
        return Error{ErrorKind::environment, fmt::format("xenstored does not answer on '{}'", socket)};
    }
    return std::unique_ptr<XenStore>(new XenStore(std::move(state)));
}

Result<unsigned> XenStore::add_domain(const std::vector<XenDisk>& disks)
{
    const std::lock_guard lock(state_->mutex);
    const unsigned domain = state_->next_domain++;
    for (const XenDisk& disk : disks) {
        if (!put_disk(state_->handle, domain, disk)) {
            return errno_error("write to xenstore the disk", disk.device, errno);
        }
    }
    return domain;
}

Result<void> XenStore::set_params(unsigned domain, const std::string& device, const std::string& file)
{
    const std::lock_guard lock(state_->mutex);
    if (!put(state_->handle, backend_path(domain, device) + "/params", file)) {
        return errno_error("write to xenstore the medium of", device, errno);
    }
    return {};
}

const std::filesystem::path& XenStore::folder() const { return state_->folder; }

}  // namespace rogate::lab
