// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/sha256.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "image/digest.h"

namespace rogate::image {
namespace {

using Messages = std::vector<std::span<const uint8_t>>;

std::vector<uint8_t> random_bytes(size_t length)
{
    std::mt19937 random(20080727);
    std::vector<uint8_t> bytes(length);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(random());
    }
    return bytes;
}

/// The oracle of the tests below, itself checked against FIPS 180-2: libcrypto, one message at a time.
std::string one_by_one(const Messages& messages)
{
    std::string text;
    for (const auto& message : messages) {
        Sha256Stream stream;
        stream.add(message.data(), message.size());
        text += to_hex(stream.finish().value()) + "\n";
    }
    return text;
}

std::string by_lanes(Sha256Engine engine, const Messages& messages)
{
    auto lanes = Sha256Lanes::make(engine).value();
    std::vector<Sha256> digests(messages.size());
    EXPECT_TRUE(lanes.digest_each(messages, digests).has_value());
    std::string text;
    for (const Sha256& digest : digests) {
        text += to_hex(digest) + "\n";
    }
    return text;
}

class Sha256EveryEngine : public ::testing::TestWithParam<Sha256Engine> {};

TEST_P(Sha256EveryEngine, DigestsLikeLibcryptoHoweverManyMessages)
{
    const std::vector<uint8_t> bytes = random_bytes(40 * 512);
    for (size_t count = 0; count <= 40; ++count) {
        Messages messages;
        for (size_t i = 0; i < count; ++i) {
            messages.push_back({&bytes[i * 512], 512});
        }
        EXPECT_EQ(by_lanes(GetParam(), messages), one_by_one(messages)) << count;
    }
}

TEST_P(Sha256EveryEngine, DigestsLikeLibcryptoWhateverTheLength)
{
    // Lengths about SHA-256's block and padding, about the engines' limit, and those of chunks; mixed and in one batch.
    const std::vector<uint8_t> bytes = random_bytes(70000);
    Messages messages;
    for (const size_t length : {1,     55,   56,    57,    63,    64,    65,    119, 120, 128,   511,  32768,
                                32767, 4096, 65533, 65534, 65535, 65536, 70000, 0,   3,   32768, 32768}) {
        messages.push_back({bytes.data(), length});
    }
    EXPECT_EQ(by_lanes(GetParam(), messages), one_by_one(messages));
    std::reverse(messages.begin(), messages.end());
    EXPECT_EQ(by_lanes(GetParam(), messages), one_by_one(messages));
}

TEST_P(Sha256EveryEngine, LanesCanBeUsedAgain)
{
    const std::vector<uint8_t> bytes = random_bytes(kLanes * kChunkBytes + 1);
    auto lanes = Sha256Lanes::make(GetParam()).value();
    for (const size_t start : {0u, 1u}) {
        Messages messages;
        for (size_t i = 0; i < kLanes; ++i) {
            messages.push_back({&bytes[start + i * kChunkBytes], kChunkBytes});
        }
        std::vector<Sha256> digests(kLanes);
        ASSERT_TRUE(lanes.digest_each(messages, digests).has_value());
        std::string text;
        for (const Sha256& digest : digests) {
            text += to_hex(digest) + "\n";
        }
        EXPECT_EQ(text, one_by_one(messages)) << start;
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Sha256EveryEngine, ::testing::ValuesIn(sha256_engines()),
                         [](const auto& engine) { return std::string(engine_name(engine.param)); });

// Golden: FIPS 180-2, appendix B.1 and B.2.
TEST(Sha256, OfKnownTexts)
{
    Sha256Stream one;
    one.add("abc", 3);
    EXPECT_EQ(to_hex(one.finish().value()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256Stream two;
    two.add("abcdbcdecdefdefgefghfghighijhi", 30);
    two.add("jkijkljklmklmnlmnomnopnopq", 26);
    EXPECT_EQ(to_hex(two.finish().value()), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

#if defined(__x86_64__)
// Every x86-64 machine has SSE; a machine set up by ci/setup has the library.
TEST(Sha256, LanesAreThere)
{
    ASSERT_GE(sha256_engines().size(), 2u);
    EXPECT_EQ(sha256_engines()[1], Sha256Engine::sse);
}
#endif

}  // namespace
}  // namespace rogate::image
