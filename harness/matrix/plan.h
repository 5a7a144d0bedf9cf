// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "lab/machine.h"
#include "matrix/case.h"

namespace rogate::matrix {

/// A case at one state of the series, to be given a machine.
struct Placeable {
    const Case* one = nullptr;
    size_t patches = 0;  ///< the state: cases of different states do not share a device model, but they may share a guest
};

/// Where a case was put.
struct Seat {
    size_t item = 0;      ///< index into what was to be placed
    std::string slot;     ///< its place in the device model: hda
    size_t place = 0;     ///< its place on its bus
};

/// The cases of one device model.
struct PlannedModel {
    size_t patches = 0;
    bool behind_another = false;  ///< a companion sits in slot hda, on place `companion_place` of the bus
    size_t companion_place = 0;
    std::vector<Seat> seats;
};

/// The device models of one guest.
struct PlannedMachine {
    std::vector<PlannedModel> models;

    [[nodiscard]] size_t disks() const;
};

/// Puts every item into a machine: as few machines as buses, device models and `max_disks` a machine allow, items that
/// must not meet kept apart (-snapshot holds for a whole device model; all disks of a domain have the same mode, since
/// whether one disk's wish reaches another is what xenstore-second is for; a medium that changes makes its machine wait).
std::vector<PlannedMachine> plan_machines(const std::vector<Placeable>& items, size_t max_disks);

}  // namespace rogate::matrix
