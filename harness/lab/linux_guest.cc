// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/linux_guest.h"

#include <fcntl.h>
#include <fmt/format.h>

namespace rogate::lab {
namespace {

using process::Clock;

/// The guest cuts its lines at 512 bytes; programs in it do not write to the line.
constexpr size_t kLineLimit = 4096;
/// A report has some thousand lines.
constexpr size_t kTextLimit = 8u << 20;

}  // namespace

LinuxGuest::LinuxGuest(LinuxFiles files, LinuxShape shape, std::optional<LinuxTemplate> from, SocketPair monitor,
                       SocketPair console)
    : files_(std::move(files)), shape_(std::move(shape)), from_(std::move(from)),
      monitor_end_(std::move(monitor.theirs)), console_end_(std::move(console.theirs)),
      monitor_(std::move(monitor.ours)), console_(std::move(console.ours), "the Linux guest", kLineLimit)
{
}

Result<LinuxGuest> LinuxGuest::make(LinuxFiles files, LinuxShape shape, std::optional<LinuxTemplate> from)
{
    auto monitor = make_socket_pair();
    auto console = make_socket_pair();
    if (!monitor || !console) {
        return monitor ? console.error() : monitor.error();
    }
    return LinuxGuest(std::move(files), std::move(shape), std::move(from), std::move(*monitor), std::move(*console));
}

std::vector<std::string> LinuxGuest::words(const std::vector<std::string>& disk_words, bool resets) const
{
    return from_ ? linux_words(files_, shape_, LinuxStart::restore, from_->ram(), disk_words, resets)
                 : linux_words(files_, shape_, LinuxStart::boot, {}, disk_words, resets);
}

void LinuxGuest::started()
{
    monitor_end_.reset();
    console_end_.reset();
}

Result<void> LinuxGuest::restore(Clock::time_point until)
{
    const Fd state(::open(from_->state().c_str(), O_RDONLY | O_CLOEXEC));
    if (!state) {
        return errno_error("read", from_->state().string(), errno);
    }
    if (auto set = monitor_.command("migrate-set-capabilities", kIgnoreShared, until); !set) {
        return set.error();
    }
    if (auto got = monitor_.command("getfd", R"({"fdname": "state"})", until, state.get()); !got) {
        return got.error();
    }
    if (auto begun = monitor_.command("migrate-incoming", R"({"uri": "fd:state"})", until); !begun) {
        return begun.error();
    }
    // What is sent on the serial line before the machine runs is lost.
    auto resumed = monitor_.wait_event("RESUME", until);
    if (!resumed) {
        resumed.error().hint = fmt::format("if it happens again, remove the template '{}'", from_->folder().string());
    }
    return resumed;
}

Result<void> LinuxGuest::bring_up(Clock::time_point until)
{
    if (auto greeted = monitor_.greet(until); !greeted) {
        return greeted;
    }
    if (!from_) {
        return wait_for_boot(until);
    }
    if (auto restored = restore(until); !restored) {
        return restored;
    }
    auto pong = ask("ping", "pong", until);
    return pong ? Result<void>() : Result<void>(pong.error());
}

Result<void> LinuxGuest::wait_for_boot(Clock::time_point until)
{
    auto ready = ask("", "agent ready", until);
    if (!ready) {
        return ready.error();
    }
    auto disks = wait_for_disks(shape_.disks.size(), until);
    return disks ? Result<void>() : Result<void>(disks.error());
}

Result<std::string> LinuxGuest::wait_for_disks(size_t disks, Clock::time_point until)
{
    auto text = ask(fmt::format("disks {}", disks), "end-disks", until);
    if (!text) {
        return text;
    }
    const std::string& lines = *text;
    size_t seen = 0;
    for (size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
        seen += lines.compare(at, 6, "block ") == 0;
    }
    if (seen < disks) {
        return Error{ErrorKind::environment,
                     fmt::format("the Linux guest sees {} disks, not {}: {}", seen, disks, lines),
                     "each disk of the shape needs a device on a bus that the guest has modules for"};
    }
    return text;
}

Result<void> LinuxGuest::tell(std::string_view line, Clock::time_point until)
{
    return console_.send(std::string(line) + "\n", until);
}

Result<std::string> LinuxGuest::ask(std::string_view line, std::string_view last, Clock::time_point until)
{
    if (!line.empty()) {
        if (auto told = tell(line, until); !told) {
            return told.error();
        }
    }
    std::string text;
    for (;;) {
        auto said = console_.next_line(until);
        if (!said) {
            return said.error().while_doing(fmt::format("'{}'", line));
        }
        if (said->starts_with("panic ")) {
            return Error{ErrorKind::environment, fmt::format("'{}': the Linux guest says '{}'", line, *said)};
        }
        text += *said + "\n";
        if (said->starts_with(last)) {
            return text;
        }
        if (text.size() > kTextLimit) {
            return Error{ErrorKind::corrupt,
                         fmt::format("'{}': the Linux guest says more than {} bytes", line, kTextLimit)};
        }
    }
}

}  // namespace rogate::lab
