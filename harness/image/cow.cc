// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/cow.h"

#include <algorithm>
#include <array>
#include <fcntl.h>

namespace rogate::image {

namespace {

constexpr uint64_t kPathAt = 8;
constexpr uint64_t kPathBytes = 4096;
constexpr uint64_t kMtimeAt = 4104;
constexpr uint64_t kSizeAt = 4108;
constexpr uint64_t kSectorSizeAt = 4116;
constexpr uint64_t kHeaderBytes = 4120;
constexpr std::array<uint8_t, 8> kMagicAndVersion = {'O', 'O', 'O', 'M', 0, 0, 0, 2};
/// Disks larger than this are refused, as the drivers do (512 MiB of bitmap).
constexpr uint64_t kMaxSizeBytes = uint64_t{1} << 41;

void put_big_endian(uint8_t* at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; ++i) {
        at[i] = static_cast<uint8_t>(value >> (8 * (bytes - 1 - i)));
    }
}

Result<void> check(const CowHeader& header, std::span<const SectorRange> owned)
{
    if (header.size_bytes == 0 || header.size_bytes % 4096 != 0 || header.size_bytes > kMaxSizeBytes) {
        return Error{ErrorKind::usage, "a cow disk of " + std::to_string(header.size_bytes) +
                                           " bytes is not a multiple of 4096 bytes from 4096 to " +
                                           std::to_string(kMaxSizeBytes)};
    }
    if (header.backing.size() >= kPathBytes || header.backing.find('\0') != std::string::npos) {
        return Error{ErrorKind::usage, "a cow image cannot store the backing path '" + header.backing + "'"};
    }
    const uint64_t sectors = header.size_bytes / kSectorBytes;
    for (const SectorRange& range : owned) {
        if (range.first > sectors || range.count > sectors - range.first) {
            return Error{ErrorKind::usage, "sector " + std::to_string(range.first) + " + " +
                                               std::to_string(range.count) + " lies beyond the cow disk"};
        }
    }
    return {};
}

}  // namespace

uint64_t cow_data_offset(uint64_t size_bytes)
{
    const uint64_t bitmap_bytes = (size_bytes + kSectorBytes - 1) / (8 * kSectorBytes);
    return (kHeaderBytes + bitmap_bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

Result<void> write_cow_v2(const std::filesystem::path& path, const CowHeader& header,
                          std::span<const SectorRange> owned, const SectorSource& source)
{
    auto checked = check(header, owned);
    if (!checked) {
        return checked;
    }
    const uint64_t data_offset = cow_data_offset(header.size_bytes);
    std::vector<uint8_t> metadata(data_offset);
    std::copy(kMagicAndVersion.begin(), kMagicAndVersion.end(), metadata.begin());
    std::copy(header.backing.begin(), header.backing.end(), metadata.begin() + kPathAt);
    put_big_endian(&metadata[kMtimeAt], header.mtime_seconds, 4);
    put_big_endian(&metadata[kSizeAt], header.size_bytes, 8);
    put_big_endian(&metadata[kSectorSizeAt], kSectorBytes, 4);
    for (const SectorRange& range : owned) {
        for (uint64_t lba = range.first; lba < range.first + range.count; ++lba) {
            metadata[kHeaderBytes + lba / 8] |= static_cast<uint8_t>(1u << (lba % 8));
        }
    }
    auto written = write_sectors(path, data_offset + header.size_bytes, owned, source, data_offset);
    if (!written) {
        return written;
    }
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) {
        return errno_error("write", path.string(), errno);
    }
    return write_at(fd.get(), metadata.data(), metadata.size(), 0, path.string());
}

Result<uint32_t> read_cow_mtime(const std::filesystem::path& path)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    std::array<uint8_t, kHeaderBytes> header{};
    if (file->size_bytes < kHeaderBytes) {
        return Error{ErrorKind::corrupt, "'" + path.string() + "' is too short for a cow header"};
    }
    auto read = read_at(file->fd.get(), header.data(), header.size(), 0, path.string());
    if (!read) {
        return read.error();
    }
    if (!std::equal(kMagicAndVersion.begin(), kMagicAndVersion.end(), header.begin())) {
        return Error{ErrorKind::corrupt, "'" + path.string() + "' is not a cow image of version 2"};
    }
    uint32_t mtime = 0;
    for (size_t i = 0; i < 4; ++i) {
        mtime = mtime << 8 | header[kMtimeAt + i];
    }
    return mtime;
}

}  // namespace rogate::image
