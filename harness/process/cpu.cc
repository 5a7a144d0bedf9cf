// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/cpu.h"

#include <algorithm>
#include <sched.h>

namespace rogate::process {

std::vector<int> allowed_cpus()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) {
        return cpus;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) {
            cpus.push_back(cpu);
        }
    }
    if (const auto here = std::find(cpus.begin(), cpus.end(), ::sched_getcpu()); here != cpus.end()) {
        std::rotate(cpus.begin(), here, cpus.end());
    }
    return cpus;
}

void stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<size_t>(cpu), &set);
    (void)::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace rogate::process
