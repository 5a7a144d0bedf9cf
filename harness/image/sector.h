// SPDX-License-Identifier: GPL-2.0-or-later
// Sectors, sector ranges and byte ranges: the units in which images are described.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rogate::image {

inline constexpr uint64_t kSectorBytes = 512;

/// The bytes of one sector.
using Sector = std::array<uint8_t, kSectorBytes>;

/// Sectors `first` .. `first + count - 1`.
struct SectorRange {
    uint64_t first = 0;
    uint64_t count = 0;
    bool operator==(const SectorRange&) const = default;
};

/// Bytes `offset` .. `offset + length - 1` of a file.
struct ByteRange {
    uint64_t offset = 0;
    uint64_t length = 0;
    bool operator==(const ByteRange&) const = default;
};

/// Ascending sector ranges, capped: `total` counts every sector found, `ranges` holds those up to the cap.
struct SectorList {
    std::vector<SectorRange> ranges;
    uint64_t total = 0;
    bool truncated = false;  ///< `ranges` is not all of it

    /// Adds one sector behind those already there, joined to the last range where it follows it.
    void add(uint64_t lba, size_t max_ranges);
    /// Adds a run in the same way.
    void add_run(SectorRange run, size_t max_ranges);
    [[nodiscard]] bool empty() const { return total == 0; }
};

/// How many sectors `size_bytes` takes, the last one perhaps in part.
inline uint64_t sectors_in(uint64_t size_bytes)
{
    return size_bytes / kSectorBytes + (size_bytes % kSectorBytes != 0);
}

/// The sectors that byte ranges (ascending) touch, joined where they meet.
std::vector<SectorRange> sectors_touched(const std::vector<ByteRange>& bytes);

/// Adds `range` behind ascending `ranges`, joined with the last where they meet or overlap.
void append_joined(std::vector<SectorRange>& ranges, SectorRange range);

/// The sectors in either of two ascending lists; in both.
std::vector<SectorRange> unite(const std::vector<SectorRange>& a, const std::vector<SectorRange>& b);
std::vector<SectorRange> intersect(const std::vector<SectorRange>& a, const std::vector<SectorRange>& b);

/// The sectors that are not wholly in both of two files: empty for equal sizes, else from the end of the shorter one to
/// the end of the longer.
SectorRange resized_sectors(uint64_t size_a_bytes, uint64_t size_b_bytes);

/// How many ranges a SectorList holds unless told otherwise.
inline constexpr size_t kDefaultMaxRanges = 4096;

}  // namespace rogate::image
