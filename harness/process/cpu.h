// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

namespace rogate::process {

/// The CPUs on which this process may run, that of the caller first; empty when the kernel does not tell.
/// Source: sched_getaffinity(2), sched_getcpu(3).
std::vector<int> allowed_cpus();

/// Keeps this thread, and every program it starts from now on, on one CPU. A guest, its block layer and rogate take
/// turns, thousands of times a second: on one CPU a turn is a switch of context, between two it is an interrupt as well,
/// which costs several times as much on a virtual machine. A CPU that is not allowed is let be.
void stay_on(int cpu);

}  // namespace rogate::process
