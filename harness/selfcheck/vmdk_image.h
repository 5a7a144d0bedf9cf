// SPDX-License-Identifier: GPL-2.0-or-later
// Makes VMware images that no packaged program makes: COWD extents, and descriptors with extents of any kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/io.h"

namespace rogate::image {

/// The two layouts that share the magic "COWD".
enum class CowdVersion {
    esx = 1,           ///< tables of 4096 entries, grains of one sector
    workstation3 = 3,  ///< one table for each 32 MiB, grains of 128 sectors
};

/// Writes a COWD extent to `path` (which must not exist): the grains that hold a sector of `owned` (ascending, apart)
/// with their sectors from `source`, no other grain. `sectors` is the disk's size, 1 .. 2^24 (8 GiB).
/// Errors: usage for a size or a sector out of range; environment.
/// Source: formats/vmdk, COWD; version 3 fields in the order that bximage reads.
Result<void> write_cowd(const std::filesystem::path& path, CowdVersion version, uint64_t sectors,
                        std::span<const SectorRange> owned, const SectorSource& source);

/// One extent line of a descriptor; `name` and `offset_sectors` are left out for ZERO.
struct VmdkExtentLine {
    std::string access;  ///< RW, RDONLY or NOACCESS
    uint64_t sectors = 0;
    std::string type;  ///< FLAT, SPARSE, ZERO, VMFS or VMFSSPARSE
    std::string name = {};
    uint64_t offset_sectors = 0;  ///< written for FLAT only
};

/// What a descriptor says.
struct VmdkDescriptorText {
    std::string create_type;
    uint32_t cid = 0;
    uint32_t parent_cid = 0xffffffff;  ///< all ones: no parent
    std::string parent = {};           ///< parentFileNameHint, written when not empty
    std::vector<VmdkExtentLine> extents = {};
};

/// The text of a descriptor, with the comments that libvmdk looks for.
std::string vmdk_descriptor(const VmdkDescriptorText& descriptor);

}  // namespace rogate::image
