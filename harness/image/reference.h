// SPDX-License-Identifier: GPL-2.0-or-later
// The reference content R that every golden image holds: known sectors at the places where drivers go wrong.
#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"
#include "image/sector.h"

namespace rogate::image {

/// Size of R. CHS 17/16/63, so VHD size and geometry agree; a multiple of 8 sectors (cow bitmap) and of 63 (parallels
/// clusters), of no power of two above 4 KiB, so that every format has a partly used last cluster.
inline constexpr uint64_t kReferenceSectors = 17136;
inline constexpr uint64_t kReferenceBytes = kReferenceSectors * kSectorBytes;
static_assert(kReferenceBytes == 8773632);

/// Ascending ranges of the sectors of R that are filled; all others are zero. They cover the start of the disk with
/// the 64 KiB boundary, both sides of 2 MiB and of 4 MiB, and the end.
std::span<const SectorRange> reference_filled();

/// Whether R fills sector `lba`; false beyond its end.
bool reference_is_filled(uint64_t lba);

/// 32 blocks of 16 bytes, each unlike the blocks of every other sector and tag:
/// "rogate-" and `tag` | lba, 32 bits little endian | 0 | 0 | block number 0..31 | `tag`.
/// A probe's payload ends in 'W', so with another tag the two cannot be mistaken for each other.
Sector tagged_sector(char tag, uint64_t lba);

/// Sector `lba` of R: tagged_sector('R', lba) where it is filled, else zeros.
Sector reference_sector(uint64_t lba);

/// Writes R to `path` (which must not exist), unfilled sectors as holes where the file system has them.
/// Errors: environment.
Result<void> write_reference(const std::filesystem::path& path);

}  // namespace rogate::image
