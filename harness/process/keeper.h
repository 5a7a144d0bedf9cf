// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

namespace rogate::process {

/// Runs `work` in a child process and returns what it returned (0..255), or 128 + the signal that ended it. Whatever
/// programs `work` starts, and those that they start in turn, in sessions of their own or not, are killed when `work`
/// returns, when this process is ended by SIGINT, SIGTERM or SIGHUP, and when it is killed.
/// For programs that are not ours to know: a Group kills the process groups it started, which is cheaper.
/// Call it before any thread is started (it forks), and after RunFolder::make(), whose janitor has to outlive them all.
/// Source: prctl(2), PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG.
int run_kept(const std::function<int()>& work);

}  // namespace rogate::process
