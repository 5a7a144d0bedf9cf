// SPDX-License-Identifier: GPL-2.0-or-later
// How the reference content is divided between an overlay and its base, so that both layers matter.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "image/reference.h"

namespace rogate::image {

/// The file name of the base in every backed golden image.
inline constexpr char kBaseName[] = "base.raw";

/// The layers change places every so many sectors. A format whose allocation unit is larger divides by that unit (a
/// multiple of 8), or each unit with any content would be the overlay's.
inline constexpr uint64_t kGroupSectors = 4;

/// Ascending ranges of the sectors that the overlay holds: every second group among the filled ones, and sectors
/// 1000..1007, which are zero in R and not in the base (so zeros, too, must come from the overlay).
std::vector<SectorRange> overlay_sectors(uint64_t group_sectors = kGroupSectors);

/// Sector `lba` of the base: R's, except where the overlay holds it; there the base is stale, 16-byte blocks of
/// "rogate-B" | lba, 32 bits little endian | 0 | 0 | block number | 'B', so reading the wrong layer shows.
Sector base_sector(uint64_t lba, uint64_t group_sectors = kGroupSectors);

/// Writes the base to `path` (which must not exist), sparse. Errors: environment.
Result<void> write_base(const std::filesystem::path& path, uint64_t group_sectors = kGroupSectors);

}  // namespace rogate::image
