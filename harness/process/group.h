// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <shared_mutex>

#include "process/spec.h"

namespace rogate::process {

/// Several programs that run at the same time for one purpose.
/// Each has its own process group, an empty stdin, both streams captured, and gets SIGKILL when the thread that
/// started it ends, so that nothing outlives a killed rogate. Destruction kills and reaps all. Not thread safe:
/// one Group belongs to one thread, and that thread lives as long as the Group.
class Group {
public:
    using Id = size_t;

    Group();
    ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /// Starts a program. Errors: environment when it cannot be started (a non-zero exit is an Outcome).
    Result<Id> start(Spec spec);

    /// Serves the streams until one of `ids` has ended or `until` has come; true when one has ended.
    bool wait_any(const std::vector<Id>& ids, Clock::time_point until);

    /// SIGTERM, and SIGKILL to its whole process group after `grace`; returns when it is reaped.
    void stop(Id id, std::chrono::milliseconds grace);

    [[nodiscard]] bool ended(Id id) const;
    [[nodiscard]] int pid(Id id) const;
    [[nodiscard]] Outcome& outcome(Id id);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// While the returned lock is held no program is started. A file that is open for writing here would be open in the child
/// too between its fork and its exec, close-on-exec or not, and its closing there comes late: to inotify it looks as if
/// somebody else had written. So whoever writes a file that is then watched holds this until the file is closed.
[[nodiscard]] std::shared_lock<std::shared_mutex> hold_starts();

/// Runs one program to its end, or kills it at its deadline (an Outcome with timed_out, not an error).
/// Errors: environment when it cannot be started.
Result<Outcome> run(Spec spec);

}  // namespace rogate::process
