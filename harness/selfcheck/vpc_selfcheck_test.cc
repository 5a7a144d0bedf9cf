// SPDX-License-Identifier: GPL-2.0-or-later
// vpc against programs that share no code with it, and against a flat model.
#include <cerrno>

#include "flat_model.h"
#include "vpc_fixture.h"

namespace rogate::selfcheck {
namespace {

using image::kReferenceBytes;
using image::kReferenceSectors;

constexpr int kOperations = 10000;

using Vpc = VpcTest;

TEST_F(Vpc, ReadsWhatOthersMake)
{
    convert("dynamic", "q.vhd");
    convert("fixed", "f.vhd");
    run_ok({"bximage", "-q", "-func=convert", "-imgmode=vpc", path("R.raw"), path("b.vhd")});
    for (const char* name : {"q.vhd", "f.vhd", "b.vhd"}) {
        expect_content(name, reference_);
    }
    EXPECT_STREQ(bdrv_get_format(Disk(path("q.vhd"), "").get()), "vpc") << "a dynamic disk is probed";
    EXPECT_STREQ(bdrv_get_format(Disk(path("f.vhd"), "").get()), "raw") << "a fixed one has to be named";
}

/// Oracles: the flat model, then all four readers.
TEST_F(Vpc, DynamicBehavesLikeAnArrayOfBytes)
{
    create("disk.vhd", "vpc", kReferenceSectors);
    FlatModel model(path("disk.vhd"), "vpc", Bytes(kReferenceBytes));
    ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
    expect_others_read("disk.vhd", model.content());
    run_ok({"qemu-img", "info", "-f", "vpc", path("disk.vhd")});
}

TEST_F(Vpc, FixedBehavesLikeAnArrayOfBytes)
{
    convert("fixed", "disk.vhd");
    const Bytes before = read_bytes(path("disk.vhd"));
    FlatModel model(path("disk.vhd"), "vpc", reference_);
    ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
    expect_others_read("disk.vhd", model.content());
    const Bytes after = read_bytes(path("disk.vhd"));
    EXPECT_TRUE(std::equal(before.end() - 512, before.end(), after.end() - 512)) << "the footer changed";
}

/// Bits of blocks that are there are clear at first. Oracle: libvhdi, which obeys them too; but of a byte in which a
/// set bit comes before a clear one (see below) it takes all bits from the first set one on for set.
TEST_F(Vpc, BitmapsAreObeyed)
{
    Bytes f = small_image();
    std::copy_n("\x0f\x00\xff\x03\x00\x00\x7f\x00", 8, f.begin() + 2048);
    std::fill_n(f.begin() + 35328, 512, 0);
    write_bytes(path("disk.vhd"), f);
    const std::string first = run_ok({"img_cat", "-i", "vhd", path("disk.vhd")});
    Bytes content(first.begin(), first.end());
    expect_content("disk.vhd", content);
    EXPECT_EQ(content[3 * SECTOR_SIZE], 0);
    EXPECT_NE(content[4 * SECTOR_SIZE], 0);
    {
        Disk disk(path("disk.vhd"), "vpc");
        const Bytes data(28 * SECTOR_SIZE, 0x3d);
        ASSERT_EQ(disk.write(4, data), 0);
        std::copy(data.begin(), data.end(), content.begin() + 4 * SECTOR_SIZE);
    }
    const std::string then = run_ok({"img_cat", "-i", "vhd", path("disk.vhd")});
    EXPECT_TRUE(content == Bytes(then.begin(), then.end()));
    FlatModel model(path("disk.vhd"), "vpc", content);
    ASSERT_NO_FATAL_FAILURE(model.run(2000));
}

/// Oracle: the specification, bit 7 of the first byte is the first sector.
TEST_F(Vpc, BitsAreSingleSectors)
{
    Bytes f = small_image();
    std::fill_n(f.begin() + 2048, 512, 0);
    f[2048] = 0x81;
    f[2049] = 0x3c;
    write_bytes(path("disk.vhd"), f);
    const Bytes content = Disk(path("disk.vhd"), "vpc").content();
    std::string seen;
    for (size_t sector = 0; sector < 17; ++sector) {
        seen += content[sector * SECTOR_SIZE] != 0 ? '1' : '0';
    }
    EXPECT_EQ(seen, "10000001001111000");
}

TEST_F(Vpc, CreatesSizesOnWhichBytesAndGeometryAgree)
{
    for (const int64_t sectors : {INT64_C(1), INT64_C(68), INT64_C(69), INT64_C(17136), INT64_C(17137),
                                  INT64_C(2097152), INT64_C(66059280), INT64_C(267382800)}) {
        create("disk.vhd", "vpc", sectors);
        Disk disk(path("disk.vhd"), "vpc");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_GE(disk.sectors(), sectors);
        EXPECT_LE(disk.sectors(), sectors + 16 * 255);
        const std::string info = run_ok({"qemu-img", "info", "-f", "vpc", path("disk.vhd")});
        EXPECT_NE(info.find("(" + std::to_string(disk.sectors() * SECTOR_SIZE) + " bytes)"), std::string::npos)
            << sectors << "\n"
            << info;
        const std::string vhdi = run_ok({"vhdiinfo", path("disk.vhd")});
        EXPECT_NE(vhdi.find(std::to_string(disk.sectors() * SECTOR_SIZE) + " bytes"), std::string::npos) << vhdi;
    }
    create("disk.vhd", "vpc", INT64_C(2147483648) * 3 / 2);  // 1.5 TiB: more than any geometry
    EXPECT_EQ(Disk(path("disk.vhd"), "vpc").sectors(), INT64_C(2147483648) * 3 / 2);
    EXPECT_EQ(bdrv_create(&bdrv_vpc, path("no").c_str(), INT64_C(1) << 32, nullptr, 0), -EFBIG);
    EXPECT_EQ(bdrv_create(&bdrv_vpc, path("no").c_str(), 100, "R.raw", 0), -ENOTSUP);
    EXPECT_FALSE(std::filesystem::exists(path("no")));
}

/// Oracle: formats/vpc, the size trap, measured with QEMU 7.2.
TEST_F(Vpc, CreatorDecidesWhichSizeCounts)
{
    const struct {
        const char* creator;
        int64_t sectors;
    } cases[] = {{"vpc ", 68}, {"bxic", 68}, {"qemu", 68}, {"win ", 70}, {"qem2", 70}, {"tap\0", 70}, {"CTXS", 70}};
    for (const auto& c : cases) {
        Bytes f = small_image();
        std::copy_n(c.creator, 4, f.begin() + 28);
        put(f, 48, 70 * SECTOR_SIZE, 8);
        write_bytes(path("x.vhd"), sealed(f));
        EXPECT_EQ(Disk(path("x.vhd"), "vpc").sectors(), c.sectors) << c.creator;
    }
}
}  // namespace
}  // namespace rogate::selfcheck
