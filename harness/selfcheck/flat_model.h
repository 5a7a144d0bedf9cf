// SPDX-License-Identifier: GPL-2.0-or-later
// A disk beside an array of bytes: random requests go to both, and what they answer must be the same.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "fixture.h"

namespace rogate::selfcheck {

/// An image of any format and the content it ought to have.
class FlatModel {
public:
    FlatModel(std::string path, std::string format, Bytes content)
        : path_(std::move(path)), format_(std::move(format)), content_(std::move(content))
    {
    }

    [[nodiscard]] const Bytes& content() const { return content_; }

    /// Carries out `operations` random reads, writes, flushes and re-openings, and compares everything at the end.
    void run(int operations)
    {
        printf("seed %llu, %d operations on '%s'\n", static_cast<unsigned long long>(kSeed), operations,
               format_.c_str());
        ASSERT_NO_FATAL_FAILURE(reopen());
        for (int i = 0; i < operations; ++i) {
            ASSERT_NO_FATAL_FAILURE(step()) << "operation " << i;
        }
        ASSERT_NO_FATAL_FAILURE(reopen());
        ASSERT_TRUE(disk_->content() == content_);
        disk_.reset();
    }

private:
    void reopen()
    {
        disk_.reset();
        disk_ = std::make_unique<Disk>(path_, format_);
        ASSERT_EQ(disk_->status(), 0);
        ASSERT_EQ(disk_->sectors() * SECTOR_SIZE, static_cast<int64_t>(content_.size()));
    }

    /// Mostly near one of a few places, so that requests meet in the same grain, table or block; each run of 1000
    /// has other places. Now and then near the end, where the last grain or block may be cut short.
    int64_t any_sector()
    {
        const uint64_t sectors = content_.size() / SECTOR_SIZE;
        if (random_() % 8 == 0) {
            return static_cast<int64_t>(sectors - 1 - random_() % std::min<uint64_t>(sectors, 300));
        }
        const uint64_t place = (steps_ / 1000 + 1) * 7919 * (1 + random_() % 3);
        return static_cast<int64_t>((random_() % 4 != 0 ? place + random_() % 400 : random_()) % sectors);
    }

    void step()
    {
        steps_++;
        const uint64_t choice = random_() % 1000;
        if (choice < 15) {
            return reopen();
        }
        if (choice < 20) {
            ASSERT_EQ(bdrv_flush(disk_->get()), 0);
            return;
        }
        const int64_t sector = any_sector();
        const size_t left = content_.size() / SECTOR_SIZE - static_cast<size_t>(sector);
        const size_t bytes = std::min<size_t>(left, 1 + random_() % (choice % 2 == 0 ? 300 : 20)) * SECTOR_SIZE;
        uint8_t* expected = &content_[static_cast<size_t>(sector) * SECTOR_SIZE];
        if (choice < 450) {
            const Bytes data = disk_content(random_, bytes);
            ASSERT_EQ(disk_->write(sector, data), 0) << "sector " << sector;
            memcpy(expected, data.data(), bytes);
        } else {
            Bytes data(bytes, 0xa5);
            ASSERT_EQ(disk_->read(sector, data), 0) << "sector " << sector;
            ASSERT_EQ(memcmp(expected, data.data(), bytes), 0) << "sector " << sector;
        }
    }

    std::string path_;
    std::string format_;
    Bytes content_;
    std::unique_ptr<Disk> disk_;
    std::mt19937_64 random_{kSeed};
    uint64_t steps_ = 0;
};

}  // namespace rogate::selfcheck
