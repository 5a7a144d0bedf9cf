// SPDX-License-Identifier: GPL-2.0-or-later
#include "read_only_disk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace rogate::selfcheck
{
namespace
{

constexpr int kReads = 10000;
constexpr int kReadsOfOneOpening = 400;
/// Damaged images may tell any size: reading is limited to this.
constexpr uint64_t kMaxSectorsRead = 4096;

bool is_zero_sector(const Bytes& content, size_t lba)
{
    return image::is_zero(content.data() + lba * SECTOR_SIZE, SECTOR_SIZE);
}

void read_sectors(Disk& disk, std::mt19937_64& random, const Bytes& model)
{
    const uint64_t sectors = model.size() / SECTOR_SIZE;
    const uint64_t first = random() % sectors;
    Bytes data((1 + random() % std::min<uint64_t>(sectors - first, 300)) * SECTOR_SIZE, 0xa5);
    ASSERT_EQ(disk.read(static_cast<int64_t>(first), data), 0);
    ASSERT_EQ(memcmp(&model[first * SECTOR_SIZE], data.data(), data.size()), 0) << "sector " << first;
}

void read_bytes_at_random(Disk& disk, std::mt19937_64& random, const Bytes& model)
{
    const uint64_t offset = random() % model.size();
    Bytes data(1 + random() % 5000, 0xa5);
    const size_t expected = std::min<size_t>(data.size(), model.size() - offset);
    ASSERT_EQ(bdrv_pread(disk.get(), static_cast<int64_t>(offset), data.data(), static_cast<int>(data.size())),
              static_cast<int>(expected));
    ASSERT_EQ(memcmp(&model[offset], data.data(), expected), 0) << "offset " << offset;
}

void read_out_of_range(Disk& disk, std::mt19937_64& random, const Bytes& model)
{
    const auto sectors = static_cast<int64_t>(model.size() / SECTOR_SIZE);
    Bytes data(8 * SECTOR_SIZE, 0xa5);
    ASSERT_EQ(disk.read(sectors - static_cast<int64_t>(random() % 8), data), -EINVAL);
    ASSERT_TRUE(std::all_of(data.begin(), data.end(), [](uint8_t b) { return b == 0xa5; }));
}

void damage(Bytes& bytes, const std::vector<Region>& regions, std::mt19937_64& random)
{
    for (uint64_t n = 1 + random() % 4; n > 0; n--) {
        const Region& region = regions[random() % regions.size()];
        const uint64_t at = region.offset + random() % region.length;
        if (at < bytes.size()) {
            bytes[at] = static_cast<uint8_t>(random() % 3 ? random() : 0xff * (random() % 2));
        }
    }
    if (random() % 16 == 0) {
        bytes.resize(random() % bytes.size());
    }
}

}  // namespace

Bytes sparse_content(std::mt19937_64& random, size_t bytes)
{
    Bytes content = disk_content(random, bytes);
    for (const double start : {0.25, 0.6}) {
        const auto first = static_cast<size_t>(static_cast<double>(bytes) * start);
        std::fill_n(content.begin() + static_cast<ptrdiff_t>(first), bytes / 7, 0);
    }
    return content;
}

std::vector<image::SectorRange> filled_sectors(const Bytes& content)
{
    std::vector<image::SectorRange> ranges;
    for (size_t lba = 0; lba < content.size() / SECTOR_SIZE; ++lba) {
        if (!is_zero_sector(content, lba)) {
            image::append_joined(ranges, {lba, 1});
        }
    }
    return ranges;
}

image::SectorSource sectors_of(const Bytes& content)
{
    return [&content](uint64_t lba) {
        image::Sector sector;
        memcpy(sector.data(), &content[lba * SECTOR_SIZE], sector.size());
        return sector;
    };
}

void read_at_random(const std::string& image, const std::string& format, const Bytes& model)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    std::unique_ptr<Disk> disk;
    for (int i = 0; i < kReads && !::testing::Test::HasFatalFailure(); i++) {
        if (i % kReadsOfOneOpening == 0) {
            disk.reset();
            disk = std::make_unique<Disk>(image, format);
            ASSERT_EQ(disk->status(), 0);
            ASSERT_EQ(bdrv_getlength(disk->get()), static_cast<int64_t>(model.size()));
        }
        const auto kind = random() % 16;
        if (kind == 0) {
            read_out_of_range(*disk, random, model);
        } else if (kind < 6) {
            read_bytes_at_random(*disk, random, model);
        } else {
            read_sectors(*disk, random, model);
        }
    }
    ASSERT_TRUE(disk->content() == model);
}

void expect_only_reads(const std::string& image, const std::string& format)
{
    const Bytes before = read_bytes(image);
    struct stat times_before {
    };
    struct stat times_after {
    };
    ASSERT_EQ(::stat(image.c_str(), &times_before), 0);
    {
        Disk disk(image, format);
        ASSERT_EQ(disk.status(), 0);
        EXPECT_EQ(bdrv_is_read_only(disk.get()), 1);
        Bytes old = disk.content();
        Bytes data(SECTOR_SIZE, 0x99);
        BlockSnapshotInfo info = {};
        EXPECT_EQ(disk.write(0, data), -EACCES);
        EXPECT_EQ(bdrv_pwrite(disk.get(), 3, data.data(), 5), -EACCES);
        EXPECT_EQ(bdrv_write_compressed(disk.get(), 0, data.data(), 1), -ENOTSUP);
        EXPECT_EQ(bdrv_truncate(disk.get(), 0), -ENOTSUP);
        EXPECT_EQ(bdrv_snapshot_create(disk.get(), &info), -ENOTSUP);
        EXPECT_EQ(bdrv_snapshot_goto(disk.get(), "1"), -ENOTSUP);
        EXPECT_EQ(bdrv_snapshot_delete(disk.get(), "1"), -ENOTSUP);
        EXPECT_EQ(bdrv_commit(disk.get()), -ENOTSUP);
        EXPECT_EQ(bdrv_make_empty(disk.get()), -ENOTSUP);
        EXPECT_EQ(bdrv_ioctl(disk.get(), 0, nullptr), -ENOTSUP);
        EXPECT_EQ(bdrv_flush(disk.get()), 0);
        EXPECT_TRUE(disk.content() == old);
    }
    EXPECT_EQ(bdrv_create(bdrv_find_format(format.c_str()), (image + ".new").c_str(), 2048, nullptr, 0), -ENOTSUP);
    EXPECT_FALSE(std::filesystem::exists(image + ".new"));
    ASSERT_EQ(::stat(image.c_str(), &times_after), 0);
    EXPECT_EQ(memcmp(&times_before.st_mtim, &times_after.st_mtim, sizeof(timespec)), 0);
    EXPECT_EQ(memcmp(&times_before.st_ctim, &times_after.st_ctim, sizeof(timespec)), 0);
    EXPECT_TRUE(read_bytes(image) == before);
}

std::vector<int> open_modes(const std::string& file)
{
    std::vector<int> modes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        if (std::filesystem::read_symlink(entry.path(), error) == file && !error) {
            modes.push_back(fcntl(std::stoi(entry.path().filename()), F_GETFL) & O_ACCMODE);
        }
    }
    return modes;
}

void expect_refused(const std::string& image, const std::string& format, const std::vector<Damage>& damages)
{
    ASSERT_EQ(Disk(image, format).status(), 0);
    const Bytes original = read_bytes(image);
    const std::string copy = image + ".damaged";
    for (const Damage& d : damages) {
        Bytes bytes = original;
        ASSERT_LE(d.offset + d.bytes.size(), bytes.size()) << d.what;
        std::copy(d.bytes.begin(), d.bytes.end(), bytes.begin() + static_cast<ptrdiff_t>(d.offset));
        write_bytes(copy, bytes);
        EXPECT_EQ(Disk(copy, format).status(), d.status) << d.what;
        EXPECT_EQ(open_modes(copy), std::vector<int>{}) << d.what << ": a descriptor was left";
    }
}

int read_damaged(const std::string& image, const std::string& format, const std::vector<Region>& regions, int rounds)
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
    std::mt19937_64 random(kSeed);
    const Bytes original = read_bytes(image);
    const std::string copy = image + ".damaged";
    int opened = 0;
    for (int round = 0; round < rounds; round++) {
        Bytes bytes = original;
        damage(bytes, regions, random);
        write_bytes(copy, bytes);
        Disk disk(copy, format);
        EXPECT_LE(disk.status(), 0);
        if (disk.status() != 0) {
            continue;
        }
        opened++;
        EXPECT_GT(disk.sectors(), 0);
        const auto sectors = static_cast<uint64_t>(disk.sectors());
        Bytes data(std::min(sectors, kMaxSectorsRead) * SECTOR_SIZE);
        for (const uint64_t sector : {uint64_t{0}, sectors / 2, sectors - 1, random() % sectors}) {
            EXPECT_LE(disk.read(static_cast<int64_t>(std::min(sector, sectors - data.size() / SECTOR_SIZE)), data), 0);
        }
    }
    return opened;
}

Bytes little_endian(uint64_t value, int width)
{
    Bytes data = big_endian(value, width);
    std::reverse(data.begin(), data.end());
    return data;
}

Bytes text_bytes(const std::string& text)
{
    return {text.begin(), text.end()};
}

}  // namespace rogate::selfcheck
