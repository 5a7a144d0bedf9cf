// SPDX-License-Identifier: GPL-2.0-or-later
// How the reference content is divided between an overlay and its base, so that both layers matter.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "image/reference.h"

namespace rogate::image
{

/// The file name of the base in every backed golden image.
inline constexpr char kBaseName[] = "base.raw";

/// Ascending ranges of the sectors that the overlay holds: every second group of four among the filled ones, and
/// sectors 1000..1007, which are zero in R and not in the base (so zeros, too, must come from the overlay).
const std::vector<SectorRange>& overlay_sectors();

/// Sector `lba` of the base: R's, except where the overlay holds it; there the base is stale, 16-byte blocks of
/// "rogate-B" | lba, 32 bits little endian | 0 | 0 | block number | 'B', so reading the wrong layer shows.
Sector base_sector(uint64_t lba);

/// Writes the base to `path` (which must not exist), sparse. Errors: environment.
Result<void> write_base(const std::filesystem::path& path);

}  // namespace rogate::image
