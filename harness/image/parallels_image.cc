// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/parallels_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <vector>

namespace rogate::image {

namespace {

constexpr std::string_view kMagic = "WithoutFreeSpace";
constexpr uint64_t kHeaderBytes = 64;
constexpr uint32_t kVersion = 2;
constexpr uint32_t kHeads = 16;
constexpr uint32_t kTrackSectors = 63;
constexpr uint32_t kMaxClusterSectors = 262144;

void put_le32(std::vector<uint8_t>& bytes, size_t at, uint64_t value)
{
    for (size_t i = 0; i < 4; ++i) {
        bytes[at + i] = static_cast<uint8_t>(value >> (8 * i));
    }
}

/// Where everything lies, in sectors.
struct Plan {
    uint64_t clusters;
    uint64_t data_offset;
    std::vector<uint32_t> table;   ///< 0 or the sector of the file at which the cluster begins
    std::vector<uint64_t> stored;  ///< the clusters in the order of the file
};

Result<Plan> make_plan(const ParallelsLayout& layout, uint64_t size_sectors, std::span<const SectorRange> filled)
{
    if (layout.cluster_sectors == 0 || layout.cluster_sectors > kMaxClusterSectors || size_sectors == 0 ||
        size_sectors > UINT32_MAX) {
        return Error{ErrorKind::usage, "a parallels disk of " + std::to_string(size_sectors) +
                                           " sectors in clusters of " + std::to_string(layout.cluster_sectors) +
                                           " cannot be described"};
    }
    Plan plan{size_sectors / layout.cluster_sectors, 0, {}, {}};
    plan.clusters += size_sectors % layout.cluster_sectors != 0;
    plan.table.resize(plan.clusters);
    plan.data_offset = sectors_in(kHeaderBytes + 4 * plan.clusters);
    if (layout.data_offset_sectors != 0 && layout.data_offset_sectors < plan.data_offset) {
        return Error{ErrorKind::usage,
                     "the parallels table does not fit in " + std::to_string(layout.data_offset_sectors) + " sectors"};
    }
    plan.data_offset = std::max<uint64_t>(plan.data_offset, layout.data_offset_sectors);
    for (const SectorRange& range : filled) {
        if (range.first > size_sectors || range.count > size_sectors - range.first) {
            return Error{ErrorKind::usage, "sector " + std::to_string(range.first) + " + " +
                                               std::to_string(range.count) + " lies beyond the parallels disk"};
        }
        for (uint64_t lba = range.first; lba < range.first + range.count; ++lba) {
            plan.table[lba / layout.cluster_sectors] = 1;
        }
    }
    uint64_t next = plan.data_offset;
    for (uint64_t cluster = plan.clusters; cluster-- > 0;) {
        if (plan.table[cluster] != 0) {
            plan.table[cluster] = static_cast<uint32_t>(next);
            plan.stored.push_back(cluster);
            next += layout.cluster_sectors;
        }
    }
    return plan;
}

std::vector<uint8_t> make_metadata(const ParallelsLayout& layout, uint64_t size_sectors, const Plan& plan)
{
    std::vector<uint8_t> bytes(plan.data_offset * kSectorBytes);
    std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
    put_le32(bytes, 16, kVersion);
    put_le32(bytes, 20, kHeads);
    put_le32(bytes, 24, (size_sectors - 1) / (kHeads * kTrackSectors) + 1);
    put_le32(bytes, 28, layout.cluster_sectors);
    put_le32(bytes, 32, plan.clusters);
    put_le32(bytes, 36, size_sectors);
    put_le32(bytes, 44, layout.in_use);
    put_le32(bytes, 48, layout.data_offset_sectors);
    for (size_t i = 0; i < plan.table.size(); ++i) {
        put_le32(bytes, kHeaderBytes + 4 * i, plan.table[i]);
    }
    return bytes;
}

}  // namespace

Result<void> write_parallels(const std::filesystem::path& path, const ParallelsLayout& layout, uint64_t size_sectors,
                             std::span<const SectorRange> filled, const SectorSource& source)
{
    auto plan = make_plan(layout, size_sectors, filled);
    if (!plan) {
        return plan.error();
    }
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) {
        return errno_error("make", path.string(), errno);
    }
    const std::vector<uint8_t> metadata = make_metadata(layout, size_sectors, *plan);
    auto written = write_at(fd.get(), metadata.data(), metadata.size(), 0, path.string());
    std::vector<uint8_t> bytes(layout.cluster_sectors * kSectorBytes);
    for (size_t i = 0; written && i < plan->stored.size(); ++i) {
        const uint64_t first = plan->stored[i] * layout.cluster_sectors;
        std::fill(bytes.begin(), bytes.end(), 0);
        for (uint64_t s = 0; s < layout.cluster_sectors && first + s < size_sectors; ++s) {
            const Sector sector = source(first + s);
            std::memcpy(bytes.data() + s * kSectorBytes, sector.data(), kSectorBytes);
        }
        written = write_at(fd.get(), bytes.data(), bytes.size(), metadata.size() + i * bytes.size(), path.string());
    }
    return written;
}

}  // namespace rogate::image
