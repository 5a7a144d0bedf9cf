// SPDX-License-Identifier: GPL-2.0-or-later
// Makes Apple disk images (UDIF), which no packaged program makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"
#include "image/io.h"

namespace rogate::image {

/// How an image is laid out.
struct DmgLayout {
    bool plist = true;             ///< the tables in a property list: what 7z and today's readers want
    bool resource_fork = true;     ///< the tables in a resource fork: what a reader of 2007 wants
    bool bzip2 = true;             ///< a third of the compressible chunks; Debian's qemu-img cannot read them
    uint64_t tables = 1;           ///< the disk is cut into so many parts, each with its table, a file of its own to 7z
    uint64_t chunk_sectors = 512;  ///< 1..2048
};

/// Writes an image of `size_sectors` to `path` (which must not exist). Chunks that hold a sector of `filled`
/// (ascending, apart) are plain, zlib, bzip2 in turn; the others are of the types "zeros" and "unused" in turn. All
/// checksums (data fork, tables, master) are right. The image is put together in memory: at most 1 GiB.
/// Errors: usage for a layout or a sector out of range; environment.
/// Source: Joachim Metz, "Mac OS disk image types" (libmodi); the chunk count lies at 200, the master checksum at 352.
Result<void> write_dmg(const std::filesystem::path& path, const DmgLayout& layout, uint64_t size_sectors,
                       std::span<const SectorRange> filled, const SectorSource& source);

}  // namespace rogate::image
