// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/digest.h"

#include <sys/stat.h>

#include "image/state.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

constexpr uint64_t kChunkSectors = kChunkBytes / kSectorBytes;

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

TEST_F(DigestTest, BothMapsNameTheSameChunks)
{
    test::put_file(at("a"), std::string(3 * kChunkBytes + 5, 'x'));
    const ChunkMap quick = chunk_map(at("a")).value();
    const ChunkMap thorough = digest("a").map;
    ASSERT_EQ(quick.chunks.size(), 4u);
    ASSERT_EQ(thorough.chunks.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(quick.chunks[i].index, thorough.chunks[i].index);
        EXPECT_NE(quick.chunks[i].hash, thorough.chunks[i].hash);
    }
    EXPECT_EQ(changed_ranges(quick, thorough), (Ranges{{0, 3 * kChunkSectors + 1}}));
    EXPECT_TRUE(changed_ranges(quick, quick).empty());
}

TEST_F(DigestTest, EveryByteAndTheSizeCount)
{
    // Invariant: files of other content have another digest. Places: ends of chunks and batches, and the last byte.
    const uint64_t size = 19 * kChunkBytes + 777;
    test::put_file(at("a"), std::string(size, 'x'));
    const FileDigest before = digest("a");
    for (const uint64_t place : {uint64_t{0}, kChunkBytes - 1, kChunkBytes, kLanes * kChunkBytes - 1,
                                 kLanes * kChunkBytes, 19 * kChunkBytes, size - 1}) {
        test::poke(at("a"), place, "y");
        EXPECT_NE(digest("a").evidence, before.evidence) << place;
        EXPECT_EQ(changed_ranges(before.map, digest("a").map),
                  (Ranges{{place / kChunkBytes * kChunkSectors, place < 19 * kChunkBytes ? kChunkSectors : 2u}}));
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
    EXPECT_EQ(changed_ranges(digest("a").map, digest("b").map), (Ranges{{0, 2 * kChunkSectors}}));
}

TEST_F(DigestTest, AChangedSizeIsAChangeEvenOfZeros)
{
    test::resize(at("a"), 1000);
    test::resize(at("b"), 3 * kChunkBytes);
    EXPECT_NE(digest("a").evidence, digest("b").evidence);
    EXPECT_EQ(changed_ranges(digest("a").map, digest("b").map), (Ranges{{1, 3 * kChunkSectors - 1}}));
    auto diff = diff_files(at("a"), at("b"));
    EXPECT_EQ(diff->ranges, (Ranges{{1, 3 * kChunkSectors - 1}}));
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

TEST_F(DigestTest, ScatteredChunksAreGathered)
{
    // Invariant: the same content has the same digest, in one extent or in many, and every progress report counts data.
    const uint64_t size = 100 * kChunkBytes;
    test::resize(at("sparse"), size);
    for (uint64_t chunk = 0; chunk < 100; chunk += 2) {
        test::poke(at("sparse"), chunk * kChunkBytes + 5000, "data" + std::to_string(chunk));
    }
    test::put_file(at("dense"), test::get_file(at("sparse")));
    std::vector<uint64_t> done;
    const auto found = digest_file(at("sparse"), {.progress = [&](uint64_t now, uint64_t total) {
                                       done.push_back(now);
                                       EXPECT_EQ(total, 50 * kChunkBytes);
                                   }});
    ASSERT_EQ(found->map.chunks.size(), 50u);
    EXPECT_EQ(*found, digest("dense"));
    EXPECT_EQ(done, (std::vector<uint64_t>{16 * kChunkBytes, 32 * kChunkBytes, 48 * kChunkBytes, 50 * kChunkBytes}));
}

TEST_F(DigestTest, AFileThatIsWrittenMeanwhileIsRefusedIfAsked)
{
    const std::string bytes(40 * kChunkBytes, 'x');
    for (const bool lengthen : {false, true}) {
        test::put_file(at("a"), bytes);
        const timespec old[2] = {{1, 5}, {1, 5}};
        ASSERT_EQ(::utimensat(AT_FDCWD, at("a").c_str(), old, 0), 0);
        const auto meddle = [&](uint64_t, uint64_t) {
            lengthen ? test::resize(at("a"), bytes.size() + 1) : test::poke(at("a"), 0, "y");
        };
        auto refused = digest_file(at("a"), {meddle, true});
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().kind, ErrorKind::environment);
        EXPECT_EQ(refused.error().text, "'" + at("a").string() + "' was written while it was being read");
        EXPECT_FALSE(chunk_map(at("a"), {[&](uint64_t, uint64_t) { test::poke(at("a"), 1, "y"); }, true}).has_value());
        EXPECT_TRUE(digest_file(at("a"), {meddle, false}).has_value());
        EXPECT_TRUE(digest_file(at("a"), {{}, true}).has_value());
    }
}

TEST_F(DigestTest, AFileThatIsCutOffMeanwhileIsAnError)
{
    test::put_file(at("a"), std::string(40 * kChunkBytes, 'x'));
    auto cut = digest_file(at("a"), {.progress = [&](uint64_t, uint64_t) { test::resize(at("a"), 10); }});
    ASSERT_FALSE(cut.has_value());
    EXPECT_EQ(cut.error().kind, ErrorKind::corrupt);
}

TEST_F(DigestTest, FingerprintFollowsTheContent)
{
    test::put_file(at("a"), std::string(3 * kChunkBytes, 'x'));
    const ChunkHash before = fingerprint(chunk_map(at("a")).value());
    test::resize(at("a"), 3 * kChunkBytes + 1);
    const ChunkHash longer = fingerprint(chunk_map(at("a")).value());
    EXPECT_NE(longer, before);
    test::poke(at("a"), 2 * kChunkBytes, "y");
    EXPECT_NE(fingerprint(chunk_map(at("a")).value()), longer);
    EXPECT_NE(fingerprint(digest("a").map), fingerprint(chunk_map(at("a")).value()));
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
