// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/linux_run.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <future>
#include <utility>

#include "lab/linux_guest.h"

namespace rogate::lab {
namespace {

using namespace std::chrono_literals;

/// The machine's shape and the words that make its nodes.
struct Outfit {
    LinuxShape shape;
    std::vector<std::string> nodes;
};

Outfit outfit_of(const std::vector<Attached>& disks, uint64_t disk_bytes)
{
    Outfit outfit;
    outfit.nodes = node_words(disks);
    outfit.shape.needs = driven_buses(disks);
    std::vector<BusDisk> all;
    for (const Bus& bus : buses()) {
        const auto on_it = [&](const Attached& one) { return one.disk.bus == &bus; };
        if (std::none_of(disks.begin(), disks.end(), on_it)) {
            continue;
        }
        for (size_t place = 0; place < bus.places; ++place) {
            const auto here = std::find_if(disks.begin(), disks.end(),
                                           [&](const Attached& one) { return on_it(one) && one.disk.place == place; });
            BusDisk disk{&bus, place, here != disks.end() ? here->disk.node : fmt::format("spare-{}-{}", bus.name, place)};
            if (here == disks.end()) {
                const std::vector<std::string> spare = empty_disk_words({disk.node, disk_bytes});
                outfit.nodes.insert(outfit.nodes.end(), spare.begin(), spare.end());
            }
            outfit.shape.disks.push_back({disk.node, disk_bytes});
            all.push_back(std::move(disk));
        }
    }
    outfit.shape.devices = bus_words(all);
    return outfit;
}

/// Restores the guest and has its report, in a thread of its own.
Result<std::string> talk(LinuxGuest& guest, const std::string& line, process::Clock::time_point until,
                         const std::function<void()>& up)
{
    if (auto restored = guest.bring_up(until); !restored) {
        return restored.error();
    }
    up();
    auto text = guest.ask(line, "end ", until);
    if (text) {
        (void)guest.end(until);
    }
    return text;
}

}  // namespace

Result<LinuxRun> run_linux_guest(const Tools& tools, const std::vector<Attached>& disks, uint64_t disk_bytes,
                                 const std::string& nonce, std::chrono::milliseconds deadline, process::Group& group,
                                 process::Group::Id& qemu, const std::function<void()>& sample)
{
    auto files = linux_files(tools.qemu, tools.linux_guest);
    if (!files) {
        return files.error();
    }
    const Outfit outfit = outfit_of(disks, disk_bytes);
    auto from = linux_template(tools.cache, *files, outfit.shape);
    if (!from) {
        return from.error();
    }
    auto guest = LinuxGuest::make(*files, outfit.shape, *from);
    if (!guest) {
        return guest.error();
    }
    LinuxRun run;
    run.argv = guest->words(outfit.nodes);
    auto id = group.start({.argv = run.argv, .env = {}, .pass_fds = guest->fds()});
    if (!id) {
        return id.error();
    }
    qemu = *id;
    guest->started();
    const std::string line = "run " + guest_words(tools, disks, nonce);
    // The device models' streams must be served while the guest is asked: a refusal is a line on stderr, and a full pipe
    // would stop them.
    const auto until = process::Clock::now() + deadline;
    std::atomic<bool> is_up{false};
    auto report = std::async(std::launch::async, [&] { return talk(*guest, line, until, [&] { is_up = true; }); });
    bool sampled = false;
    while (report.wait_for(0ms) != std::future_status::ready) {
        (void)group.wait_any({}, process::Clock::now() + 5ms);
        if (is_up && !std::exchange(sampled, true)) {
            sample();
        }
    }
    auto text = report.get();
    sample();
    if (!text) {
        run.problem = text.error().text;
        run.timed_out = text.error().kind == ErrorKind::timeout;
        return run;
    }
    run.console = std::move(*text);
    return run;
}

}  // namespace rogate::lab
