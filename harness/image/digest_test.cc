// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/digest.h"

#include <random>
#include <sys/stat.h>

#include "image/state.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

class DigestTest : public test::ImageTest {
protected:
    FileDigest digest(const std::string& name) { return digest_file(at(name)).value(); }
};

TEST_F(DigestTest, HolesAndWrittenZerosAreAlike)
{
    const uint64_t size = 5 * kChunkBytes + 100;
    test::resize(at("hole"), size);
    test::poke(at("hole"), 2 * kChunkBytes + 7, "data");
    std::string bytes(size, '\0');
    bytes.replace(2 * kChunkBytes + 7, 4, "data");
    test::put_file(at("zeros"), bytes);
    EXPECT_EQ(digest("hole"), digest("zeros"));
    ASSERT_EQ(digest("hole").map.chunks.size(), 1u);
    EXPECT_EQ(digest("hole").map.chunks[0].index, 2u);
}

TEST_F(DigestTest, MapIsTheSameWithAndWithoutEvidence)
{
    test::put_file(at("a"), std::string(3 * kChunkBytes + 5, 'x'));
    EXPECT_EQ(chunk_map(at("a")).value(), digest("a").map);
    EXPECT_EQ(digest("a").map.chunks.size(), 4u);
}

TEST_F(DigestTest, EveryByteAndTheSizeCount)
{
    // Invariant: files of other content have another digest. Places: ends of chunks and batches, and the last byte.
    const uint64_t size = 9 * kChunkBytes + 777;
    test::put_file(at("a"), std::string(size, 'x'));
    const FileDigest before = digest("a");
    for (const uint64_t place :
         {uint64_t{0}, kChunkBytes - 1, kChunkBytes, 4 * kChunkBytes - 1, 4 * kChunkBytes, 9 * kChunkBytes, size - 1}) {
        test::poke(at("a"), place, "y");
        EXPECT_NE(digest("a").evidence, before.evidence) << place;
        EXPECT_EQ(changed_ranges(before.map, digest("a").map),
                  (Ranges{{place / kChunkBytes * 128, place < 9 * kChunkBytes ? 128u : 2u}}));
        test::poke(at("a"), place, "x");
    }
    EXPECT_EQ(digest("a"), before);
    test::resize(at("a"), size + 1);
    EXPECT_NE(digest("a").evidence, before.evidence);
}

TEST_F(DigestTest, AMovedChunkIsAnotherContent)
{
    for (const char* name : {"a", "b"}) {
        test::resize(at(name), 4 * kChunkBytes);
    }
    test::poke(at("a"), 0, "data");
    test::poke(at("b"), kChunkBytes, "data");
    EXPECT_EQ(digest("a").map.chunks[0].hash, digest("b").map.chunks[0].hash);
    EXPECT_NE(digest("a").evidence, digest("b").evidence);
    EXPECT_EQ(changed_ranges(digest("a").map, digest("b").map), (Ranges{{0, 256}}));
}

TEST_F(DigestTest, AChangedSizeIsAChangeEvenOfZeros)
{
    test::resize(at("a"), 1000);
    test::resize(at("b"), 3 * kChunkBytes);
    EXPECT_NE(digest("a").evidence, digest("b").evidence);
    EXPECT_EQ(changed_ranges(digest("a").map, digest("b").map), (Ranges{{1, 383}}));
    auto diff = diff_files(at("a"), at("b"));
    EXPECT_EQ(diff->ranges, (Ranges{{1, 383}}));
}

TEST_F(DigestTest, EmptyFileHasADigest)
{
    test::put_file(at("a"), "");
    EXPECT_TRUE(digest("a").map.chunks.empty());
    EXPECT_NE(digest("a").evidence, Sha256{});
}

TEST_F(DigestTest, ATebibyteOfHoleCostsOnlyItsData)
{
    const uint64_t tebibyte = uint64_t{1} << 40;
    test::resize(at("a"), tebibyte);
    test::poke(at("a"), tebibyte - 4, "data");
    const FileDigest found = digest("a");
    ASSERT_EQ(found.map.chunks.size(), 1u);
    EXPECT_EQ(found.map.chunks[0].index, tebibyte / kChunkBytes - 1);
}

TEST_F(DigestTest, PlainSha256OfAKnownText)
{
    // Golden: FIPS 180-2, appendix B.1.
    test::put_file(at("a"), "abc");
    EXPECT_EQ(to_hex(sha256_file(at("a")).value()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(DigestTest, PlainSha256RefusesWhatTakesTooLong)
{
    test::resize(at("a"), kPlainSha256Bytes + 1);
    auto refused = sha256_file(at("a"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_EQ(refused.error().text,
              "'" + at("a").string() + "' has 67108865 bytes, too many for a plain SHA-256 (limit 67108864 bytes)");
    EXPECT_TRUE(sha256_file(at("a"), UINT64_MAX).has_value());
}

TEST_F(DigestTest, MissingFileAndFifoAreErrors)
{
    EXPECT_EQ(digest_file(at("a")).error().kind, ErrorKind::not_found);
    ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(digest_file(at("fifo")).error().kind, ErrorKind::corrupt);
    EXPECT_EQ(chunk_map(at(".")).error().kind, ErrorKind::corrupt);
}

TEST_F(DigestTest, DiffNamesTheSectorsThatWereEdited)
{
    // Oracle: the list of edits. Sparse and dense files, sizes off the sector.
    std::mt19937 random(20080725);
    for (int round = 0; round < 60; ++round) {
        const uint64_t size = 1 + random() % (4 * kChunkBytes);
        const std::string name = "b" + std::to_string(round);
        std::string bytes(size, round % 3 ? 'x' : '\0');
        test::put_file(at("a"), bytes);
        round % 3 ? test::put_file(at(name), bytes) : test::resize(at(name), size);
        std::vector<bool> edited(size / 512 + 1);
        for (unsigned edits = random() % 40; edits > 0; --edits) {
            const uint64_t place = random() % size;
            test::poke(at(name), place, "!");
            edited[place / 512] = true;
        }
        Ranges expected;
        for (uint64_t lba = 0; lba < edited.size(); ++lba) {
            if (edited[lba]) {
                append_joined(expected, {lba, 1});
            }
        }
        ASSERT_EQ(diff_files(at("a"), at(name))->ranges, expected) << "round " << round;
        const auto within = changed_ranges(chunk_map(at("a")).value(), chunk_map(at(name)).value());
        ASSERT_EQ(diff_files(at("a"), at(name), &within)->ranges, expected) << "round " << round;
    }
}

TEST_F(DigestTest, DiffStaysWithinTheSectorsAsked)
{
    test::resize(at("a"), 8192);
    test::put_file(at("b"), std::string(10000, 'x'));
    const Ranges within = {{2, 3}, {15, 2}, {19, 5}};
    EXPECT_EQ(diff_files(at("a"), at("b"), &within)->ranges, (Ranges{{2, 3}, {15, 2}, {19, 1}}));
}

TEST_F(DigestTest, DiffIsCappedAndCountsOn)
{
    test::resize(at("a"), 512 * 64);
    test::resize(at("b"), 512 * 64);
    for (uint64_t lba = 0; lba < 64; lba += 2) {
        test::poke(at("b"), lba * 512, "x");
    }
    auto diff = diff_files(at("a"), at("b"), nullptr, 5);
    EXPECT_EQ(diff->ranges.size(), 5u);
    EXPECT_EQ(diff->total, 32u);
    EXPECT_TRUE(diff->truncated);
}

TEST_F(DigestTest, StateNamesWhatChanged)
{
    test::put_file(at("a"), "12345");
    const timespec old[2] = {{1, 5}, {1, 5}};
    ASSERT_EQ(::utimensat(AT_FDCWD, at("a").c_str(), old, 0), 0);
    const FileState before = file_state(at("a")).value();
    EXPECT_EQ(before.mtime_ns, 1'000'000'005);
    EXPECT_EQ(before.size_bytes, 5u);
    EXPECT_TRUE(changed_fields(before, file_state(at("a")).value()).empty());
    test::resize(at("a"), 6);
    FileState after = file_state(at("a")).value();
    after.ctime_ns = before.ctime_ns;  // the clock is too coarse to count on
    EXPECT_EQ(changed_fields(before, after), (std::vector<std::string>{"size", "mtime"}));
    ASSERT_EQ(::chmod(at("a").c_str(), 0600), 0);
    after.mode = file_state(at("a"))->mode;
    EXPECT_EQ(changed_fields(before, after), (std::vector<std::string>{"mode", "size", "mtime"}));
}

TEST_F(DigestTest, ReadingIsNoTouch)
{
    test::put_file(at("a"), std::string(100000, 'x'));
    const auto before = witness_files(at("."), {"a"}).value();
    ASSERT_EQ(before.size(), 1u);
    EXPECT_EQ(before[0].name, "a");
    EXPECT_EQ(before[0].digest, digest("a"));
    EXPECT_EQ(before[0].state, file_state(at("a")).value());
}

}  // namespace
}  // namespace rogate::image
