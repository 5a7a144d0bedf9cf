// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/layers.h"

#include <algorithm>

#include "image/io.h"

namespace rogate::image {

namespace {

constexpr SectorRange kHiddenByZeros = {1000, 8};

bool in_overlay(uint64_t lba, uint64_t group_sectors)
{
    if (lba >= kHiddenByZeros.first && lba - kHiddenByZeros.first < kHiddenByZeros.count) {
        return true;
    }
    return reference_is_filled(lba) && (lba / group_sectors) % 2 == 1;
}

}  // namespace

std::vector<SectorRange> overlay_sectors(uint64_t group_sectors)
{
    SectorList list;
    for (uint64_t lba = 0; lba < kReferenceSectors; ++lba) {
        if (in_overlay(lba, group_sectors)) {
            list.add(lba, kReferenceSectors);
        }
    }
    return list.ranges;
}

Sector base_sector(uint64_t lba, uint64_t group_sectors)
{
    if (!in_overlay(lba, group_sectors)) {
        return reference_sector(lba);
    }
    return tagged_sector('B', lba);
}

Result<void> write_base(const std::filesystem::path& path, uint64_t group_sectors)
{
    const auto filled = reference_filled();
    std::vector<SectorRange> ranges(filled.begin(), filled.end());
    ranges.push_back(kHiddenByZeros);
    std::sort(ranges.begin(), ranges.end(),
              [](const SectorRange& a, const SectorRange& b) { return a.first < b.first; });
    return write_sectors(path, kReferenceBytes, ranges,
                         [group_sectors](uint64_t lba) { return base_sector(lba, group_sectors); });
}

}  // namespace rogate::image
