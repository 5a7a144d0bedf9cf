// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "lab/evidence.h"

namespace rogate::lab {

/// A disk whose device model is to be given monitor commands.
struct MonitorDisk {
    std::string socket;       ///< the device model's, abstract
    std::string slot;         ///< the disk's export; commands go to the export "monitor/SLOT"
    std::string name;         ///< what the report calls it
    unsigned index = 0;       ///< its number in payloads
    bool read_only = false;   ///< calls that throw data away are made on a read-only disk only
};

/// Reaches the block layer's entry points that no guest's command does but a monitor's: writing by bytes and
/// compressed, truncate, commit, make_empty, ioctl, internal snapshots. Each is one request to the bridge, which answers
/// with the call's errno; a call that the driver does not have is `absent`. After each the disk is read by another
/// connection's way, through its own export, and compared with what was there before.
/// A server that goes away is told in `problem`, and `complete` stays false.
GuestReport run_monitor_guest(const std::vector<MonitorDisk>& disks, const std::string& nonce);

}  // namespace rogate::lab
