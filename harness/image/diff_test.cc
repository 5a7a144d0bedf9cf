// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/digest.h"

#include <random>
#include <sys/stat.h>

#include "image/test_support.h"

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

class DiffTest : public test::ImageTest {};

TEST_F(DiffTest, NamesTheSectorsThatWereEdited)
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

TEST_F(DiffTest, StaysWithinTheSectorsAsked)
{
    test::resize(at("a"), 8192);
    test::put_file(at("b"), std::string(10000, 'x'));
    const Ranges within = {{2, 3}, {15, 2}, {19, 5}};
    EXPECT_EQ(diff_files(at("a"), at("b"), &within)->ranges, (Ranges{{2, 3}, {15, 2}, {19, 1}}));
}

TEST_F(DiffTest, IsCappedAndCountsOn)
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

TEST_F(DiffTest, AFileThatIsWrittenMeanwhileIsRefusedIfAsked)
{
    for (const char* name : {"a", "b"}) {
        test::put_file(at("a"), std::string(1 << 20, 'x'));
        test::put_file(at("b"), std::string(1 << 20, 'x'));
        const timespec old[2] = {{1, 5}, {1, 5}};
        ASSERT_EQ(::utimensat(AT_FDCWD, at(name).c_str(), old, 0), 0);
        const auto meddle = [&](uint64_t done, uint64_t total) {
            EXPECT_EQ(total, 1u << 20);
            EXPECT_LE(done, total);
            test::poke(at(name), 0, "x");
        };
        auto refused = diff_files(at("a"), at("b"), nullptr, kDefaultMaxRanges, {meddle, true});
        ASSERT_FALSE(refused.has_value()) << name;
        EXPECT_EQ(refused.error().text, "'" + at(name).string() + "' was written while it was being read");
        EXPECT_TRUE(diff_files(at("a"), at("b"), nullptr, kDefaultMaxRanges, {meddle, false}).has_value());
    }
}

}  // namespace
}  // namespace rogate::image
