// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/reader.h"

#include "image/format.h"
#include "image/reference.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

class ReaderTest : public test::ImageTest {
protected:
    void SetUp() override { ASSERT_TRUE(write_reference(at("R.raw")).has_value()); }

    Ranges differing(const Expectation& expected) { return compare_content(at("R.raw"), expected)->ranges; }

    void poke_sector(uint64_t lba, const Sector& sector)
    {
        test::poke(at("R.raw"), lba * kSectorBytes, std::string(sector.begin(), sector.end()));
    }
};

TEST_F(ReaderTest, ReferenceIsAsExpected)
{
    EXPECT_EQ(differing(expect_reference()), Ranges{});
}

TEST_F(ReaderTest, ChangedSectorsAreNamed)
{
    // Oracle: the list of changes: in a filled sector, beside one, in a hole, at both ends.
    for (const uint64_t lba : {uint64_t{0}, uint64_t{511}, uint64_t{512}, uint64_t{9000}, kReferenceSectors - 1}) {
        test::poke(at("R.raw"), lba * 512 + 511, "!");
    }
    EXPECT_EQ(differing(expect_reference()), (Ranges{{0, 1}, {511, 2}, {9000, 1}, {kReferenceSectors - 1, 1}}));
}

TEST_F(ReaderTest, OverwrittenSectorsAreExpectedAndAllElseIsNot)
{
    const std::map<uint64_t, Sector> overwritten = {
        {16, tagged_sector('W', 16)}, {700, tagged_sector('W', 700)}, {4096, Sector{}}};
    EXPECT_EQ(differing(expect_reference(overwritten)), (Ranges{{16, 1}, {700, 1}, {4096, 1}}));
    for (const auto& [lba, sector] : overwritten) {
        poke_sector(lba, sector);
    }
    EXPECT_EQ(differing(expect_reference(overwritten)), Ranges{});
    EXPECT_EQ(differing(expect_reference()), (Ranges{{16, 1}, {700, 1}, {4096, 1}}));
}

TEST_F(ReaderTest, MissingAndSurplusSectorsDiffer)
{
    test::resize(at("R.raw"), kReferenceBytes + 700);
    EXPECT_EQ(differing(expect_reference()), (Ranges{{kReferenceSectors, 2}}));
    test::resize(at("R.raw"), kReferenceBytes - 1);
    EXPECT_EQ(differing(expect_reference()), (Ranges{{kReferenceSectors - 1, 1}}));
    test::resize(at("R.raw"), 0);
    EXPECT_EQ(compare_content(at("R.raw"), expect_reference())->total, kReferenceSectors);
}

TEST_F(ReaderTest, AnExpectationBeyondTheDiskIsNeverMet)
{
    EXPECT_EQ(differing(expect_reference({{kReferenceSectors + 5, Sector{}}})), (Ranges{{kReferenceSectors + 5, 1}}));
}

TEST_F(ReaderTest, WrittenZerosAreAsGoodAsHoles)
{
    const std::string dense = test::get_file(at("R.raw"));
    test::put_file(at("R.raw"), dense);
    EXPECT_EQ(differing(expect_reference()), Ranges{});
}

TEST_F(ReaderTest, ReportIsCappedAndCountsOn)
{
    test::resize(at("R.raw"), 0);
    test::resize(at("R.raw"), kReferenceBytes);
    auto found = compare_content(at("R.raw"), expect_reference(), 2);
    EXPECT_EQ(found->ranges, (Ranges{{0, 512}, {4080, 33}}));
    EXPECT_EQ(found->total, 578u);
    EXPECT_TRUE(found->truncated);
}

TEST_F(ReaderTest, RawIsReadWithoutAProgramAndItsSizeIsChecked)
{
    const Image image{"raw", Shape::plain, kReferenceBytes, {{"R.raw", "raw", ""}}, {"R.raw"}};
    EXPECT_EQ(read_content(at("."), image, at("."), test::no_programs).value(), at(".") / "R.raw");
    test::resize(at("R.raw"), 512);
    auto refused = read_content(at("."), image, at("."), test::no_programs);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(refused.error().text, "image 'R.raw' holds 512 bytes instead of 8773632");
}

/// Reads with a runner that records what it is asked and makes an output file of the right size.
std::vector<std::string> recorded(const std::filesystem::path& folder, const Image& image, ProgramOutput answer)
{
    std::vector<std::string> words;
    auto read = read_content(folder, image, folder, [&](const std::vector<std::string>& argv) {
        words = argv;
        test::resize(folder / "content.raw", kReferenceBytes);
        return Result<ProgramOutput>(answer);
    });
    words.push_back(read ? "read" : read.error().text);
    return words;
}

TEST_F(ReaderTest, QcowIsReadWithEveryFormatNamedAndNoOtherBaseFollowed)
{
    const std::string folder = at(".").string();
    const std::string file = R"({"driver":"file","filename":")" + folder + "/disk.qcow\"}";
    const Image plain{"qcow", Shape::plain, kReferenceBytes, {{"disk.qcow", "qcow", ""}}, {"disk.qcow"}};
    auto words = recorded(at("."), plain, {});
    ASSERT_EQ(words.size(), 8u);
    EXPECT_EQ(words[6], folder + "/content.raw");
    EXPECT_EQ(words[5], R"(json:{"backing":null,"driver":"qcow","file":)" + file + "}");
    const Image backed{"qcow",
                       Shape::backed,
                       kReferenceBytes,
                       {{"disk.qcow", "qcow", "base.raw"}, {"base.raw", "raw", ""}},
                       {"disk.qcow", "base.raw"}};
    words = recorded(at("."), backed, {});
    ASSERT_EQ(words.size(), 8u);
    EXPECT_EQ(words[5], R"(json:{"backing":{"driver":"raw","file":{"driver":"file","filename":")" + folder +
                            R"(/base.raw"}},"driver":"qcow","file":)" + file + "}");
}

TEST_F(ReaderTest, AProgramThatRefusesTheImageIsQuoted)
{
    const Image image{"qcow", Shape::plain, kReferenceBytes, {{"disk.qcow", "qcow", ""}}, {"disk.qcow"}};
    EXPECT_EQ(recorded(at("."), image, {1, "", "qemu-img: no\nmore"}).back(),
              "cannot read image 'disk.qcow': 'qemu-img' ended with status 1: qemu-img: no");
}

}  // namespace
}  // namespace rogate::image
