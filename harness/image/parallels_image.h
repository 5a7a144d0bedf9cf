// SPDX-License-Identifier: GPL-2.0-or-later
// Makes Parallels images with the old header, which no packaged program makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"
#include "image/io.h"

namespace rogate::image {

/// How an image is laid out. The defaults are those of the product of 2005.
struct ParallelsLayout {
    uint32_t cluster_sectors = 63;     ///< 1..262144; `ploop check` wants a power of two
    uint32_t data_offset_sectors = 0;  ///< where clusters begin; 0: behind the table, and so in the header
    uint32_t in_use = 0;               ///< header word 44; kParallelsInUse marks an image that was not closed
};

inline constexpr uint32_t kParallelsInUse = 0x746f6e59;

/// Writes an image of `size_sectors` to `path` (which must not exist). Clusters that hold a sector of `filled`
/// (ascending, apart) are stored, the last one first, so that their order in the file is not that of the disk; the
/// others are absent. The last cluster is stored whole.
/// Errors: usage for a layout or a sector out of range; environment.
/// Source: QEMU's docs/interop/parallels.txt for the fields; magic `WithoutFreeSpace` counts the table in sectors.
Result<void> write_parallels(const std::filesystem::path& path, const ParallelsLayout& layout, uint64_t size_sectors,
                             std::span<const SectorRange> filled, const SectorSource& source);

}  // namespace rogate::image
