// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of damaged and hostile vmdk images share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fixture.h"
#include "vmdk_image.h"

namespace rogate::selfcheck {

using image::VmdkDescriptorText;

/// Sectors of the disk that VmdkTest::make makes.
inline constexpr int64_t kVmdkSectors = 17136;

inline Bytes little_endian(uint64_t value, int width)
{
    Bytes data = big_endian(value, width);
    return {data.rbegin(), data.rend()};
}

class VmdkTest : public DiskTest {
protected:
    /// Makes `disk` anew, with some sectors written.
    void make()
    {
        create("disk", "vmdk", kVmdkSectors);
        Disk disk(path("disk"), "vmdk");
        ASSERT_EQ(disk.write(100, Bytes(60 * SECTOR_SIZE, 0x11)), 0);
        ASSERT_EQ(disk.write(17130, Bytes(6 * SECTOR_SIZE, 0x22)), 0);
    }
    void expect_refused(const char* what, int64_t offset, const Bytes& change)
    {
        ASSERT_NO_FATAL_FAILURE(make());
        patch_bytes(path("disk"), offset, change);
        const Bytes before = read_bytes(path("disk"));
        EXPECT_LT(Disk(path("disk"), "vmdk").status(), 0) << what;
        EXPECT_TRUE(read_bytes(path("disk")) == before) << what;
    }
    void write_text(const std::string& name, const std::string& text)
    {
        write_bytes(path(name), {text.begin(), text.end()});
    }
    /// A descriptor with these extents.
    void describe(std::vector<image::VmdkExtentLine> extents)
    {
        VmdkDescriptorText text{.create_type = "custom", .cid = 0x12345678, .extents = std::move(extents)};
        write_text("disk.vmdk", image::vmdk_descriptor(text));
    }
};

}  // namespace rogate::selfcheck
