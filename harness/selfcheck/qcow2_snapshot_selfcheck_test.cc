// SPDX-License-Identifier: GPL-2.0-or-later
// Internal snapshots of qcow2: random histories against models, and both sides' snapshots used by the other.
#include <cerrno>
#include <map>
#include <memory>

#include "qcow2_selfcheck.h"

namespace rogate::selfcheck
{
namespace
{

class Qcow2Snapshots : public Qcow2Test
{
protected:
    void take(const std::string& name);
    void return_to_some();
    void drop_some();
    void step(int round);
    BlockDriverState* bs() { return disk_->get(); }
    std::map<std::string, Bytes>::iterator some() { return std::next(saved_.begin(), below(saved_.size())); }

    Bytes model_ = Bytes(kQcow2Bytes);
    std::unique_ptr<OpenDisk> disk_;      ///< open for many steps: what is kept in memory must stay right
    std::map<std::string, Bytes> saved_;  ///< content at each snapshot, by name
};

void Qcow2Snapshots::take(const std::string& name)
{
    BlockSnapshotInfo info{};
    pstrcpy(info.name, sizeof(info.name), name.c_str());
    ASSERT_EQ(bdrv_snapshot_create(bs(), &info), 0);
    ASSERT_EQ(bdrv_snapshot_create(bs(), &info), -EEXIST);
    saved_[name] = model_;
}

void Qcow2Snapshots::return_to_some()
{
    const auto chosen = some();
    ASSERT_EQ(bdrv_snapshot_goto(bs(), chosen->first.c_str()), 0);
    model_ = chosen->second;
}

void Qcow2Snapshots::drop_some()
{
    const auto chosen = some();
    ASSERT_EQ(bdrv_snapshot_delete(bs(), chosen->first.c_str()), 0);
    saved_.erase(chosen);
}

void Qcow2Snapshots::step(int round)
{
    for (int i = 0; i < 60; ++i) {
        ASSERT_NO_FATAL_FAILURE(random_operation(*disk_, model_, 64, true)) << "operation " << i;
    }
    const auto choice = saved_.empty() ? 0 : saved_.size() > 5 ? 2 : below(3);
    if (choice == 0) {
        take("s" + std::to_string(round));
    } else if (choice == 1) {
        return_to_some();
    } else {
        drop_some();
    }
}

/// Oracles: the models; at the end qemu-img goes to every snapshot that is left.
TEST_F(Qcow2Snapshots, RandomHistories)
{
    for (int cluster_bytes : {512, 4096, 65536}) {
        qemu_create(cluster_bytes);
        model_.assign(kQcow2Bytes, 0);
        saved_.clear();
        for (int round = 0; round < 40; ++round) {
            if (!disk_) {
                disk_ = std::make_unique<OpenDisk>(path("disk"));
            }
            ASSERT_NO_FATAL_FAILURE(step(round)) << "round " << round;
            if (round % 10 == 9) {
                disk_.reset();
                check();
                compare(model_);
            }
        }
        for (const auto& [name, content] : saved_) {
            run_ok({"qemu-img", "snapshot", "-a", name, path("disk")});
            compare(content);
        }
        check();
    }
}

/// Oracle: qemu-img lists, applies and counts; the content is what each side saw when the snapshot was taken.
TEST_F(Qcow2Snapshots, EitherSideUsesTheOthers)
{
    create("disk", "qcow2", kQcow2Sectors);
    ASSERT_NO_FATAL_FAILURE(random_operations(model_, 500));
    run_ok({"qemu-img", "snapshot", "-c", "theirs", path("disk")});
    const Bytes first = model_;
    ASSERT_NO_FATAL_FAILURE(random_operations(model_, 500));
    disk_ = std::make_unique<OpenDisk>(path("disk"));
    ASSERT_NO_FATAL_FAILURE(take("ours"));
    disk_.reset();
    check();
    const std::string list = run_ok({"qemu-img", "snapshot", "-l", path("disk")});
    EXPECT_NE(list.find("\n1         theirs "), std::string::npos) << list;
    EXPECT_NE(list.find("\n2         ours "), std::string::npos) << list;
    {
        OpenDisk disk(path("disk"));
        ASSERT_EQ(bdrv_snapshot_goto(disk.get(), "theirs"), 0);
        EXPECT_TRUE(disk.content() == first);
    }
    check();
    run_ok({"qemu-img", "snapshot", "-a", "ours", path("disk")});
    OpenDisk disk(path("disk"));
    EXPECT_TRUE(disk.content() == model_);
    ASSERT_EQ(bdrv_snapshot_delete(disk.get(), "1"), 0);
    ASSERT_EQ(bdrv_snapshot_delete(disk.get(), "ours"), 0);
    EXPECT_EQ(bdrv_snapshot_delete(disk.get(), "ours"), -ENOENT);
    check();
    compare(model_);
}

TEST_F(Qcow2Snapshots, AreListed)
{
    create("disk", "qcow2", kQcow2Sectors);
    OpenDisk disk(path("disk"));
    BlockSnapshotInfo* list = nullptr;
    EXPECT_EQ(bdrv_snapshot_list(disk.get(), &list), 0);
    EXPECT_EQ(list, nullptr);
    BlockSnapshotInfo info{};
    pstrcpy(info.name, sizeof(info.name), "monday");
    info.date_sec = 1216892187;
    info.date_nsec = 5;
    info.vm_clock_nsec = 7;
    ASSERT_EQ(bdrv_snapshot_create(disk.get(), &info), 0);
    EXPECT_STREQ(info.id_str, "1");
    ASSERT_EQ(bdrv_snapshot_list(disk.get(), &list), 1);
    EXPECT_STREQ(list[0].id_str, "1");
    EXPECT_STREQ(list[0].name, "monday");
    EXPECT_EQ(list[0].date_sec, 1216892187u);
    EXPECT_EQ(list[0].date_nsec, 5u);
    EXPECT_EQ(list[0].vm_clock_nsec, 7u);
    EXPECT_EQ(list[0].vm_state_size, 0u);
    qemu_free(list);
    info.vm_state_size = 1;
    EXPECT_EQ(bdrv_snapshot_create(disk.get(), &info), -ENOTSUP);
}

/// What a dropped snapshot alone used is used again; without that every history would fill the disk.
TEST_F(Qcow2Snapshots, SpaceIsUsedAgain)
{
    create("disk", "qcow2", kQcow2Sectors);
    disk_ = std::make_unique<OpenDisk>(path("disk"));
    uintmax_t after_first = 0;
    for (int round = 0; round < 20; ++round) {
        ASSERT_EQ(disk_->write(0, random_data(4096 * SECTOR_SIZE)), 0);
        ASSERT_NO_FATAL_FAILURE(take("s"));
        ASSERT_EQ(disk_->write(0, random_data(4096 * SECTOR_SIZE)), 0);
        ASSERT_EQ(bdrv_snapshot_delete(bs(), "s"), 0);
        if (round == 0) {
            after_first = std::filesystem::file_size(path("disk"));
        }
    }
    EXPECT_LE(std::filesystem::file_size(path("disk")), after_first + after_first / 10);
    disk_.reset();
    check();
}

/// Extra data of other writers, of any length, outlives our changes to the table.
TEST_F(Qcow2Snapshots, ExtraDataIsKept)
{
    create("disk", "qcow2", kQcow2Sectors);
    run_ok({"qemu-img", "snapshot", "-c", "theirs", path("disk")});
    disk_ = std::make_unique<OpenDisk>(path("disk"));
    ASSERT_NO_FATAL_FAILURE(take("ours"));
    disk_.reset();
    const Bytes image = read_bytes(path("disk"));
    const Bytes size = big_endian(kQcow2Bytes, 8);  // the second number of QEMU's 24 bytes
    const Bytes offset(image.begin() + 64, image.begin() + 72);
    uint64_t at = 0;
    for (const uint8_t byte : offset) {
        at = at << 8 | byte;
    }
    ASSERT_LT(at + 64, image.size());
    EXPECT_EQ(image[at + 39], 24);
    EXPECT_EQ(Bytes(image.begin() + at + 48, image.begin() + at + 56), size);
}

}  // namespace
}  // namespace rogate::selfcheck
