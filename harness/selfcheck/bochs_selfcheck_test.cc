// SPDX-License-Identifier: GPL-2.0-or-later
// bochs: images made by bximage, and the small one of the format sheet, read by the in-tree driver.
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "read_only_disk.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int64_t kVersion = 64;
constexpr int64_t kHeaderSize = 68;
constexpr int64_t kCatalog = 72;
constexpr int64_t kBitmap = 76;
constexpr int64_t kExtent = 80;
constexpr int64_t kPackedSize = 84;
constexpr int64_t kSize = 88;
constexpr int64_t kCatalogAt = 512;
constexpr int64_t kCylinderBytes = 16 * 63 * SECTOR_SIZE;

class Bochs : public DiskTest
{
protected:
    /// Makes disk.bochs with random content in model_.
    void make()
    {
        std::mt19937_64 random(kSeed);
        model_ = sparse_content(random, kReferenceSectors * SECTOR_SIZE);
        write_bytes(path("R.raw"), model_);
        run_ok({"bximage", "-q", "-func=convert", "-imgmode=growing", path("R.raw"), path("disk.bochs")});
    }

    Bytes model_;
};

/// The image of the format sheet: 8 sectors, one extent, all of it written.
Bytes sheet_image()
{
    Bytes image(5124);
    const auto put = [&](int64_t at, const Bytes& bytes) { std::copy(bytes.begin(), bytes.end(), image.begin() + at); };
    put(0, text_bytes("Bochs Virtual HD Image"));
    put(32, text_bytes("Redolog"));
    put(48, text_bytes("Growing"));
    put(kVersion, little_endian(0x20000, 4));
    put(kHeaderSize, little_endian(512, 4));
    put(kCatalog, little_endian(1, 4));
    put(kBitmap, little_endian(1, 4));
    put(kExtent, little_endian(4096, 4));
    put(kSize, little_endian(4096, 8));
    image[516] = 0xff;
    for (size_t i = 0; i < 4096; i++) {
        image[1028 + i] = static_cast<uint8_t>(i / 512 + i);
    }
    return image;
}

// Oracle: the array that bximage made the image of.
TEST_F(Bochs, ReadsWhatBximageWrote)
{
    make();
    read_at_random(path("disk.bochs"), "bochs", model_);
}

// Oracle: qemu-img, on an image that bximage reads too.
TEST_F(Bochs, AgreesWithQemuImg)
{
    make();
    Disk disk(path("disk.bochs"), "bochs");
    ASSERT_EQ(disk.status(), 0);
    write_bytes(path("ours.raw"), disk.content());
    run_ok({"qemu-img", "compare", "-f", "bochs", "-F", "raw", path("disk.bochs"), path("ours.raw")});
    run_ok({"bximage", "-q", "-func=convert", "-imgmode=flat", path("disk.bochs"), path("theirs.raw")});
    EXPECT_EQ(sha256(path("ours.raw")), sha256(path("theirs.raw")));
}

// Oracle: the sheet's bytes.
TEST_F(Bochs, ReadsTheImageOfTheSheet)
{
    Bytes image = sheet_image();
    write_bytes(path("x"), image);
    EXPECT_TRUE(Disk(path("x"), "").content() == Bytes(image.begin() + 1028, image.end()));
    image[516] = 0xfd;  // sector 1 was never written: zeros, whatever lies in its place
    write_bytes(path("x"), image);
    Bytes expected(image.begin() + 1028, image.end());
    std::fill_n(expected.begin() + 512, 512, 0);
    EXPECT_TRUE(Disk(path("x"), "bochs").content() == expected);
}

// Oracle: the size asked for, in whole cylinders of 16 heads and 63 sectors.
TEST_F(Bochs, ReadsEmptyDisksOfAllSizes)
{
    for (const int64_t megabytes : {10, 32, 256, 8192}) {
        const std::string name = path("empty" + std::to_string(megabytes));
        run_ok({"bximage", "-q", "-func=create", "-hd=" + std::to_string(megabytes) + "M", "-imgmode=growing", name});
        Disk disk(name, "");
        ASSERT_EQ(disk.status(), 0);
        EXPECT_STREQ(bdrv_get_format(disk.get()), "bochs");
        EXPECT_EQ(bdrv_getlength(disk.get()), (megabytes << 20) / kCylinderBytes * kCylinderBytes);
        Bytes data(100 * SECTOR_SIZE, 0xa5);
        ASSERT_EQ(disk.read(disk.sectors() - 100, data), 0);
        EXPECT_EQ(data, Bytes(100 * SECTOR_SIZE));
    }
}

// Oracles: qemu-img, which reads version 1 with the packed field, and the content; with the aligned field, the content.
TEST_F(Bochs, FindsTheSizeOfVersionOneInEitherPlace)
{
    make();
    patch_bytes(path("disk.bochs"), kVersion, little_endian(0x10000, 4));
    EXPECT_TRUE(Disk(path("disk.bochs"), "").content() == model_) << "aligned";
    patch_bytes(path("disk.bochs"), kPackedSize, little_endian(kReferenceSectors * SECTOR_SIZE, 8));
    patch_bytes(path("disk.bochs"), kPackedSize + 8, little_endian(0, 4));
    EXPECT_TRUE(Disk(path("disk.bochs"), "").content() == model_) << "packed";
    run_ok({"qemu-img", "compare", "-f", "bochs", "-F", "raw", path("disk.bochs"), path("R.raw")});
}

TEST_F(Bochs, IsNeverWritten)
{
    make();
    expect_only_reads(path("disk.bochs"), "bochs");
}

// The fault that the unpatched tree must keep. Oracle: /proc/self/fd.
TEST_F(Bochs, IsOpenForWritingAndCallsItselfReadOnly)
{
    make();
    Disk disk(path("disk.bochs"), "bochs");
    EXPECT_EQ(open_modes(path("disk.bochs")), std::vector<int>{O_RDWR});
    EXPECT_EQ(bdrv_is_read_only(disk.get()), 1);
}

// Oracle: the refusals of the format sheet.
TEST_F(Bochs, BrokenHeadersAreRefused)
{
    make();
    const auto le4 = [](uint64_t value) { return little_endian(value, 4); };
    expect_refused(path("disk.bochs"), "bochs",
                   {
                       {"magic", 0, text_bytes("bochs"), -EINVAL},
                       {"a longer magic", 22, text_bytes("s"), -EINVAL},
                       {"type", 32, text_bytes("Undolog"), -EINVAL},
                       {"undoable", 48, text_bytes("Undoable"), -EINVAL},
                       {"volatile", 48, text_bytes("Volatile"), -EINVAL},
                       {"version 0", kVersion, le4(0), -EINVAL},
                       {"version 3", kVersion, le4(0x30000), -EINVAL},
                       {"header size 1024", kHeaderSize, le4(1024), -EINVAL},
                       {"catalog 0", kCatalog, le4(0), -EINVAL},
                       {"catalog 1, too small for the disk", kCatalog, le4(1), -EINVAL},
                       {"catalog 0x40000000", kCatalog, le4(0x40000000), -EINVAL},
                       {"catalog 0xffffffff", kCatalog, le4(0xffffffff), -EINVAL},
                       {"catalog beyond the file", kCatalog, le4(0x100000), -EINVAL},
                       {"bitmap 0", kBitmap, le4(0), -EINVAL},
                       {"bitmap too small", kBitmap, le4(3), -EINVAL},
                       {"bitmap 4097", kBitmap, le4(4097), -EINVAL},
                       {"bitmap 0xffffffff", kBitmap, le4(0xffffffff), -EINVAL},
                       {"extent 0", kExtent, le4(0), -EINVAL},
                       {"extent 256", kExtent, le4(256), -EINVAL},
                       {"extent 515", kExtent, le4(515), -EINVAL},
                       {"extent 0x1000000", kExtent, le4(0x1000000), -EINVAL},
                       {"extent 0x80000000", kExtent, le4(0x80000000), -EINVAL},
                       {"size 0", kSize, little_endian(0, 8), -EINVAL},
                       {"size no multiple of 512", kSize, little_endian(8773633, 8), -EINVAL},
                       {"size beyond the catalog", kSize, little_endian(16777216 + 512, 8), -EINVAL},
                       {"size 2^63", kSize, little_endian(UINT64_C(1) << 63, 8), -EINVAL},
                       {"slot beyond the file", kCatalogAt, le4(0x10000), -EINVAL},
                       {"slot 0xfffffffe", kCatalogAt + 4 * 1023, le4(0xfffffffe), -EINVAL},
                   });
}

TEST_F(Bochs, CutOffImagesAreRefused)
{
    make();
    const std::string whole = std::to_string(std::filesystem::file_size(path("disk.bochs")) - 1);
    for (const char* bytes : {whole.c_str(), "4607", "600", "511", "90", "0"}) {
        run_ok({"truncate", "-s", bytes, path("disk.bochs")});
        EXPECT_LT(Disk(path("disk.bochs"), "bochs").status(), 0) << bytes;
    }
}

// Oracle: the sanitizers.
TEST_F(Bochs, DamagedImagesNeverCrash)
{
    write_bytes(path("x"), sheet_image());
    EXPECT_GT(read_damaged(path("x"), "bochs", {{64, 32}, {512, 8}}, 3000), 100);
}

}  // namespace
}  // namespace rogate::selfcheck
