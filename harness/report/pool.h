// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "report/results.h"

namespace rogate::report {

/// Keeps equal lists once, in the order of their first use.
class Pools {
public:
    explicit Pools(Results& results) : results_(results) {}

    size_t guest(const std::vector<lab::GuestCommand>& commands);
    size_t checksums(const std::vector<std::optional<uint32_t>>& list);
    size_t wire(const std::vector<lab::WireRequest>& requests);
    /// A machine seen before is found again; a console that came later is added to it.
    size_t machine(Machine machine);

private:
    using Index = std::unordered_map<std::string, size_t>;

    Results& results_;
    Index guests_;
    Index checksums_;
    Index wires_;
    Index machines_;
};

/// Copies outcomes with their lists into other results.
class Mover {
public:
    Mover(const Results& from, Pools& to) : from_(from), to_(to) {}
    Outcome move(Outcome outcome);
    Finding move(Finding finding);

private:
    using Known = std::unordered_map<size_t, size_t>;

    const Results& from_;
    Pools& to_;
    Known machines_;
    Known guests_;
    Known checksums_;
    Known wires_;
};

}  // namespace rogate::report
