// SPDX-License-Identifier: GPL-2.0-or-later
// cloop: images made by create_compressed_fs, and the small one of the format sheet, read by the in-tree driver.
#include <fcntl.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "read_only_disk.h"

namespace rogate::selfcheck
{
namespace
{

constexpr uint64_t kBlockSize = 128;
constexpr uint64_t kBlocks = 132;
constexpr uint64_t kOffsets = 136;
/// Divides the reference size: 272 blocks.
constexpr uint64_t kBlockBytes = 32256;

class Cloop : public DiskTest
{
protected:
    void make(uint64_t block_bytes = kBlockBytes)
    {
        std::mt19937_64 random(kSeed);
        model_ = sparse_content(random, kReferenceSectors * SECTOR_SIZE);
        write_bytes(path("R.raw"), model_);
        run_ok({"create_compressed_fs", "-q", "-B", std::to_string(block_bytes), path("R.raw"), path("disk.cloop")});
    }

    Bytes model_;
};

Bytes preamble()
{
    Bytes bytes = text_bytes("#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n"
                             "exit $?\n");
    bytes.resize(kBlockSize);
    return bytes;
}

void append(Bytes& to, const Bytes& bytes)
{
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The image of the format sheet: one block of 4096 bytes, here `stream`.
Bytes one_block(const Bytes& stream)
{
    Bytes image = preamble();
    append(image, big_endian(4096, 4));
    append(image, big_endian(1, 4));
    append(image, big_endian(152, 8));
    append(image, big_endian(152 + stream.size(), 8));
    append(image, stream);
    return image;
}

Bytes deflated(const Bytes& plain)
{
    uLongf size = compressBound(plain.size());
    Bytes out(size);
    EXPECT_EQ(compress(out.data(), &size, plain.data(), plain.size()), Z_OK);
    out.resize(size);
    return out;
}

// Oracle: the array that create_compressed_fs made the image of.
TEST_F(Cloop, ReadsWhatCreateCompressedFsWrote)
{
    make();
    read_at_random(path("disk.cloop"), "cloop", model_);
}

// Oracle: the same array, padded with zeros to whole blocks as the format demands.
TEST_F(Cloop, PadsTheLastBlock)
{
    make(65536);
    model_.resize(134 * 65536);
    Disk disk(path("disk.cloop"), "");
    ASSERT_EQ(disk.status(), 0);
    EXPECT_STREQ(bdrv_get_format(disk.get()), "cloop");
    EXPECT_TRUE(disk.content() == model_);
}

// Oracles: extract_compressed_fs and qemu-img.
TEST_F(Cloop, AgreesWithOtherReaders)
{
    make();
    Disk disk(path("disk.cloop"), "cloop");
    ASSERT_EQ(disk.status(), 0);
    write_bytes(path("ours.raw"), disk.content());
    run_ok({"extract_compressed_fs", path("disk.cloop"), path("theirs.raw")});
    EXPECT_EQ(sha256(path("ours.raw")), sha256(path("theirs.raw")));
    run_ok({"qemu-img", "compare", "-f", "cloop", "-F", "raw", path("disk.cloop"), path("ours.raw")});
}

// Oracle: the sheet's bytes.
TEST_F(Cloop, ReadsTheImageOfTheSheet)
{
    write_bytes(path("x"), one_block(deflated(Bytes(4096, 0x5a))));
    EXPECT_EQ(Disk(path("x"), "").content(), Bytes(4096, 0x5a));
}

// Oracle: what the stream decodes to is a byte too short, a byte too long, or nothing.
TEST_F(Cloop, ABlockOfAnotherLengthIsAnError)
{
    Bytes cut = deflated(Bytes(4096, 0x5a));
    cut.pop_back();
    for (const Bytes& stream : {deflated(Bytes(4095, 1)), deflated(Bytes(4097, 1)), cut, Bytes{}, Bytes(9, 0xff)}) {
        write_bytes(path("x"), one_block(stream));
        Disk disk(path("x"), "cloop");
        ASSERT_EQ(disk.status(), 0);
        Bytes data(SECTOR_SIZE);
        EXPECT_EQ(disk.read(0, data), -EIO);
    }
}

// Oracle: the sheet: neighbours of a damaged block stay readable, and it does not become what was read before.
TEST_F(Cloop, ADamagedBlockIsAnErrorForThatBlockOnly)
{
    make();
    const Bytes image = read_bytes(path("disk.cloop"));
    uint64_t end = 0;
    for (int i = 0; i < 8; i++) {
        end = end << 8 | image[kOffsets + 8 * 4 + i];
    }
    // the checksum at the stream's end: all of the block is decoded before it is found to be wrong
    patch_bytes(path("disk.cloop"), end - 4, Bytes(4, 0xee));
    Disk disk(path("disk.cloop"), "cloop");
    ASSERT_EQ(disk.status(), 0);
    const size_t sectors = kBlockBytes / SECTOR_SIZE;
    for (int round = 0; round < 2; round++) {
        for (const size_t block : {2u, 3u, 2u, 3u, 3u, 4u}) {
            Bytes data(kBlockBytes);
            EXPECT_EQ(disk.read(static_cast<int64_t>(block * sectors), data), block == 3 ? -EIO : 0);
            if (block != 3) {
                EXPECT_EQ(memcmp(data.data(), &model_[block * kBlockBytes], kBlockBytes), 0) << block;
            }
        }
    }
}

TEST_F(Cloop, IsNeverWritten)
{
    make();
    expect_only_reads(path("disk.cloop"), "cloop");
}

// Oracle: /proc/self/fd. The format cannot be written, so even the unpatched driver opens it for reading only.
TEST_F(Cloop, IsOpenForReadingOnly)
{
    make();
    Disk disk(path("disk.cloop"), "cloop");
    EXPECT_EQ(open_modes(path("disk.cloop")), std::vector<int>{O_RDONLY});
}

// Oracle: the refusals of the format sheet.
TEST_F(Cloop, BrokenHeadersAreRefused)
{
    make();
    const auto be4 = [](uint64_t value) { return big_endian(value, 4); };
    const auto be8 = [](uint64_t value) { return big_endian(value, 8); };
    const uint64_t size = std::filesystem::file_size(path("disk.cloop"));
    expect_refused(path("disk.cloop"), "cloop",
                   {
                       {"another script", 0, text_bytes("#!/bin/ls"), -EINVAL},
                       {"V3.0", 12, text_bytes("3"), -EINVAL},
                       {"block size 0", kBlockSize, be4(0), -EINVAL},
                       {"block size 513", kBlockSize, be4(513), -EINVAL},
                       {"block size 64 MiB + 512", kBlockSize, be4((64 << 20) + 512), -EINVAL},
                       {"block size 0xfffffe00", kBlockSize, be4(0xfffffe00), -EINVAL},
                       {"block size 512, blocks longer than twice that", kBlockSize, be4(512), -EINVAL},
                       {"no blocks", kBlocks, be4(0), -EINVAL},
                       {"0xffffffff blocks", kBlocks, be4(0xffffffff), -EINVAL},
                       {"0x10000000 blocks", kBlocks, be4(0x10000000), -EINVAL},
                       {"0x7fffff blocks, beyond the file", kBlocks, be4(0x7fffff), -EINVAL},
                       {"273 blocks", kBlocks, be4(273), -EINVAL},
                       {"first offset in the table", kOffsets, be8(kOffsets), -EINVAL},
                       {"offset 2^63", kOffsets + 8, be8(UINT64_C(1) << 63), -EINVAL},
                       {"decreasing offsets", kOffsets + 8 * 5, be8(kOffsets + 8 * 273), -EINVAL},
                       {"end beyond the file", kOffsets + 8 * 272, be8(size + 1), -EINVAL},
                   });
}

TEST_F(Cloop, CutOffImagesAreRefused)
{
    make();
    const std::string whole = std::to_string(std::filesystem::file_size(path("disk.cloop")) - 1);
    for (const char* bytes : {whole.c_str(), "2319", "143", "136", "135", "20", "0"}) {
        run_ok({"truncate", "-s", bytes, path("disk.cloop")});
        EXPECT_LT(Disk(path("disk.cloop"), "cloop").status(), 0) << bytes;
    }
}

// Oracle: the sanitizers.
TEST_F(Cloop, DamagedImagesNeverCrash)
{
    write_bytes(path("x"), one_block(deflated(Bytes(4096, 0x5a))));
    EXPECT_GT(read_damaged(path("x"), "cloop", {{kBlockSize, 24}, {152, 60}}, 3000), 100);
}

}  // namespace
}  // namespace rogate::selfcheck
