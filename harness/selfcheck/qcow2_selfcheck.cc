// SPDX-License-Identifier: GPL-2.0-or-later
#include "qcow2_selfcheck.h"

#include <algorithm>
#include <cstring>

namespace rogate::selfcheck
{

Qcow2Test::Qcow2Test()
{
    printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
}

void Qcow2Test::qemu_create(int cluster_bytes)
{
    run_ok({"qemu-img", "create", "-q", "-f", "qcow2", "-o",
            "compat=0.10,cluster_size=" + std::to_string(cluster_bytes), path("disk"), std::to_string(kQcow2Bytes)});
}

void Qcow2Test::check()
{
    run_ok({"qemu-img", "check", "-q", "-f", "qcow2", path("disk")});
}

void Qcow2Test::compare(const Bytes& expected)
{
    write_bytes(path("expected.raw"), expected);
    run_ok({"qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", path("disk"), path("expected.raw")});
}

Bytes Qcow2Test::random_data(size_t bytes)
{
    const bool noise = below(2) == 0;
    const auto value = static_cast<uint8_t>(random_());
    Bytes data(bytes, value);
    for (size_t i = 0; noise && i < bytes; ++i) {
        data[i] = static_cast<uint8_t>(random_());
    }
    return data;
}

void Qcow2Test::random_operation(Disk& disk, Bytes& model, int max_sectors, bool compressed)
{
    uint64_t count = 1 + below(max_sectors);
    uint64_t sector = below(kQcow2Sectors - count + 1);
    const bool pack = compressed && below(4) == 0;
    if (pack) {
        BlockDriverInfo info;
        ASSERT_EQ(bdrv_get_info(disk.get(), &info), 0);
        const uint64_t cluster = info.cluster_size / SECTOR_SIZE;
        sector -= sector % cluster;
        count = std::min(cluster, kQcow2Sectors - sector);
    }
    uint8_t* at = &model[sector * SECTOR_SIZE];
    if (pack || below(2) == 0) {
        const Bytes data = random_data(count * SECTOR_SIZE);
        const auto write = pack ? bdrv_write_compressed : bdrv_write;
        ASSERT_EQ(write(disk.get(), static_cast<int64_t>(sector), data.data(), static_cast<int>(count)), 0);
        memcpy(at, data.data(), data.size());
    } else {
        Bytes data(count * SECTOR_SIZE, 0xa5);
        ASSERT_EQ(disk.read(static_cast<int64_t>(sector), data), 0);
        ASSERT_EQ(memcmp(data.data(), at, data.size()), 0) << "sector " << sector << " count " << count;
    }
}

void Qcow2Test::random_operations(Bytes& model, int operations, int max_sectors, bool compressed)
{
    for (int done = 0; done < operations;) {
        OpenDisk disk(path("disk"));
        ASSERT_EQ(disk.status(), 0);
        for (int i = 0; i < 250 && done < operations; ++i, ++done) {
            ASSERT_NO_FATAL_FAILURE(random_operation(disk, model, max_sectors, compressed)) << "operation " << done;
        }
    }
}

}  // namespace rogate::selfcheck
