// SPDX-License-Identifier: GPL-2.0-or-later
// qcow2 on a host disk whose writes fail at random: nothing that was there before is lost, whatever step failed.
// Linked with -Wl,--wrap=pwrite_full, so that the driver's writes come through here.
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "qcow2_selfcheck.h"

namespace
{

/// One write in so many fails; 0 = none.
uint64_t failing_one_in = 0;
std::mt19937_64 failing_random{rogate::selfcheck::kSeed};

}  // namespace

extern "C" {
int __real_pwrite_full(int fd, const void* buf, size_t count, int64_t offset);
int __wrap_pwrite_full(int fd, const void* buf, size_t count, int64_t offset);

int __wrap_pwrite_full(int fd, const void* buf, size_t count, int64_t offset)
{
    if (failing_one_in != 0 && failing_random() % failing_one_in == 0) {
        return -EIO;
    }
    return __real_pwrite_full(fd, buf, count, offset);
}
}

namespace rogate::selfcheck
{
namespace
{

class Qcow2Faults : public Qcow2Test
{
protected:
    void run_history(int cluster_bytes, uint64_t one_in);
    void failing_write(uint64_t one_in);
    void failing_snapshot(uint64_t one_in);
    void reopen();
    bool is_listed(const std::string& name);
    /// Oracle: qemu-img; lost clusters and missing or idle COPIED bits may be left behind, wrong references not.
    void expect_harmless();

    Bytes model_;
    std::map<std::string, Bytes> saved_;  ///< content at each snapshot, by name
    std::unique_ptr<OpenDisk> disk_;
    int names_ = 0;
    int failed_ = 0;
};

void Qcow2Faults::reopen()
{
    disk_ = std::make_unique<OpenDisk>(path("disk"));
    ASSERT_TRUE(disk_->content() == model_);
}

/// Each sector of a failed write is old or new.
void Qcow2Faults::failing_write(uint64_t one_in)
{
    const size_t count = 1 + below(64);
    const size_t sector = below(kQcow2Sectors - count + 1);
    const Bytes data = random_data(count * SECTOR_SIZE);
    failing_one_in = one_in;
    const int ret = disk_->write(static_cast<int64_t>(sector), data);
    failing_one_in = 0;
    failed_ += ret < 0;
    Bytes now(data.size());
    ASSERT_EQ(disk_->read(static_cast<int64_t>(sector), now), 0);
    for (size_t at = 0; at < data.size(); at += SECTOR_SIZE) {
        uint8_t* old = &model_[sector * SECTOR_SIZE + at];
        const bool is_new = memcmp(&now[at], &data[at], SECTOR_SIZE) == 0;
        ASSERT_TRUE(is_new || (ret < 0 && memcmp(&now[at], old, SECTOR_SIZE) == 0));
        memcpy(old, &now[at], SECTOR_SIZE);
    }
}

bool Qcow2Faults::is_listed(const std::string& name)
{
    BlockSnapshotInfo* list = nullptr;
    const int count = bdrv_snapshot_list(disk_->get(), &list);
    bool found = false;
    for (int i = 0; i < count; ++i) {
        found = found || name == list[i].name;
    }
    qemu_free(list);
    return found;
}

/// A failed operation on a snapshot was carried out in the guest's eyes, or not at all.
void Qcow2Faults::failing_snapshot(uint64_t one_in)
{
    const auto choice = saved_.empty() ? 0 : below(3);
    BlockSnapshotInfo info{};
    const std::string name =
        choice == 0 ? "s" + std::to_string(names_++) : std::next(saved_.begin(), below(saved_.size()))->first;
    pstrcpy(info.name, sizeof(info.name), name.c_str());
    failing_one_in = one_in;
    const int ret = choice == 0   ? bdrv_snapshot_create(disk_->get(), &info)
                    : choice == 1 ? bdrv_snapshot_goto(disk_->get(), name.c_str())
                                  : bdrv_snapshot_delete(disk_->get(), name.c_str());
    failing_one_in = 0;
    failed_ += ret < 0;
    if (choice == 1) {
        const Bytes now = disk_->content();
        ASSERT_TRUE(now == saved_[name] || (ret < 0 && now == model_));
        model_ = now;
        return;
    }
    const bool listed = is_listed(name);
    ASSERT_TRUE(ret < 0 || listed == (choice == 0));
    if (!listed) {
        saved_.erase(name);
    } else if (choice == 0) {
        saved_[name] = model_;
    }
}

void Qcow2Faults::expect_harmless()
{
    const Ran ran = run({"qemu-img", "check", "-f", "qcow2", path("disk")});
    const std::string text = ran.out + ran.err;
    for (size_t at = text.find("ERROR"); at != std::string::npos; at = text.find("ERROR", at + 1)) {
        ASSERT_EQ(text.compare(at, 18, "ERROR OFLAG_COPIED"), 0) << text.substr(at, 200);
    }
    compare(model_);
    for (const auto& [name, content] : saved_) {
        run_ok({"qemu-img", "snapshot", "-a", name, path("disk")});
        compare(content);
    }
}

void Qcow2Faults::run_history(int cluster_bytes, uint64_t one_in)
{
    std::filesystem::remove(path("disk"));
    qemu_create(cluster_bytes);
    model_.assign(kQcow2Bytes, 0);
    saved_.clear();
    ASSERT_NO_FATAL_FAILURE(reopen());
    for (int i = 0; i < 1000; ++i) {
        if (below(60) == 0) {
            ASSERT_NO_FATAL_FAILURE(failing_snapshot(one_in * 20)) << "operation " << i;
        } else {
            ASSERT_NO_FATAL_FAILURE(failing_write(one_in)) << "operation " << i;
        }
        if (below(100) == 0) {
            ASSERT_NO_FATAL_FAILURE(reopen()) << "operation " << i;
        }
    }
    disk_.reset();
    expect_harmless();
}

TEST_F(Qcow2Faults, LoseNothing)
{
    for (int cluster_bytes : {512, 4096, 65536}) {
        for (const uint64_t one_in : {10, 40, 200}) {
            ASSERT_NO_FATAL_FAILURE(run_history(cluster_bytes, one_in)) << cluster_bytes << ", one in " << one_in;
        }
    }
    EXPECT_GT(failed_, 1000);
}

}  // namespace
}  // namespace rogate::selfcheck
