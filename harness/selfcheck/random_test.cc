// SPDX-License-Identifier: GPL-2.0-or-later
// Long random runs of each format against a flat model of the disk, an array of bytes.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "fixture.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int kOperations = 12000;

struct Shape {
    const char* name;
    const char* format;
    int64_t sectors;
    int64_t backing_sectors;     ///< 0 = no backing file
    bool name_appended = false;  ///< the image is made without a backing file (4 KiB clusters), then gets its name
};

class RandomRun : public DiskTest, public ::testing::WithParamInterface<Shape>
{
protected:
    void make_disk();
    void step();
    void write_some();
    void read_some();
    void pwrite_some();
    void pread_some();
    void write_compressed_some();
    void reach_outside();
    void commit();
    void reopen();
    void compare_all(const char* when);
    uint64_t below(uint64_t limit) { return random_() % limit; }
    Bytes fill(size_t bytes);

    std::mt19937_64 random_{kSeed};
    Bytes model_;
    std::unique_ptr<Disk> disk_;
    int commits_ = 0;
};

void RandomRun::make_disk()
{
    const Shape& shape = GetParam();
    model_.assign(static_cast<size_t>(shape.sectors) * SECTOR_SIZE, 0);
    if (shape.backing_sectors > 0) {
        Bytes base = disk_content(random_, static_cast<size_t>(shape.backing_sectors) * SECTOR_SIZE);
        write_bytes(path("base.raw"), base);
        memcpy(model_.data(), base.data(), std::min(base.size(), model_.size()));
    }
    create("disk", shape.format, shape.sectors, shape.backing_sectors > 0 && !shape.name_appended ? "base.raw" : "");
    if (shape.name_appended) {
        Bytes image = read_bytes(path("disk"));
        uint64_t end = image.size();
        for (char c : std::string("base.raw")) {
            image.push_back(static_cast<uint8_t>(c));
        }
        write_bytes(path("disk"), image);
        patch_bytes(path("disk"), 8, big_endian(end, 8));
        patch_bytes(path("disk"), 16, big_endian(8, 4));
    }
    reopen();
}

void RandomRun::reopen()
{
    disk_.reset();
    disk_ = std::make_unique<Disk>(path("disk"), GetParam().format);
    ASSERT_EQ(disk_->status(), 0);
    ASSERT_EQ(disk_->sectors(), GetParam().sectors);
}

Bytes RandomRun::fill(size_t bytes)
{
    Bytes data(bytes);
    auto kind = below(4);
    auto value = static_cast<uint8_t>(random_());
    for (auto& byte : data) {
        byte = kind == 0 ? 0 : kind == 1 ? value : static_cast<uint8_t>(random_());
    }
    return data;
}

void RandomRun::write_some()
{
    int64_t sector = static_cast<int64_t>(below(GetParam().sectors));
    auto count = 1 + below(std::min<uint64_t>(70, GetParam().sectors - sector));
    Bytes data = fill(count * SECTOR_SIZE);
    ASSERT_EQ(disk_->write(sector, data), 0);
    memcpy(&model_[sector * SECTOR_SIZE], data.data(), data.size());
}

void RandomRun::read_some()
{
    int64_t sector = static_cast<int64_t>(below(GetParam().sectors));
    auto count = 1 + below(std::min<uint64_t>(140, GetParam().sectors - sector));
    Bytes data(count * SECTOR_SIZE, 0xa5);
    ASSERT_EQ(disk_->read(sector, data), 0);
    ASSERT_EQ(memcmp(&model_[sector * SECTOR_SIZE], data.data(), data.size()), 0) << "sector " << sector;
}

void RandomRun::pwrite_some()
{
    uint64_t offset = below(model_.size());
    Bytes data = fill(1 + below(5000));
    size_t expected = std::min<size_t>(data.size(), model_.size() - offset);
    ASSERT_EQ(bdrv_pwrite(disk_->get(), offset, data.data(), data.size()), static_cast<int>(expected));
    memcpy(&model_[offset], data.data(), expected);
}

void RandomRun::pread_some()
{
    uint64_t offset = below(model_.size());
    Bytes data(1 + below(5000), 0xa5);
    size_t expected = std::min<size_t>(data.size(), model_.size() - offset);
    ASSERT_EQ(bdrv_pread(disk_->get(), offset, data.data(), data.size()), static_cast<int>(expected));
    ASSERT_EQ(memcmp(&model_[offset], data.data(), expected), 0) << "offset " << offset;
    ASSERT_TRUE(std::all_of(data.begin() + expected, data.end(), [](uint8_t b) { return b == 0xa5; }));
}

void RandomRun::write_compressed_some()
{
    BlockDriverInfo info;
    if (bdrv_get_info(disk_->get(), &info) < 0 || info.cluster_size == 0) {
        return write_some();
    }
    uint64_t offset = below(model_.size()) / info.cluster_size * info.cluster_size;
    Bytes data = fill(std::min<size_t>(info.cluster_size, model_.size() - offset));
    ASSERT_EQ(bdrv_write_compressed(disk_->get(), offset / SECTOR_SIZE, data.data(), data.size() / SECTOR_SIZE), 0);
    memcpy(&model_[offset], data.data(), data.size());
}

void RandomRun::reach_outside()
{
    static const int64_t kFar[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX >> SECTOR_BITS};
    Bytes data(4 * SECTOR_SIZE, 0x5a);
    int64_t sector = below(2) ? GetParam().sectors - static_cast<int64_t>(below(4)) : kFar[below(4)];
    ASSERT_EQ(disk_->write(sector, data), -EINVAL) << sector;
    ASSERT_EQ(disk_->read(sector, data), -EINVAL) << sector;
}

void RandomRun::commit()
{
    int64_t backing_sectors = GetParam().backing_sectors;
    int expected = backing_sectors == 0 ? -ENOTSUP : backing_sectors < GetParam().sectors ? -EFBIG : 0;
    ASSERT_EQ(bdrv_commit(disk_->get()), expected);
    if (expected == 0) {
        commits_++;
        Bytes base = read_bytes(path("base.raw"));
        ASSERT_EQ(memcmp(base.data(), model_.data(), model_.size()), 0);
    }
}

void RandomRun::step()
{
    auto choice = below(1000);
    if (choice < 330) {
        write_some();
    } else if (choice < 660) {
        read_some();
    } else if (choice < 770) {
        pwrite_some();
    } else if (choice < 880) {
        pread_some();
    } else if (choice < 960) {
        write_compressed_some();
    } else if (choice < 980) {
        reach_outside();
    } else if (choice < 982) {
        commit();
    } else if (choice < 985) {
        ASSERT_EQ(bdrv_flush(disk_->get()), 0);
    } else {
        reopen();
    }
}

void RandomRun::compare_all(const char* when)
{
    ASSERT_TRUE(disk_->content() == model_) << when;
}

/// Oracles: the flat model during the run; at its end an independent reader of the format.
TEST_P(RandomRun, BehavesLikeAnArrayOfBytes)
{
    printf("seed %llu, %d operations\n", static_cast<unsigned long long>(kSeed), kOperations);
    ASSERT_NO_FATAL_FAILURE(make_disk());
    compare_all("when new");
    for (int i = 0; i < kOperations; i++) {
        ASSERT_NO_FATAL_FAILURE(step()) << "operation " << i;
    }
    compare_all("at the end");
    reopen();
    compare_all("after re-opening");
    disk_.reset();
    if (GetParam().backing_sectors >= GetParam().sectors) {
        EXPECT_GT(commits_, 0);
    }
    read_independently(GetParam().format, path("disk"), GetParam().backing_sectors > 0 ? path("base.raw") : "",
                       path("out.raw"), model_.size());
    write_bytes(path("model.raw"), model_);
    EXPECT_EQ(sha256(path("out.raw")), sha256(path("model.raw")));
}

// qcow has clusters of one sector over a backing file, so that only the last one here copies up parts of a cluster.
// 4104 sectors: a multiple of 8 as cow needs it, and just over 2 MiB; 4101 ends inside a qcow cluster
INSTANTIATE_TEST_SUITE_P(Formats, RandomRun,
                         ::testing::Values(Shape{"Raw", "raw", 4101, 0}, Shape{"Cow", "cow", 4104, 0},
                                           Shape{"CowBacked", "cow", 4104, 4104}, Shape{"Qcow", "qcow", 4101, 0},
                                           Shape{"QcowBacked", "qcow", 4101, 4101},
                                           Shape{"QcowShortBacking", "qcow", 4101, 3001},
                                           Shape{"QcowLargeClusters", "qcow", 4101, 4101, true},
                                           Shape{"Qcow2", "qcow2", 4101, 0}, Shape{"Qcow2Backed", "qcow2", 4101, 4101},
                                           Shape{"Qcow2ShortBacking", "qcow2", 4101, 3001}),
                         [](const auto& shape) { return std::string(shape.param.name); });

}  // namespace
}  // namespace rogate::selfcheck
