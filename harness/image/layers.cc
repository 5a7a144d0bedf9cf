// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/layers.h"

#include <algorithm>

#include "image/io.h"

namespace rogate::image
{

namespace
{

constexpr SectorRange kHiddenByZeros = {1000, 8};
constexpr uint64_t kGroupSectors = 4;

bool in_overlay(uint64_t lba)
{
    if (lba >= kHiddenByZeros.first && lba - kHiddenByZeros.first < kHiddenByZeros.count) {
        return true;
    }
    return reference_is_filled(lba) && (lba / kGroupSectors) % 2 == 1;
}

std::vector<SectorRange> collect_overlay()
{
    SectorList list;
    for (uint64_t lba = 0; lba < kReferenceSectors; ++lba) {
        if (in_overlay(lba)) {
            list.add(lba, kReferenceSectors);
        }
    }
    return list.ranges;
}

}  // namespace

const std::vector<SectorRange>& overlay_sectors()
{
    static const std::vector<SectorRange> sectors = collect_overlay();
    return sectors;
}

Sector base_sector(uint64_t lba)
{
    if (!in_overlay(lba)) {
        return reference_sector(lba);
    }
    return tagged_sector('B', lba);
}

Result<void> write_base(const std::filesystem::path& path)
{
    const auto filled = reference_filled();
    std::vector<SectorRange> ranges(filled.begin(), filled.end());
    ranges.push_back(kHiddenByZeros);
    std::sort(ranges.begin(), ranges.end(),
              [](const SectorRange& a, const SectorRange& b) { return a.first < b.first; });
    return write_sectors(path, kReferenceBytes, ranges, base_sector);
}

}  // namespace rogate::image
