// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/recipe.h"

#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

#include "image/copy.h"
#include "image/cow.h"
#include "image/description.h"
#include "image/reader.h"
#include "image/reference.h"
#include "image/state.h"
#include "base/program.h"
#include "image/test_support.h"

namespace rogate::image
{
namespace
{

class RecipeTest : public test::ImageTest
{
protected:
    Golden raw_golden()
    {
        auto made = golden(at("cache"), "raw", Shape::plain, test::no_programs);
        return std::get<Golden>(made.value());
    }

    size_t entries(const std::string& name)
    {
        size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(at(name))) {
            ++count;
        }
        return count;
    }
};

TEST_F(RecipeTest, RawHasNoBackedShape)
{
    auto skipped = golden(at("cache"), "raw", Shape::backed, test::no_programs);
    ASSERT_TRUE(skipped.has_value());
    EXPECT_EQ(std::get<Skip>(*skipped).reason, "raw has no backing file");
    EXPECT_FALSE(std::filesystem::exists(at("cache")));
}

TEST_F(RecipeTest, UnknownNamesAreUsageErrors)
{
    auto format = golden(at("cache"), "qed", Shape::plain, test::no_programs);
    ASSERT_FALSE(format.has_value());
    EXPECT_EQ(format.error().kind, ErrorKind::usage);
    EXPECT_EQ(format.error().text, "unknown format 'qed'");
    EXPECT_EQ(format.error().hint.substr(0, 28), "the formats are raw, host_de");
    EXPECT_EQ(parse_shape("round").error().kind, ErrorKind::usage);
    EXPECT_EQ(parse_shape("snapshot").value(), Shape::snapshot);
}

TEST_F(RecipeTest, MissingProgramNamesItsPackage)
{
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", at("nowhere").c_str(), 1);
    auto made = golden(at("cache"), "qcow", Shape::plain, test::no_programs);
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().kind, ErrorKind::environment);
    EXPECT_EQ(made.error().text, "cannot find the program 'qemu-img'");
    EXPECT_EQ(made.error().hint, "install the Debian package 'qemu-utils'");
}

TEST_F(RecipeTest, AProgramThatIsRemovedIsLookedForAgain)
{
    const std::string path = std::getenv("PATH");
    for (const char* folder : {"one", "two"}) {
        std::filesystem::create_directory(at(folder));
        test::put_file(at(folder) / "qemu-img", "#!/bin/sh\n");
        std::filesystem::permissions(at(folder) / "qemu-img", std::filesystem::perms(0755));
    }
    ::setenv("PATH", (at("one").string() + ":" + at("two").string()).c_str(), 1);
    EXPECT_EQ(find_program("qemu-img").value(), at("one/qemu-img"));
    std::filesystem::remove(at("one/qemu-img"));
    EXPECT_EQ(find_program("qemu-img").value(), at("two/qemu-img"));
    std::filesystem::permissions(at("two/qemu-img"), std::filesystem::perms(0644));
    EXPECT_EQ(find_program("qemu-img").error().kind, ErrorKind::environment);
    ::setenv("PATH", path.c_str(), 1);
}

TEST_F(RecipeTest, GoldenIsMadeOnceAndDescribesItself)
{
    const Golden first = raw_golden();
    const FileState before = file_state(first.folder / "disk.raw").value();
    const Golden second = raw_golden();
    EXPECT_EQ(first.folder, second.folder);
    EXPECT_EQ(changed_fields(before, file_state(second.folder / "disk.raw").value()), std::vector<std::string>{});
    EXPECT_EQ(second.image.active(), "disk.raw");
    EXPECT_EQ(second.image.chain, (std::vector<ChainMember>{{"disk.raw", "raw", ""}}));
    EXPECT_EQ(second.image.files, std::vector<std::string>{"disk.raw"});
    EXPECT_EQ(second.image.content_bytes, kReferenceBytes);
    EXPECT_EQ(entries("cache/golden"), 1u);
    EXPECT_EQ(before.mtime_ns, kGoldenMtime);
}

TEST_F(RecipeTest, SnapshotSharesTheFilesOfThePlainImage)
{
    auto made = golden(at("cache"), "raw", Shape::snapshot, test::no_programs);
    const Golden snapshot = std::get<Golden>(made.value());
    EXPECT_EQ(snapshot.image.shape, Shape::snapshot);
    EXPECT_EQ(snapshot.folder, raw_golden().folder);
}

TEST_F(RecipeTest, AChangedGoldenIsNotUsed)
{
    const Golden made = raw_golden();
    ASSERT_EQ(::chmod((made.folder / "disk.raw").c_str(), 0644), 0);
    test::poke(made.folder / "disk.raw", 0, "R");
    auto again = golden(at("cache"), "raw", Shape::plain, test::no_programs);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(again.error().text, "golden image '" + made.folder.string() + "' was changed since it was made");
}

TEST_F(RecipeTest, DamagedDescriptionIsRefused)
{
    const std::filesystem::path file = raw_golden().folder / kDescriptionName;
    const std::string sound = test::get_file(file);
    const auto refused_with = [&](const std::string& from, const std::string& to) {
        std::string text = sound;
        for (size_t place; (place = text.find(from)) != std::string::npos;) {
            text.replace(place, from.size(), to);
        }
        EXPECT_NE(text, sound);
        test::put_file(file, text);
        auto loaded = golden(at("cache"), "raw", Shape::plain, test::no_programs);
        return !loaded && loaded.error().kind == ErrorKind::corrupt &&
               loaded.error().text.find("does not describe an image") != std::string::npos;
    };
    EXPECT_TRUE(refused_with("disk.raw", "../raw"));
    EXPECT_TRUE(refused_with("disk.raw", "/etc/passwd"));
    EXPECT_TRUE(refused_with("8773632", "-"));
    EXPECT_TRUE(refused_with("\"chain\"", "\"train\""));
    EXPECT_TRUE(refused_with("plain", "round"));
}

TEST_F(RecipeTest, ProcessesThatMakeTheSameGoldenAgree)
{
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            auto made = golden(at("cache"), "raw", Shape::plain, test::no_programs);
            ::_exit(made && std::holds_alternative<Golden>(*made) ? 0 : 1);
        }
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        int status = -1;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(entries("cache/golden"), 1u) << "one golden, and no unfinished folder";
}

TEST_F(RecipeTest, OnlyOldUnfinishedFoldersAreRemoved)
{
    for (const char* name : {"cache/golden/.making-old", "cache/golden/.making-new"}) {
        std::filesystem::create_directories(at(name));
    }
    const timespec old[2] = {{1, 0}, {1, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, at("cache/golden/.making-old").c_str(), old, 0), 0);
    (void)raw_golden();
    EXPECT_FALSE(std::filesystem::exists(at("cache/golden/.making-old")));
    EXPECT_TRUE(std::filesystem::exists(at("cache/golden/.making-new")));
}

TEST_F(RecipeTest, CopyKeepsContentHolesAndTime)
{
    const Golden made = raw_golden();
    ASSERT_TRUE(instantiate(made, at("case")).has_value());
    EXPECT_EQ(entries("case"), 1u);
    const FileState golden_state = file_state(made.folder / "disk.raw").value();
    const FileState copy = file_state(at("case/disk.raw")).value();
    EXPECT_EQ(copy.mtime_ns, golden_state.mtime_ns);
    EXPECT_EQ(copy.mode & 0777, 0644u);
    EXPECT_LE(copy.blocks, golden_state.blocks);
    EXPECT_EQ(test::get_file(at("case/disk.raw")), test::get_file(made.folder / "disk.raw"));
    test::poke(at("case/disk.raw"), 0, "x");
    EXPECT_EQ(compare_content(made.folder / "disk.raw", expect_reference())->total, 0u) << "the golden was written";
}

TEST_F(RecipeTest, CopyOntoAnExistingFileIsRefused)
{
    ASSERT_TRUE(std::filesystem::create_directory(at("case")));
    test::put_file(at("case/disk.raw"), "mine");
    auto copied = instantiate(raw_golden(), at("case"));
    ASSERT_FALSE(copied.has_value());
    EXPECT_EQ(copied.error().kind, ErrorKind::environment);
    EXPECT_EQ(test::get_file(at("case/disk.raw")), "mine");
}

TEST_F(RecipeTest, LargeExtentsAndOddSizesAreCopiedWhole)
{
    std::string bytes(3 * 1024 * 1024 + 12345, '\0');
    for (size_t i = 1 << 20; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(i * 2654435761u >> 13);
    }
    test::put_file(at("from"), bytes);
    ASSERT_TRUE(copy_sparse(at("from"), at("to")).has_value());
    EXPECT_TRUE(test::get_file(at("to")) == bytes);
    // Another file system, where extents cannot be shared.
    auto memory = TempDir::make("/dev/shm", "rogate-copy-").value();
    ASSERT_TRUE(copy_sparse(at("from"), memory.path() / "to").has_value());
    EXPECT_TRUE(test::get_file(memory.path() / "to") == bytes);
}

TEST_F(RecipeTest, CowImageHasTheBytesOfTheSheet)
{
    // Golden bytes: the tiny image of the format sheet, 4096 bytes of disk of which sector 2 is in the COW file.
    const SectorRange owned[] = {{2, 1}};
    ASSERT_TRUE(write_cow_v2(at("x.cow"), {"/base", 0x01020304, 4096}, owned, [](uint64_t lba) {
                    return tagged_sector('T', lba);
                }).has_value());
    std::string expected(8704, '\0');
    expected.replace(0, 8, std::string("OOOM\0\0\0\2", 8));
    expected.replace(8, 5, "/base");
    expected.replace(4104, 16, std::string("\1\2\3\4\0\0\0\0\0\0\x10\0\0\0\2\0", 16));
    expected[4120] = 4;
    const Sector sector = tagged_sector('T', 2);
    expected.replace(4608 + 1024, 512, std::string(sector.begin(), sector.end()));
    EXPECT_TRUE(test::get_file(at("x.cow")) == expected);
    EXPECT_EQ(read_cow_mtime(at("x.cow")).value(), 0x01020304u);
}

TEST_F(RecipeTest, CowDataOffsetFollowsTheRuleThatRoundsDown)
{
    // Golden: the sheet's verified images (a 3905-sector one has 488 bitmap bytes and its data at 4608).
    EXPECT_EQ(cow_data_offset(3905 * 512), 4608u);
    EXPECT_EQ(cow_data_offset(4096), 4608u);
    EXPECT_EQ(cow_data_offset(kReferenceBytes), 6656u);
}

TEST_F(RecipeTest, CowRefusesWhatItsHeaderCannotHold)
{
    const auto kind = [&](const CowHeader& header, SectorRange owned) {
        const SectorRange ranges[] = {owned};
        auto made = write_cow_v2(at("x.cow"), header, ranges, reference_sector);
        return made ? ErrorKind::build : made.error().kind;
    };
    EXPECT_EQ(kind({"", 0, 512 * 9}, {}), ErrorKind::usage);
    EXPECT_EQ(kind({"", 0, 0}, {}), ErrorKind::usage);
    EXPECT_EQ(kind({std::string(4096, 'a'), 0, 4096}, {}), ErrorKind::usage);
    EXPECT_EQ(kind({"", 0, 4096}, {7, 2}), ErrorKind::usage);
    EXPECT_FALSE(std::filesystem::exists(at("x.cow")));
}

}  // namespace
}  // namespace rogate::image
