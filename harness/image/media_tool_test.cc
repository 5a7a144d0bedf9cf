// SPDX-License-Identifier: GPL-2.0-or-later
// The formats whose images guests write, or that name other files, against programs of others: each test names its
// oracle. For vvfat the folder that is shown as a disk.
#include <algorithm>
#include <sys/stat.h>

#include "image/layers.h"
#include "image/reader.h"
#include "image/recipe.h"
#include "image/reference.h"
#include "image/state.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using Ranges = std::vector<SectorRange>;

class MediaToolTest : public test::ImageTest {
protected:
    /// A fresh copy in the folder "case", with the golden away: what the copy lacks cannot be found there.
    Image make_case(std::string_view format, Shape shape)
    {
        auto made = golden(at("cache"), format, shape, test::spawn);
        EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().text);
        const Golden& found = std::get<Golden>(*made);
        EXPECT_TRUE(instantiate(found, at("case")).has_value());
        std::filesystem::rename(at("cache"), at("cache-away"));
        return found.image;
    }

    Result<std::filesystem::path> read(const Image& image)
    {
        std::filesystem::create_directories(at("work"));
        return read_content(at("case"), image, at("work"), test::spawn);
    }

    Ranges differing(const Image& image, const Expectation& expected = expect_reference())
    {
        auto content = read(image);
        EXPECT_TRUE(content.has_value()) << (content ? "" : content.error().text);
        return content ? compare_content(*content, expected)->ranges : Ranges{{0, 0}};
    }

    /// What each reading of a refused image is: corrupt, and no old content.
    void expect_refused(const Image& image, const std::string& text)
    {
        auto refused = read(image);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
        EXPECT_NE(refused.error().text.find(text), std::string::npos) << refused.error().text;
        EXPECT_FALSE(std::filesystem::exists(at("work/content.raw")));
    }

    std::string disk(const Image& image) { return at("case/" + image.active()).string(); }

    uint64_t be64_at(const std::string& name, uint64_t offset)
    {
        const std::string bytes = test::get_file(at(name)).substr(offset, 8);
        uint64_t value = 0;
        for (const char byte : bytes) {
            value = value << 8 | static_cast<uint8_t>(byte);
        }
        return value;
    }
};

struct Pair {
    std::string_view format;
    Shape shape;
};

class WrittenByQemu : public MediaToolTest, public ::testing::WithParamInterface<Pair> {};

// Oracle: qemu-io, which writes sectors of the content, beside it and in places that the image has not allocated.
TEST_P(WrittenByQemu, IsReadBack)
{
    const Image image = make_case(GetParam().format, GetParam().shape);
    const std::string format(GetParam().format);
    test::output_of({"qemu-io", "-f", format, "-c", "write -q -P 0x77 8192 1024", "-c", "write -q -P 0x77 6144000 512",
                     "-c", "write -q -P 0x77 8773120 512", disk(image)});
    Sector written;
    written.fill(0x77);
    EXPECT_EQ(differing(image), (Ranges{{16, 2}, {12000, 1}, {17135, 1}}));
    EXPECT_EQ(differing(image, expect_reference({{16, written}, {17, written}, {12000, written}, {17135, written}})),
              Ranges{});
}

INSTANTIATE_TEST_SUITE_P(Formats, WrittenByQemu,
                         ::testing::Values(Pair{"qcow", Shape::plain}, Pair{"qcow2", Shape::plain},
                                           Pair{"qcow2", Shape::backed}, Pair{"vmdk", Shape::plain},
                                           Pair{"vmdk", Shape::backed}, Pair{"vpc", Shape::plain}),
                         [](const auto& pair) {
                             return std::string(pair.param.format) + "_" + std::string(shape_name(pair.param.shape));
                         });

// Oracle: 7z, which shares no code with QEMU nor bximage.
TEST_F(MediaToolTest, PlainImagesAreReadBy7z)
{
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    const std::string reference = test::get_file(at("R.raw"));
    for (const std::string format : {"qcow2", "vmdk", "vpc"}) {
        auto made = golden(at("cache"), format, Shape::plain, test::spawn);
        ASSERT_TRUE(made.has_value()) << made.error().text;
        const Golden& found = std::get<Golden>(*made);
        EXPECT_TRUE(test::output_of({"7z", "x", "-so", (found.folder / found.image.active()).string()}) == reference)
            << format;
    }
}

// Oracle: qemu-img compare, following the names inside the images: they must lead to the copy's own base.
TEST_F(MediaToolTest, BackedImagesFindTheirBaseBesideTheCopy)
{
    ASSERT_TRUE(write_reference(at("R.raw")).has_value());
    for (const std::string format : {"qcow2", "vmdk"}) {
        const Image image = make_case(format, Shape::backed);
        EXPECT_EQ(
            test::output_of({"qemu-img", "compare", "-f", format, "-F", "raw", disk(image), at("R.raw").string()}),
            "Images are identical.\n");
        std::filesystem::rename(at("case"), at("case-" + format));
        std::filesystem::rename(at("cache-away"), at("cache"));
    }
}

// Oracle: the division of the layers; each base alone must lack the overlay's sectors and hold all others.
TEST_F(MediaToolTest, BothLayersOfABackedImageMatter)
{
    const Image qcow2 = make_case("qcow2", Shape::backed);
    EXPECT_EQ(qcow2.chain, (std::vector<ChainMember>{{"disk.qcow2", "qcow2", "base.raw"}, {"base.raw", "raw", ""}}));
    EXPECT_EQ(compare_content(at("case/base.raw"), expect_reference())->ranges, overlay_sectors());
    std::filesystem::rename(at("case"), at("case-qcow2"));
    std::filesystem::rename(at("cache-away"), at("cache"));

    const Image vmdk = make_case("vmdk", Shape::backed);
    EXPECT_EQ(vmdk.chain, (std::vector<ChainMember>{{"disk.vmdk", "vmdk", "base.vmdk"}, {"base.vmdk", "vmdk", ""}}));
    const Image base{"vmdk", Shape::plain, kReferenceBytes, {vmdk.chain[1]}, {"base.vmdk"}};
    EXPECT_EQ(differing(base), overlay_sectors(128));
    // Oracle: qemu-img map; the overlay has its own grains of 64 KiB and no other.
    Ranges own;
    for (const SectorRange& range : overlay_sectors(128)) {
        append_joined(own, {range.first / 128, (range.first + range.count - 1) / 128 - range.first / 128 + 1});
    }
    EXPECT_EQ(own, (Ranges{{1, 1}, {3, 1}, {7, 1}, {31, 1}, {63, 1}, {133, 1}}));
    const std::string map = test::output_of({"qemu-img", "map", "-U", "-f", "vmdk", "--output=json", disk(vmdk)});
    for (const SectorRange& grain : own) {
        EXPECT_NE(map.find("\"start\": " + std::to_string(grain.first * 65536) + ", "), std::string::npos) << map;
    }
    EXPECT_EQ(static_cast<size_t>(std::count(map.begin(), map.end(), '\n')),
              static_cast<size_t>(std::count(map.begin(), map.end(), '{')));
}

// Oracle: qemu-img info.
TEST_F(MediaToolTest, Qcow2IsOfVersionTwo)
{
    for (const Shape shape : {Shape::plain, Shape::backed}) {
        const Image image = make_case("qcow2", shape);
        const std::string info = test::output_of({"qemu-img", "info", "-U", "--output=json", disk(image)});
        EXPECT_NE(info.find("\"compat\": \"0.10\""), std::string::npos) << info;
        std::filesystem::rename(at("case"), at("case-" + std::string(shape_name(shape))));
        std::filesystem::rename(at("cache-away"), at("cache"));
    }
}

// Oracle: the host file's text, which must not turn up: a header that names a base leads nowhere.
TEST_F(MediaToolTest, ABaseThatOnlyTheHeaderNamesIsNotFollowed)
{
    std::filesystem::create_directory(at("case"));
    test::put_file(at("secret"), std::string(65536, 's'));
    test::output_of({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", "-F", "raw", "-b",
                     at("secret").string(), at("case/disk").string(), "65536"});
    const Image qcow2{"qcow2", Shape::plain, 65536, {{"disk", "qcow2", ""}}, {"disk"}};
    EXPECT_EQ(test::get_file(read(qcow2).value()), std::string(65536, '\0'));
}

// Oracle: as above; a version 3 header can name a data file, a descriptor can name extents.
TEST_F(MediaToolTest, AnImageThatNamesOtherFilesIsRefused)
{
    std::filesystem::create_directory(at("case"));
    test::output_of({"sh", "-c", "cd \"$1\" && qemu-img create -q -f qcow2 -o data_file=data disk 65536", "sh",
                     at("case").string()});
    expect_refused({"qcow2", Shape::plain, 65536, {{"disk", "qcow2", ""}}, {"disk"}}, "not a qcow2 image of version 2");

    test::put_file(at("case/text"), "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
                                    "createType=\"monolithicFlat\"\nRW 128 FLAT \"/etc/passwd\" 0\n");
    expect_refused({"vmdk", Shape::plain, 65536, {{"text", "vmdk", ""}}, {"text"}}, "not a sparse vmdk extent");

    const Image vmdk = make_case("vmdk", Shape::plain);
    test::poke(at("case/disk.vmdk"), 12, std::string(8, '\0'));
    expect_refused(vmdk, "has no capacity");
}

// Oracle: the fault that is put in: two clusters at one place; a sector without its bit.
TEST_F(MediaToolTest, DamagedTablesAreRefused)
{
    const Image qcow2 = make_case("qcow2", Shape::plain);
    constexpr uint64_t kOffsetMask = 0x00ffffffffffff00;  // without the flags
    const uint64_t l1 = be64_at("case/disk.qcow2", 40);
    const uint64_t l2 = be64_at("case/disk.qcow2", l1) & kOffsetMask;
    const std::string bytes = test::get_file(at("case/disk.qcow2"));
    test::poke(at("case/disk.qcow2"), l2 + 8, bytes.substr(l2, 8));
    expect_refused(qcow2, "'qemu-img' ended with status 2");
    std::filesystem::rename(at("cache-away"), at("cache"));
    std::filesystem::rename(at("case"), at("case-qcow2"));

    const Image vpc = make_case("vpc", Shape::plain);
    const std::string vhd = test::get_file(at("case/disk.vhd"));
    ASSERT_EQ(vhd.substr(1536, 4).find('\xff'), std::string::npos) << "the first block is there";
    const uint64_t block =
        static_cast<uint64_t>(static_cast<uint8_t>(vhd[1538])) << 8 | static_cast<uint8_t>(vhd[1539]);
    test::poke(at("case/disk.vhd"), block * 512, std::string(1, '\x7f'));
    expect_refused(vpc, "'7z' ended with status 2");
}

// Oracle: qemu-img check, which must call it a leak (status 3): a cluster that is counted and that nothing refers to.
TEST_F(MediaToolTest, ALeakedClusterIsNoFault)
{
    const Image image = make_case("qcow2", Shape::plain);
    const uint64_t table = be64_at("case/disk.qcow2", 48);
    const uint64_t counts = be64_at("case/disk.qcow2", table);
    const uint64_t unused = std::filesystem::file_size(disk(image)) / 65536 + 1;
    test::resize(at("case/disk.qcow2"), (unused + 1) * 65536);
    test::poke(at("case/disk.qcow2"), counts + 2 * unused, std::string("\0\1", 2));
    EXPECT_EQ(test::spawn({"qemu-img", "check", "-U", "-f", "qcow2", disk(image)})->exit_status, 3);
    EXPECT_EQ(differing(image), Ranges{});
}

TEST_F(MediaToolTest, FolderIsCopiedWithItsTimes)
{
    const Image image = make_case("vvfat", Shape::plain);
    EXPECT_EQ(image.chain, (std::vector<ChainMember>{{"dir", "vvfat", ""}}));
    EXPECT_EQ(image.active(), "dir");
    EXPECT_EQ(image.content_bytes, 528482304u);
    EXPECT_EQ(image.files,
              (std::vector<std::string>{"dir/A long name with spaces.text", "dir/CONTENT.RAW", "dir/EMPTY.BIN",
                                        "dir/README.TXT", "dir/SUB/DEEP/FILE.TXT", "dir/SUB/FILE.TXT"}));
    EXPECT_EQ(folders_of(image), (std::vector<std::string>{"dir", "dir/SUB", "dir/SUB/DEEP"}));
    for (const std::string& name : folders_of(image)) {
        EXPECT_EQ(file_state(at("case/" + name))->mtime_ns, kGoldenMtime) << name;
    }
    const auto witnessed = witness_files(at("case"), image.files);
    ASSERT_TRUE(witnessed.has_value()) << witnessed.error().text;
    for (const FileWitness& file : *witnessed) {
        EXPECT_EQ(file.state.mtime_ns, kGoldenMtime) << file.name;
    }
    EXPECT_EQ(compare_content(at("case/dir/CONTENT.RAW"), expect_reference())->total, 0u);
}

TEST_F(MediaToolTest, AFileThatAppearsInAGoldenFolderShows)
{
    auto made = golden(at("cache"), "vvfat", Shape::plain, test::no_programs);
    ASSERT_TRUE(made.has_value()) << made.error().text;
    test::put_file(std::get<Golden>(*made).folder / "dir/SUB/NEW.TXT", "new");
    auto again = golden(at("cache"), "vvfat", Shape::plain, test::no_programs);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, ErrorKind::corrupt);
}

// Oracle: qemu-img, which shows the folder as a disk, and mtools, which take the files out of it again.
TEST_F(MediaToolTest, FolderCanBeShownAsAFatDisk)
{
    const Image image = make_case("vvfat", Shape::plain);
    test::output_of(
        {"qemu-img", "convert", "-f", "vvfat", "-O", "raw", "fat:16:" + disk(image), at("fat.raw").string()});
    EXPECT_EQ(std::filesystem::file_size(at("fat.raw")), image.content_bytes);
    std::filesystem::create_directory(at("out"));
    test::output_of({"sh", "-c", "mcopy -s -i \"$1\"@@32256 '::*' \"$2\" && diff -r \"$3\" \"$2\"", "sh",
                     at("fat.raw").string(), at("out").string(), disk(image)});
}

}  // namespace
}  // namespace rogate::image
