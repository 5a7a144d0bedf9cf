// SPDX-License-Identifier: GPL-2.0-or-later
// Golden images, readers and digests against programs of others: each test names its oracle.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <sstream>
#include <sys/stat.h>

#include "image/cow.h"
#include "image/digest.h"
#include "image/format.h"
#include "image/layers.h"
#include "image/reader.h"
#include "image/recipe.h"
#include "image/reference.h"
#include "image/state.h"
#include "base/program.h"
#include "image/test_support.h"

namespace rogate::image
{
namespace
{

using Ranges = std::vector<SectorRange>;

class ImageToolTest : public test::ImageTest
{
protected:
    Golden make(std::string_view format, Shape shape)
    {
        auto made = golden(at("cache"), format, shape, test::spawn);
        EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().text);
        return made ? std::get<Golden>(*made) : Golden{};
    }

    /// A fresh copy in the folder "case", with the golden away: what the copy lacks cannot be found there.
    Image make_case(std::string_view format, Shape shape)
    {
        const Golden made = make(format, shape);
        EXPECT_TRUE(instantiate(made, at("case")).has_value());
        std::filesystem::rename(at("cache"), at("cache-away"));
        return made.image;
    }

    Result<std::filesystem::path> read(const Image& image)
    {
        std::filesystem::create_directories(at("work"));
        return read_content(at("case"), image, at("work"), test::spawn);
    }

    std::string sha256sum(const std::filesystem::path& path) { return output_of_sum(path).substr(0, 64); }

private:
    /// A name with odd characters makes sha256sum escape its line; standard input has none.
    static std::string output_of_sum(const std::filesystem::path& path)
    {
        return test::output_of({"sh", "-c", "exec sha256sum <\"$1\"", "sh", path.string()});
    }
};

// Oracle: the number of goldens. A script in front of qemu-img stands for the installed program.
TEST_F(ImageToolTest, AnotherProgramMakesAnotherGolden)
{
    const std::string path = std::getenv("PATH");
    std::filesystem::create_directory(at("bin"));
    for (const char* tool : {"qemu-img", "qemu-io"}) {
        test::put_file(at("bin") / tool, "#!/bin/sh\nexec " + find_program(tool)->string() + " \"$@\"\n");
        std::filesystem::permissions(at("bin") / tool, std::filesystem::perms(0755));
    }
    ::setenv("PATH", (at("bin").string() + ":" + path).c_str(), 1);
    const Golden first = make("qcow", Shape::backed);
    const Golden same = make("qcow", Shape::backed);
    const timespec time[2] = {{1, 0}, {1, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, at("bin/qemu-io").c_str(), time, 0), 0);
    const Golden second = make("qcow", Shape::backed);
    ::setenv("PATH", path.c_str(), 1);
    EXPECT_EQ(first.folder, same.folder);
    EXPECT_NE(first.folder, second.folder);
}

// Oracle: the sector that a qemu-img gone wrong (played by a second program) writes over.
TEST_F(ImageToolTest, AGoldenThatDoesNotReadBackIsNotKept)
{
    auto made = golden(at("cache"), "qcow", Shape::plain, [](const std::vector<std::string>& argv) {
        auto output = test::spawn(argv);
        if (argv[1] == "convert" && argv.back().ends_with("disk.qcow")) {
            test::output_of({"qemu-io", "-f", "qcow", "-c", "write -q -P 1 512 512", argv.back()});
        }
        return output;
    });
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(made.error().text,
              "cannot make the golden image 'qcow/plain': 1 sectors are not as written, the first is 1");
    EXPECT_TRUE(std::filesystem::is_empty(at("cache/golden")));
}

struct Pair {
    std::string_view format;
    Shape shape;
};

class EveryGolden : public ImageToolTest, public ::testing::WithParamInterface<Pair>
{
};

// Oracle: SHA-256 by coreutils of R, written without this module's sparse writer.
TEST_P(EveryGolden, CopyHoldsTheReferenceForTheIndependentReader)
{
    const Image image = make_case(GetParam().format, GetParam().shape);
    if (!no_reader(GetParam().format).empty()) {
        EXPECT_EQ(read(image).error().kind, ErrorKind::usage);
        return;  // media_tool_test.cc reads it by other means
    }
    auto content = read(image);
    ASSERT_TRUE(content.has_value()) << content.error().text;
    std::string bytes;
    for (uint64_t lba = 0; lba < kReferenceSectors; ++lba) {
        const Sector sector = reference_sector(lba);
        bytes.append(sector.begin(), sector.end());
    }
    test::put_file(at("R.raw"), bytes);
    EXPECT_EQ(sha256sum(*content), sha256sum(at("R.raw")));
    EXPECT_EQ(compare_content(*content, expect_reference())->total, 0u);
    EXPECT_EQ(image.shape, GetParam().shape);
}

TEST_P(EveryGolden, ReadingTouchesNothing)
{
    const Image image = make_case(GetParam().format, GetParam().shape);
    const auto before = witness_files(at("case"), image.files).value();
    ASSERT_EQ(read(image).has_value(), no_reader(GetParam().format).empty());
    const auto after = witness_files(at("case"), image.files).value();
    ASSERT_EQ(before.size(), image.files.size());
    for (size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(changed_fields(before[i].state, after[i].state), std::vector<std::string>{}) << before[i].name;
        EXPECT_EQ(before[i].digest, after[i].digest) << before[i].name;
        EXPECT_EQ(before[i].state.mtime_ns, kGoldenMtime) << before[i].name;
    }
}

TEST_P(EveryGolden, WarmLookupStartsNoProgram)
{
    const Golden first = make(GetParam().format, GetParam().shape);
    auto second = golden(at("cache"), GetParam().format, GetParam().shape, test::no_programs);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(std::get<Golden>(*second).folder, first.folder);
}

std::vector<Pair> every_pair()
{
    std::vector<Pair> pairs;
    for (const std::string_view format : format_names()) {
        for (const Shape shape : {Shape::plain, Shape::backed, Shape::snapshot}) {
            if (!check_shape(format, shape).value()) {
                pairs.push_back({format, shape});
            }
        }
    }
    return pairs;
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryGolden, ::testing::ValuesIn(every_pair()), [](const auto& pair) {
    return std::string(pair.param.format) + "_" + std::string(shape_name(pair.param.shape));
});

// Oracle: 7z, which shares no code with QEMU.
TEST_F(ImageToolTest, PlainQcowIsReadBy7z)
{
    (void)make_case("qcow", Shape::plain);
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    const std::string content = test::output_of({"7z", "x", "-so", at("case/disk.qcow").string()});
    EXPECT_TRUE(content == test::get_file(at("R.raw")));
}

// Oracle: qemu-img compare, following the name inside the image: it must lead to the copy's own base.
TEST_F(ImageToolTest, BackedQcowFindsItsBaseBesideTheCopy)
{
    (void)make_case("qcow", Shape::backed);
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    EXPECT_EQ(test::output_of({"qemu-img", "compare", "-f", "qcow", "-F", "raw", at("case/disk.qcow").string(),
                               at("R.raw").string()}),
              "Images are identical.\n");
    const std::string info =
        test::output_of({"qemu-img", "info", "-U", "-f", "qcow", "--output=json", at("case/disk.qcow").string()});
    EXPECT_NE(info.find("\"backing-filename\": \"base.raw\""), std::string::npos) << info;
}

// Oracle: each layer alone does not hold R: qemu-img map tells what the overlay has of its own (512-byte clusters).
TEST_F(ImageToolTest, BothLayersOfABackedQcowMatter)
{
    const Image image = make_case("qcow", Shape::backed);
    EXPECT_EQ(image.chain, (std::vector<ChainMember>{{"disk.qcow", "qcow", "base.raw"}, {"base.raw", "raw", ""}}));
    EXPECT_EQ(compare_content(at("case/base.raw"), expect_reference())->ranges, overlay_sectors());
    const std::string map =
        test::output_of({"qemu-img", "map", "-U", "-f", "qcow", "--output=json", at("case/disk.qcow").string()});
    Ranges own;
    std::istringstream lines(map);
    for (std::string line; std::getline(lines, line);) {
        unsigned long long start = 0;
        unsigned long long length = 0;
        const size_t place = line.find("\"start\"");
        if (place != std::string::npos && line.find("\"depth\": 0") != std::string::npos &&
            std::sscanf(line.c_str() + place, "\"start\": %llu, \"length\": %llu", &start, &length) == 2) {
            append_joined(own, {start / 512, length / 512});
        }
    }
    EXPECT_EQ(own, overlay_sectors());
}

// Oracle: the reading of uml_moo without -b, from the image's directory, by the path and mtime stored in the header.
TEST_F(ImageToolTest, BackedCowFindsItsBaseByItsOwnHeader)
{
    (void)make_case("cow", Shape::backed);
    EXPECT_EQ(compare_content(at("case/base.raw"), expect_reference())->ranges, overlay_sectors());
    test::output_of(
        {"sh", "-c", "cd \"$1\" && uml_moo disk.cow \"$2\"", "sh", at("case").string(), at("out.raw").string()});
    EXPECT_EQ(compare_content(at("out.raw"), expect_reference())->total, 0u);
}

// Oracle: qemu-io, which writes the sectors that the reader must then see.
TEST_F(ImageToolTest, SectorsWrittenByOthersAreSeen)
{
    const Image image = make_case("qcow", Shape::backed);
    test::output_of({"qemu-io", "-f", "qcow", "-c", "write -q -P 0x77 8192 1024", "-c", "write -q -P 0x77 8773120 512",
                     at("case/disk.qcow").string()});
    Sector written;
    written.fill(0x77);
    const auto content = read(image).value();
    EXPECT_EQ(compare_content(content, expect_reference())->ranges, (Ranges{{16, 2}, {17135, 1}}));
    EXPECT_EQ(compare_content(content, expect_reference({{16, written}, {17, written}, {17135, written}}))->total, 0u);
}

// Oracle: the layout of the sheet: bit 512 of the bitmap, and the data behind 6656 bytes.
TEST_F(ImageToolTest, SectorsWrittenIntoACowAreSeen)
{
    const Image image = make_case("cow", Shape::plain);
    test::poke(at("case/disk.cow"), 6656 + 512 * 512, std::string(512, 'w'));
    EXPECT_EQ(compare_content(read(image).value(), expect_reference())->total, 0u) << "the bit is still clear";
    test::poke(at("case/disk.cow"), 4120 + 512 / 8, "\x01");
    EXPECT_EQ(compare_content(read(image).value(), expect_reference())->ranges, (Ranges{{512, 1}}));
}

// Oracle: the tiny qcow image of the format sheet, byte by byte.
TEST_F(ImageToolTest, QcowOfTheSheetIsRead)
{
    std::string bytes(0x3000, '\0');
    bytes.replace(0, 8, std::string("QFI\xfb\0\0\0\1", 8));
    bytes.replace(24, 8, std::string("\0\0\0\0\0\0\x10\0", 8));
    bytes.replace(32, 2, "\x0c\x09");
    bytes.replace(40, 8, std::string("\0\0\0\0\0\0\0\x30", 8));
    bytes.replace(48, 8, std::string("\0\0\0\0\0\0\x10\0", 8));
    bytes.replace(0x1000, 8, std::string("\0\0\0\0\0\0\x20\0", 8));
    bytes.replace(0x2000, 4096, std::string(4096, 'q'));
    std::filesystem::create_directory(at("case"));
    test::put_file(at("case/x.qcow"), bytes);
    const Image image{"qcow", Shape::plain, 4096, {{"x.qcow", "qcow", ""}}, {"x.qcow"}};
    EXPECT_EQ(test::get_file(read(image).value()), std::string(4096, 'q'));
}

// Oracle: the tiny cow image of the sheet, read by uml_moo over a base of known bytes.
TEST_F(ImageToolTest, CowOfTheSheetIsRead)
{
    std::filesystem::create_directory(at("case"));
    test::put_file(at("case/base"), std::string(4096, 'b'));
    const timespec time[2] = {{0x01020304, 0}, {0x01020304, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, at("case/base").c_str(), time, 0), 0);
    std::string bytes(8704, '\0');
    bytes.replace(0, 8, std::string("OOOM\0\0\0\2", 8));
    bytes.replace(8, 5, "/else");
    bytes.replace(4104, 16, std::string("\1\2\3\4\0\0\0\0\0\0\x10\0\0\0\2\0", 16));
    bytes[4120] = 4;
    bytes.replace(4608 + 1024, 512, std::string(512, 'c'));
    test::put_file(at("case/x.cow"), bytes);
    const Image image{"cow", Shape::backed, 4096, {{"x.cow", "cow", "base"}, {"base", "raw", ""}}, {"x.cow", "base"}};
    EXPECT_EQ(test::get_file(read(image).value()),
              std::string(1024, 'b') + std::string(512, 'c') + std::string(2560, 'b'));
}

TEST_F(ImageToolTest, ACowBaseThatWasTouchedIsRefused)
{
    const Image image = make_case("cow", Shape::backed);
    test::poke(at("case/base.raw"), 0, "x");
    auto refused = read(image);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_NE(refused.error().text.find("mtime mismatch"), std::string::npos) << refused.error().text;
}

TEST_F(ImageToolTest, ADamagedImageIsAnErrorAndNotItsOldContent)
{
    const Image image = make_case("qcow", Shape::plain);
    ASSERT_TRUE(read(image).has_value());
    test::poke(at("case/disk.qcow"), 4, std::string("\0\0\0\7", 4));
    auto refused = read(image);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_FALSE(std::filesystem::exists(at("work/content.raw")));
}

// Oracle: the host file's text, which must not turn up: a header that names a base leads nowhere.
TEST_F(ImageToolTest, ABaseThatOnlyTheHeaderNamesIsNotFollowed)
{
    std::filesystem::create_directory(at("case"));
    test::put_file(at("secret"), std::string(4096, 's'));
    test::output_of({"qemu-img", "create", "-q", "-f", "qcow", "-F", "raw", "-b", at("secret").string(),
                     at("case/disk.qcow").string(), "4096"});
    const Image image{"qcow", Shape::plain, 4096, {{"disk.qcow", "qcow", ""}}, {"disk.qcow"}};
    EXPECT_EQ(test::get_file(read(image).value()), std::string(4096, '\0'));
}

// Oracle: coreutils sha256sum.
TEST_F(ImageToolTest, PlainSha256IsThatOfCoreutils)
{
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    EXPECT_EQ(to_hex(sha256_file(at("R.raw")).value()), sha256sum(at("R.raw")));
}

// Oracle: coreutils sha256sum of each chunk and of the documented byte sequence, put together here from the whole file;
// whatever computes SHA-256, also where lanes stay idle and where a batch does not end with an extent.
TEST_F(ImageToolTest, EvidenceIsTheSha256OfTheDocumentedSequence)
{
    std::mt19937 random(20080726);
    std::string bytes(37 * kChunkBytes + 1234, '\0');
    for (size_t chunk = 0; chunk <= 37; ++chunk) {
        for (size_t i = chunk * kChunkBytes; chunk % 7 != 3 && i < std::min(bytes.size(), (chunk + 1) * kChunkBytes);
             i += 3) {
            bytes[i] = static_cast<char>(random());
        }
    }
    const auto number = [](uint64_t value) {
        std::string text;
        for (int i = 0; i < 8; ++i, value >>= 8) {
            text += static_cast<char>(value & 0xff);
        }
        return text;
    };
    const auto sha256 = [&](const std::string& text) {
        test::put_file(at("sequence"), text);
        return sha256sum(at("sequence"));
    };
    std::string sequence = std::string("rogate-chunks-2", 16) + number(bytes.size());
    for (size_t at_byte = 0; at_byte < bytes.size(); at_byte += kChunkBytes) {
        const std::string chunk = bytes.substr(at_byte, kChunkBytes);
        if (chunk.find_first_not_of('\0') == std::string::npos) {
            continue;
        }
        sequence += number(at_byte / kChunkBytes);
        const std::string hex = sha256(chunk);
        for (size_t i = 0; i < hex.size(); i += 2) {
            sequence += static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16));
        }
    }
    test::put_file(at("file"), bytes);
    const std::string expected = sha256(sequence);
    EXPECT_EQ(to_hex(digest_file(at("file"))->evidence), expected);
    for (const Sha256Engine engine : sha256_engines()) {
        EXPECT_EQ(to_hex(digest_file_by(engine, at("file"))->evidence), expected) << engine_name(engine);
    }
}

// Oracle: cmp -l, which lists the bytes that differ, counted from 1.
TEST_F(ImageToolTest, DiffNamesTheSectorsThatCmpNames)
{
    ASSERT_TRUE(write_reference(at("a")).has_value());
    ASSERT_TRUE(write_base(at("b")).has_value());
    const auto compared = test::spawn({"cmp", "-l", at("a").string(), at("b").string()});
    ASSERT_EQ(compared->exit_status, 1);
    Ranges expected;
    std::istringstream lines(compared->out);
    for (std::string line; std::getline(lines, line);) {
        const uint64_t lba = (std::stoull(line) - 1) / 512;
        append_joined(expected, {lba, 1});
    }
    EXPECT_EQ(diff_files(at("a"), at("b"))->ranges, expected);
    EXPECT_FALSE(expected.empty());
}

}  // namespace
}  // namespace rogate::image
