// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of qcow2 share: making images on either side, qemu-img as judge, and random work on a disk.
#pragma once

#include "fixture.h"

namespace rogate::selfcheck
{

/// Sectors of the harness's reference content: no multiple of clusters above 4 KiB.
inline constexpr int64_t kQcow2Sectors = 17136;
inline constexpr size_t kQcow2Bytes = kQcow2Sectors * SECTOR_SIZE;

class Qcow2Test : public DiskTest
{
protected:
    Qcow2Test();

    /// Has qemu-img make an empty image "disk" of version 2.
    void qemu_create(int cluster_bytes);
    /// Oracle: qemu-img's own count of all references; leaks and wrong COPIED bits count as errors.
    void check();
    /// Oracle: qemu-img reads "disk" as `expected`.
    void compare(const Bytes& expected);
    /// Reads, writes and, if `compressed`, compressed writes of "disk", re-opened every 250 operations.
    void random_operations(Bytes& model, int operations, int max_sectors = 64, bool compressed = false);
    void random_operation(Disk& disk, Bytes& model, int max_sectors, bool compressed);
    uint64_t below(uint64_t limit) { return random_() % limit; }
    Bytes random_data(size_t bytes);

    std::mt19937_64 random_{kSeed};
};

/// A `format` disk, opened; the test fails when that fails.
class OpenDisk : public Disk
{
public:
    explicit OpenDisk(const std::string& path, const std::string& format = "qcow2") : Disk(path, format)
    {
        EXPECT_EQ(status(), 0) << path;
    }
};

}  // namespace rogate::selfcheck
