// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/reference.h"

#include <cstring>

#include "image/io.h"

namespace rogate::image {

namespace {

constexpr std::array<SectorRange, 4> kFilled = {{
    {0, 512},    // start of the disk; 64 KiB lies at sector 128
    {4080, 33},  // 2 MiB lies at 4096
    {8184, 17},  // 4 MiB lies at 8192
    {kReferenceSectors - 16, 16},
}};
constexpr size_t kBlockBytes = 16;

}  // namespace

std::span<const SectorRange> reference_filled()
{
    return kFilled;
}

bool reference_is_filled(uint64_t lba)
{
    for (const SectorRange& range : kFilled) {
        if (lba >= range.first && lba - range.first < range.count) {
            return true;
        }
    }
    return false;
}

Sector tagged_sector(char tag, uint64_t lba)
{
    Sector sector{};
    for (size_t block = 0; block < kSectorBytes / kBlockBytes; ++block) {
        uint8_t* at = sector.data() + block * kBlockBytes;
        std::memcpy(at, "rogate-", 7);
        at[7] = static_cast<uint8_t>(tag);
        for (unsigned byte = 0; byte < 4; ++byte) {
            at[8 + byte] = static_cast<uint8_t>(lba >> (8 * byte));
        }
        at[14] = static_cast<uint8_t>(block);
        at[15] = static_cast<uint8_t>(tag);
    }
    return sector;
}

Sector reference_sector(uint64_t lba)
{
    return reference_is_filled(lba) ? tagged_sector('R', lba) : Sector{};
}

Result<void> write_reference(const std::filesystem::path& path)
{
    return write_sectors(path, kReferenceBytes, reference_filled(), reference_sector);
}

}  // namespace rogate::image
