// SPDX-License-Identifier: GPL-2.0-or-later
// Makes cow images in the genuine User-Mode-Linux version 2 layout, which no packaged program makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "image/io.h"

namespace rogate::image {

/// What the header of a cow image says.
struct CowHeader {
    std::string backing;         ///< path as stored, at most 4095 bytes without NUL; empty for none
    uint32_t mtime_seconds = 0;  ///< the backing file's, since 1970
    uint64_t size_bytes = 0;     ///< of the disk, a positive multiple of 4096 (8 sectors: the bitmap rule rounds down)
};

/// Where the data area of a version 2 image begins: the bitmap follows the 4120-byte header, rounded up to a sector.
uint64_t cow_data_offset(uint64_t size_bytes);

/// Writes a version 2 image to `path` (which must not exist): the sectors of `owned` (ascending, apart) from `source`
/// with their bits set, holes elsewhere. The file is data offset + disk size long.
/// Errors: usage for a header out of range or a sector beyond the disk; environment.
/// Source: the layout of UML's cow.c, version 2 (packed, big endian, 4096-byte path, bits least significant first).
Result<void> write_cow_v2(const std::filesystem::path& path, const CowHeader& header,
                          std::span<const SectorRange> owned, const SectorSource& source);

/// The mtime field of a version 2 image. Errors: not_found, environment; corrupt for another magic or version.
Result<uint32_t> read_cow_mtime(const std::filesystem::path& path);

}  // namespace rogate::image
