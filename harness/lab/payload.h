// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "image/sector.h"
#include "lab/evidence.h"

namespace rogate::lab {

/// What the probe guest writes to sector `lba` of its disk number `disk_index` with command `opcode`: 32 blocks of 16
/// bytes, each the nonce's 8 bytes, the sector (32 bits little endian), the opcode, the disk, the block's number, 'W'.
/// Source: guests/probe; `nonce` is its 16 hex digits, `disk_index` the `index=` of its line for the disk.
image::Sector payload_sector(const std::string& nonce, uint64_t lba, unsigned opcode, size_t disk_index);

/// What the accepted commands of a report must have left on the disk: payload for writes, zeros for trims, and for a copy
/// what had been left at its source; sectors copied from where nothing had been written are left out.
std::map<uint64_t, image::Sector> expected_overwrites(const std::string& nonce, size_t disk_index,
                                                      const std::vector<GuestCommand>& commands);

}  // namespace rogate::lab
