// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/linux_machine.h"
#include "lab/linux_template.h"
#include "lab/qmp.h"

namespace rogate::lab {

/// A machine with the Linux guest, as its host talks to it. QEMU itself is started and ended by the caller, in its own
/// process::Group, with the words of words() and the descriptors of fds(); then comes bring_up(), then asks.
/// Errors of all calls: environment when QEMU or the guest is gone, timeout, corrupt when the guest says what it should
/// not; a `panic` line of the guest's is environment, with the line in the text.
class LinuxGuest {
public:
    /// Makes the channels. With `from` the machine is restored from it, without it boots.
    static Result<LinuxGuest> make(LinuxFiles files, LinuxShape shape, std::optional<LinuxTemplate> from);

    /// QEMU's command line, see linux_words().
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& disk_words, bool resets = false) const;

    /// For Spec::pass_fds. Let them go with started(), or a QEMU that ends is not noticed.
    [[nodiscard]] std::vector<int> fds() const { return {monitor_end_.get(), console_end_.get()}; }
    void started();

    /// Restores the machine or waits until it has booted, and until the guest sees all disks of the shape.
    Result<void> bring_up(process::Clock::time_point until);

    /// After a reset: waits until the guest has booted again and sees its disks.
    Result<void> wait_for_boot(process::Clock::time_point until);

    /// Waits until the guest sees at least `disks` disks, for 5 s at most. Returns their lines: "block NAME device=..
    /// sectors=..".
    Result<std::string> wait_for_disks(size_t disks, process::Clock::time_point until);

    /// Sends a line to the guest and returns all that it says up to and with the first line that starts with `last`.
    Result<std::string> ask(std::string_view line, std::string_view last, process::Clock::time_point until);

    /// Sends a line and waits for nothing.
    Result<void> tell(std::string_view line, process::Clock::time_point until);

    /// Ends the machine; QEMU exits with status 33.
    Result<void> end(process::Clock::time_point until) { return tell("off", until); }

    Qmp& monitor() { return monitor_; }

private:
    LinuxGuest(LinuxFiles files, LinuxShape shape, std::optional<LinuxTemplate> from, SocketPair monitor,
               SocketPair console);
    Result<void> restore(process::Clock::time_point until);
    LinuxFiles files_;
    LinuxShape shape_;
    std::optional<LinuxTemplate> from_;
    Fd monitor_end_;
    Fd console_end_;
    Qmp monitor_;
    LineSocket console_;
};

}  // namespace rogate::lab
