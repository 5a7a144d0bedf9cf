// SPDX-License-Identifier: GPL-2.0-or-later
// dmg: images made by image/dmg_image, which 7z, dmg2img and qemu-img read too, read by the in-tree driver.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "image/dmg_image.h"
#include "read_only_disk.h"

namespace rogate::selfcheck
{
namespace
{

constexpr uint64_t kTrailerBytes = 512;
constexpr uint64_t kChunksAt = 204;  ///< in a table

/// 200 sectors of which the second and third of four chunks are stored: small, for thousands of rounds.
constexpr int64_t kSmallSectors = 200;

class Dmg : public DiskTest
{
protected:
    void make(const image::DmgLayout& layout = {}, int64_t sectors = kReferenceSectors)
    {
        std::mt19937_64 random(kSeed);
        model_ = sparse_content(random, static_cast<size_t>(sectors) * SECTOR_SIZE);
        write(layout);
    }
    void write(const image::DmgLayout& layout)
    {
        std::filesystem::remove(path("disk.dmg"));
        auto written = image::write_dmg(path("disk.dmg"), layout, model_.size() / SECTOR_SIZE, filled_sectors(model_),
                                        sectors_of(model_));
        ASSERT_TRUE(written.has_value()) << written.error().text;
    }
    /// Four chunks: zeros, plain, zlib, bzip2; tables in a resource fork, so that they can be patched.
    void make_small()
    {
        model_.assign(kSmallSectors * SECTOR_SIZE, 0x41);
        std::fill_n(model_.begin(), 50 * SECTOR_SIZE, 0);
        std::fill_n(model_.begin() + 150 * SECTOR_SIZE, 50 * SECTOR_SIZE, 0x42);
        write({.plist = false, .chunk_sectors = 50});
    }
    [[nodiscard]] uint64_t trailer() const { return std::filesystem::file_size(path("disk.dmg")) - kTrailerBytes; }
    /// Where in the file the first table begins.
    [[nodiscard]] uint64_t table() const
    {
        const Bytes image = read_bytes(path("disk.dmg"));
        const Bytes magic = text_bytes("mish");
        return static_cast<uint64_t>(std::search(image.begin(), image.end(), magic.begin(), magic.end()) -
                                     image.begin());
    }
    /// Where the first table's chunk `i` begins.
    [[nodiscard]] uint64_t chunk(uint64_t i) const { return table() + kChunksAt + 40 * i; }

    Bytes model_;
};

// Oracle: the array that the image was made of.
TEST_F(Dmg, ReadsEveryKindOfChunk)
{
    make({.chunk_sectors = 64});
    read_at_random(path("disk.dmg"), "dmg", model_);
}

// Oracle: the same array, from tables in either place and in several parts.
TEST_F(Dmg, FindsTheTablesInEitherPlace)
{
    for (const image::DmgLayout& layout : {
             image::DmgLayout{.plist = true, .resource_fork = false},
             image::DmgLayout{.plist = false, .resource_fork = true},
             image::DmgLayout{.plist = true, .resource_fork = false, .tables = 5, .chunk_sectors = 63},
             image::DmgLayout{.plist = false, .resource_fork = true, .tables = 5, .chunk_sectors = 2048},
         }) {
        make(layout);
        Disk disk(path("disk.dmg"), "");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_STREQ(bdrv_get_format(disk.get()), "dmg");
        EXPECT_TRUE(disk.content() == model_);
    }
}

// Oracles: 7z (which also checks every checksum) and dmg2img, on the same image.
TEST_F(Dmg, AgreesWithOtherReaders)
{
    make();
    Disk disk(path("disk.dmg"), "dmg");
    ASSERT_EQ(disk.status(), 0);
    write_bytes(path("ours.raw"), disk.content());
    run_ok({"7z", "t", "-bd", "-tDmg", path("disk.dmg")});
    const std::string theirs = run_ok({"7z", "x", "-so", path("disk.dmg")});
    write_bytes(path("7z.raw"), Bytes(theirs.begin(), theirs.end()));
    run_ok({"dmg2img", "-s", path("disk.dmg"), path("dmg2img.raw")});
    EXPECT_EQ(sha256(path("ours.raw")), sha256(path("7z.raw")));
    EXPECT_EQ(sha256(path("ours.raw")), sha256(path("dmg2img.raw")));
}

// Oracle: qemu-img, which lacks bzip2 here.
TEST_F(Dmg, AgreesWithQemuImg)
{
    make({.bzip2 = false});
    Disk disk(path("disk.dmg"), "dmg");
    ASSERT_EQ(disk.status(), 0);
    write_bytes(path("ours.raw"), disk.content());
    run_ok({"qemu-img", "compare", "-f", "dmg", "-F", "raw", path("disk.dmg"), path("ours.raw")});
}

// A guest that writes a trailer into its raw disk must not change the disk's format.
TEST_F(Dmg, IsRecognisedByNameAndTrailerTogether)
{
    make();
    std::filesystem::copy_file(path("disk.dmg"), path("disk.raw"));
    Disk other_name(path("disk.raw"), "");
    EXPECT_STREQ(bdrv_get_format(other_name.get()), "raw");
    write_bytes(path("empty.DMG"), Bytes(4096));
    Disk no_trailer(path("empty.DMG"), "");
    EXPECT_STREQ(bdrv_get_format(no_trailer.get()), "raw");
}

TEST_F(Dmg, IsNeverWritten)
{
    make();
    expect_only_reads(path("disk.dmg"), "dmg");
}

// Oracle: /proc/self/fd. The format cannot be written, so even the unpatched driver opens it for reading only.
TEST_F(Dmg, IsOpenForReadingOnly)
{
    make();
    Disk disk(path("disk.dmg"), "dmg");
    EXPECT_EQ(open_modes(path("disk.dmg")), std::vector<int>{O_RDONLY});
}

TEST_F(Dmg, ADamagedChunkIsAnErrorForThatChunkOnly)
{
    make_small();
    const Bytes image = read_bytes(path("disk.dmg"));
    const auto field = [&](uint64_t at) {
        uint64_t value = 0;
        for (uint64_t i = 0; i < 8; i++) {
            value = value << 8 | image[at + i];
        }
        return value;
    };
    // the checksum at the stream's end: all of the chunk is decoded before it is found to be wrong
    patch_bytes(path("disk.dmg"), field(chunk(2) + 24) + field(chunk(2) + 32) - 4, Bytes(4, 0xee));
    Disk disk(path("disk.dmg"), "dmg");
    ASSERT_EQ(disk.status(), 0);
    for (const int64_t sector : {150, 100, 150, 100, 100, 199, 50, 0}) {
        Bytes data(SECTOR_SIZE);
        EXPECT_EQ(disk.read(sector, data), sector == 100 ? -EIO : 0) << sector;
        if (sector != 100) {
            EXPECT_EQ(data[0], model_[static_cast<size_t>(sector) * SECTOR_SIZE]) << sector;
        }
    }
}

// Sectors in no chunk are zero: the third chunk is made a comment.
TEST_F(Dmg, GapsAreZero)
{
    make_small();
    patch_bytes(path("disk.dmg"), chunk(2), big_endian(0x7ffffffe, 4));
    std::fill_n(model_.begin() + 100 * SECTOR_SIZE, 50 * SECTOR_SIZE, 0);
    EXPECT_TRUE(Disk(path("disk.dmg"), "dmg").content() == model_);
}

// Oracle: the format sheet.
TEST_F(Dmg, BrokenTrailersAreRefused)
{
    make_small();
    const uint64_t at = trailer();
    const auto be8 = [](uint64_t value) { return big_endian(value, 8); };
    expect_refused(path("disk.dmg"), "dmg",
                   {
                       {"magic", at, text_bytes("kolz"), -EINVAL},
                       {"version", at + 4, big_endian(5, 4), -EINVAL},
                       {"trailer size", at + 8, big_endian(0, 4), -EINVAL},
                       {"data fork offset 2^40", at + 24, be8(UINT64_C(1) << 40), -EINVAL},
                       {"data fork length 2^64-1", at + 32, be8(UINT64_MAX), -EINVAL},
                       {"data fork too short", at + 32, be8(512), -EINVAL},
                       {"resource fork offset 2^62", at + 40, be8(UINT64_C(1) << 62), -EINVAL},
                       {"resource fork offset 2^64-1", at + 40, be8(UINT64_MAX), -EINVAL},
                       {"no tables at all", at + 48, be8(0), -EINVAL},
                       {"resource fork of 15 bytes", at + 48, be8(15), -EINVAL},
                       {"second of two segments", at + 56, big_endian(0x0000000200000002, 8), -ENOTSUP},
                       {"property list 2^63", at + 216, be8(UINT64_C(1) << 63), -EINVAL},
                       {"property list that is none", at + 224, be8(64), 0},
                       {"no sectors", at + 492, be8(0), -EINVAL},
                       {"one sector, chunks beyond", at + 492, be8(1), -EINVAL},
                       {"2^63 sectors", at + 492, be8(UINT64_C(1) << 63), -EINVAL},
                       {"encrypted", 0, text_bytes("encrcdsa"), -ENOTSUP},
                   });
}

// Oracle: the format sheet, also where it says that QEMU accepts.
TEST_F(Dmg, BrokenTablesAreRefused)
{
    make_small();
    const auto be4 = [](uint64_t value) { return big_endian(value, 4); };
    const auto be8 = [](uint64_t value) { return big_endian(value, 8); };
    const uint64_t huge = UINT64_C(1) << 62;
    expect_refused(path("disk.dmg"), "dmg",
                   {
                       {"magic", table(), text_bytes("mash"), -EINVAL},
                       {"first sector 2^62", table() + 8, be8(huge), -EINVAL},
                       {"first sector 2^64-1", table() + 8, be8(UINT64_MAX), -EINVAL},
                       {"first sector 1: the last chunk ends beyond", table() + 8, be8(1), -EINVAL},
                       {"data offset 2^64-1", table() + 24, be8(UINT64_MAX), -EINVAL},
                       {"6 chunks of 5", table() + 200, be4(6), -EINVAL},
                       {"0xffffffff chunks", table() + 200, be4(0xffffffff), -EINVAL},
                       {"no chunks", table() + 200, be4(0), -EINVAL},
                       {"ADC", chunk(2), be4(0x80000004), -ENOTSUP},
                       {"LZFSE", chunk(2), be4(0x80000007), -ENOTSUP},
                       {"unknown type", chunk(2), be4(3), -ENOTSUP},
                       {"overlap", chunk(2) + 8, be8(99), -EINVAL},
                       {"first sector 2^64-1 in a chunk", chunk(2) + 8, be8(UINT64_MAX), -EINVAL},
                       {"2^64-1 sectors", chunk(2) + 16, be8(UINT64_MAX), -EINVAL},
                       {"plain chunk of another length", chunk(1) + 32, be8(512), -EINVAL},
                       {"offset beyond the data", chunk(2) + 24, be8(huge), -EINVAL},
                       {"length beyond the data", chunk(2) + 32, be8((64 << 20) + 1), -EINVAL},
                       {"length 2^62", chunk(2) + 32, be8(huge), -EINVAL},
                       {"no sectors: dropped", chunk(2) + 16, be8(0), 0},
                       {"end after the first chunk: the rest is zero", chunk(1), be4(0xffffffff), 0},
                   });
}

// Oracle: the sheet's limit, on both sides of it: 131072 sectors in one compressed chunk.
TEST_F(Dmg, TheLargestChunkIsLimited)
{
    make_small();
    patch_bytes(path("disk.dmg"), trailer() + 492, big_endian(1 << 20, 8));
    const auto sectors = [&](uint64_t n) { patch_bytes(path("disk.dmg"), chunk(3) + 16, big_endian(n, 8)); };
    sectors(131072);
    EXPECT_EQ(Disk(path("disk.dmg"), "dmg").status(), 0);
    sectors(131073);
    EXPECT_EQ(Disk(path("disk.dmg"), "dmg").status(), -EINVAL);
}

TEST_F(Dmg, BrokenResourceForksAreRefused)
{
    make_small();
    const uint64_t fork = table() - 260;
    const uint64_t map = fork + 256 + (trailer() - table() + 4 - 50);
    const auto be2 = [](uint64_t value) { return big_endian(value, 2); };
    const auto be4 = [](uint64_t value) { return big_endian(value, 4); };
    expect_refused(path("disk.dmg"), "dmg",
                   {
                       {"data beyond the fork", fork, be4(0xffffffff), -EINVAL},
                       {"map beyond the fork", fork + 4, be4(0xffffff00), -EINVAL},
                       {"data longer than the fork", fork + 8, be4(0xffffffff), -EINVAL},
                       {"map longer than the fork", fork + 12, be4(51), -EINVAL},
                       {"map of 27 bytes", fork + 12, be4(27), -EINVAL},
                       {"resource longer than the data", fork + 256, be4(0x7fffffff), -EINVAL},
                       {"type list beyond the map", map + 24, be2(0xffff), -EINVAL},
                       {"more types than the map holds", map + 28, be2(7), -EINVAL},
                       {"no types", map + 28, be2(0xffff), -EINVAL},
                       {"another type", map + 30, text_bytes("blky"), -EINVAL},
                       {"more references than the map holds", map + 34, be2(0xfffe), -EINVAL},
                       {"references beyond the map", map + 36, be2(0xfff0), -EINVAL},
                       {"resource beyond the data", map + 38 + 5, Bytes{0xff, 0xff, 0xff}, -EINVAL},
                   });
}

/// The property list of disk.dmg with `from` replaced by `to`, both equally long.
Damage replace(const Bytes& image, const char* what, const std::string& from, const std::string& to, int status)
{
    const auto at = std::search(image.begin(), image.end(), from.begin(), from.end());
    EXPECT_NE(at, image.end()) << from;
    EXPECT_EQ(from.size(), to.size());
    return {what, static_cast<uint64_t>(at - image.begin()), text_bytes(to), status};
}

// Oracle: the key path of the format sheet; without it there is no table at all.
TEST_F(Dmg, PropertyListsAreReadByTheirStructure)
{
    model_.assign(kSmallSectors * SECTOR_SIZE, 0x41);
    write({.plist = true, .resource_fork = false, .chunk_sectors = 50});
    const Bytes image = read_bytes(path("disk.dmg"));
    expect_refused(path("disk.dmg"), "dmg",
                   {
                       replace(image, "another outer key", "<key>resource-fork<", "<key>resource-fxrk<", -EINVAL),
                       replace(image, "another inner key", "<key>blkx<", "<key>plst<", -EINVAL),
                       replace(image, "another data key", "<key>Data<", "<key>Date<", -EINVAL),
                       replace(image, "the dict of a comment", "<plist version=\"1.0\">\n<dict>",
                               "<!--st version=\"1.0\">\n<dict>", -EINVAL),
                       replace(image, "a comment", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                               "<!-- <key></dict></array> <data>   -->", 0),
                       replace(image, "an end too many", "<plist version=\"1.0\">", "</plist ersion=\"1.0\">", -EINVAL),
                       replace(image, "no base64", "<data>\n\t\t\t\tbWlz", "<data>\n\t\t\t\tb*lz", -EINVAL),
                       replace(image, "base64 of another table", "bWlz", "bWlw", -EINVAL),
                       replace(image, "base64 that ends early", "bWlz", "bW==", -EINVAL),
                   });
}

// Oracle: the sanitizers.
TEST_F(Dmg, DamagedImagesNeverCrash)
{
    make_small();
    EXPECT_GT(read_damaged(path("disk.dmg"), "dmg",
                           {{table(), 32},
                            {table() + 200, 204},
                            {trailer() - 50, 50},
                            {table() - 260, 16},
                            {trailer() + 24, 40},
                            {trailer() + 488, 24}},
                           2000),
              100);
    write({.plist = true, .resource_fork = false, .chunk_sectors = 50});
    const Bytes image = read_bytes(path("disk.dmg"));
    const std::string start = "<?xml";
    const auto plist =
        static_cast<uint64_t>(std::search(image.begin(), image.end(), start.begin(), start.end()) - image.begin());
    EXPECT_GT(read_damaged(path("disk.dmg"), "dmg", {{plist, trailer() - plist}}, 2000), 100);
}

}  // namespace
}  // namespace rogate::selfcheck
