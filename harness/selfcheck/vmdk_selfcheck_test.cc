// SPDX-License-Identifier: GPL-2.0-or-later
// vmdk against programs that share no code with it, and against a flat model.
#include <cerrno>

#include "flat_model.h"
#include "image/reference.h"
#include "vmdk_image.h"

namespace rogate::selfcheck {
namespace {

using image::CowdVersion;
using image::kReferenceBytes;
using image::kReferenceSectors;
using image::VmdkDescriptorText;

constexpr int kOperations = 10000;

Bytes text_bytes(const std::string& text)
{
    return {text.begin(), text.end()};
}

/// The digits behind "CID=" of a descriptor, embedded or not; qemu-img writes no leading zeros.
std::string content_id(const std::string& path)
{
    const Bytes bytes = read_bytes(path);
    const std::string text(bytes.begin(), bytes.end());
    const size_t at = text.find("\nCID=");
    return at == std::string::npos ? "none" : text.substr(at + 5, text.find('\n', at + 5) - at - 5);
}

class Vmdk : public DiskTest {
protected:
    Vmdk()
    {
        auto made = image::write_reference(path("R.raw"));
        EXPECT_TRUE(made) << (made ? "" : made.error().text);
        reference_ = read_bytes(path("R.raw"));
    }
    void write_descriptor(const std::string& name, const VmdkDescriptorText& descriptor)
    {
        write_bytes(path(name), text_bytes(image::vmdk_descriptor(descriptor)));
    }
    void write_cowd(const std::string& name, CowdVersion version)
    {
        auto made = image::write_cowd(path(name), version, kReferenceSectors, image::reference_filled(),
                                      image::reference_sector);
        ASSERT_TRUE(made) << made.error().text;
    }
    void expect_content(const std::string& name, const Bytes& content)
    {
        Disk disk(path(name), "");  // the format is probed
        ASSERT_EQ(disk.status(), 0) << name;
        EXPECT_STREQ(bdrv_get_format(disk.get()), "vmdk");
        ASSERT_EQ(disk.sectors() * SECTOR_SIZE, static_cast<int64_t>(content.size())) << name;
        EXPECT_TRUE(disk.content() == content) << name;
    }
    enum Reader { kQemu = 1, kSevenZip = 2, kLibvmdk = 4, kBximage = 8 };
    /// Each program that knows the kind of image must see `content`.
    void expect_others_read(const std::string& name, const Bytes& content, int readers)
    {
        const std::string in = path(name), out = path("out.raw");
        write_bytes(path("expected.raw"), content);
        const std::string expected = sha256(path("expected.raw"));
        if (readers & kQemu) {
            run_ok({"qemu-img", "convert", "-f", "vmdk", "-O", "raw", in, out});
            EXPECT_EQ(sha256(out), expected) << "qemu-img";
        }
        if (readers & kSevenZip) {
            write_bytes(out, text_bytes(run_ok({"7z", "x", "-so", in})));
            EXPECT_EQ(sha256(out), expected) << "7z";
        }
        if (readers & kLibvmdk) {
            write_bytes(out, text_bytes(run_ok({"img_cat", "-i", "vmdk", in})));
            EXPECT_EQ(sha256(out), expected) << "img_cat";
        }
        if (readers & kBximage) {
            std::filesystem::remove(out);
            run_ok({"bximage", "-q", "-func=convert", "-imgmode=flat", in, out});
            EXPECT_EQ(sha256(out), expected) << "bximage";
        }
    }
    Bytes reference_;
};

TEST_F(Vmdk, ReadsWhatQemuImgMakes)
{
    for (const char* kind : {"monolithicSparse", "twoGbMaxExtentSparse", "monolithicFlat", "twoGbMaxExtentFlat"}) {
        run_ok({"qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", std::string("subformat=") + kind, path("R.raw"),
                path(std::string(kind) + ".vmdk")});
        expect_content(std::string(kind) + ".vmdk", reference_);
    }
    // streamOptimized is compressed
    run_ok({"qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", path("R.raw"),
            path("stream.vmdk")});
    EXPECT_EQ(Disk(path("stream.vmdk"), "vmdk").status(), -ENOTSUP);
}

TEST_F(Vmdk, ReadsWhatBximageMakes)
{
    run_ok({"bximage", "-q", "-func=convert", "-imgmode=vmware4", path("R.raw"), path("b.vmdk")});
    expect_content("b.vmdk", reference_);
}

TEST_F(Vmdk, ReadsSeveralExtentsOfTwoGigabytes)
{
    run_ok({"qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse", path("big.vmdk"), "5G"});
    run_ok({"qemu-io", "-f", "vmdk", "-c", "write -P 0x21 2147450880 65536", "-c", "write -P 0x22 5368643584 65536",
            path("big.vmdk")});
    Disk disk(path("big.vmdk"), "vmdk");
    ASSERT_EQ(disk.status(), 0);
    ASSERT_EQ(disk.sectors(), INT64_C(10485760));
    Bytes data(130 * SECTOR_SIZE);
    ASSERT_EQ(disk.read(4194304 - 65, data), 0);  // across the border of the first two files
    Bytes expected(130 * SECTOR_SIZE);
    std::fill_n(expected.begin() + SECTOR_SIZE, 128 * SECTOR_SIZE, 0x21);
    EXPECT_TRUE(data == expected);
    ASSERT_EQ(disk.read(10485760 - 128, data = Bytes(128 * SECTOR_SIZE)), 0);
    EXPECT_EQ(data, Bytes(128 * SECTOR_SIZE, 0x22));
}

TEST_F(Vmdk, CreatesWhatOthersRead)
{
    run_ok({ROGATE_IOEMU_IMG, "convert", "-f", "raw", "-O", "vmdk", path("R.raw"), path("o.vmdk")});
    expect_others_read("o.vmdk", reference_, kQemu | kSevenZip | kLibvmdk | kBximage);
    run_ok({"qemu-img", "check", "-q", "-f", "vmdk", path("o.vmdk")});
}

/// Oracles: the flat model, then all four readers, then qemu-img's own check.
TEST_F(Vmdk, SparseBehavesLikeAnArrayOfBytes)
{
    create("disk", "vmdk", kReferenceSectors);
    FlatModel model(path("disk"), "vmdk", Bytes(kReferenceBytes));
    ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
    expect_others_read("disk", model.content(), kQemu | kSevenZip | kLibvmdk | kBximage);
    run_ok({"qemu-img", "check", "-q", "-f", "vmdk", path("disk")});
}

/// The parent was made by bximage, so its content does not depend on the code under test.
TEST_F(Vmdk, AChildBehavesLikeAnArrayOfBytes)
{
    run_ok({"bximage", "-q", "-func=convert", "-imgmode=vmware4", path("R.raw"), path("base.vmdk")});
    const Bytes before = read_bytes(path("base.vmdk"));
    create("child.vmdk", "vmdk", kReferenceSectors, "base.vmdk");
    FlatModel model(path("child.vmdk"), "vmdk", reference_);
    ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
    expect_others_read("child.vmdk", model.content(), kQemu);
    run_ok({"qemu-img", "check", "-q", "-f", "vmdk", path("child.vmdk")});
    EXPECT_TRUE(read_bytes(path("base.vmdk")) == before) << "the parent changed";
}

/// Only the model can tell for an extent that ends within a grain: qemu-img 7.2 then takes sectors of the next
/// extent for part of that grain, and libvmdk refuses extents of several kinds.
TEST_F(Vmdk, SeveralExtentsBehaveLikeAnArrayOfBytes)
{
    for (const uint64_t first : {uint64_t{47 * 128}, uint64_t{6000}}) {
        run_ok({"qemu-img", "create", "-q", "-f", "vmdk", path("a.vmdk"), std::to_string(first * SECTOR_SIZE)});
        write_bytes(path("b.raw"), Bytes(4000 * SECTOR_SIZE));
        run_ok({"qemu-img", "create", "-q", "-f", "vmdk", path("c.vmdk"), "40M"});
        write_descriptor("disk.vmdk", {.create_type = "twoGbMaxExtentSparse",
                                       .cid = 0x1a2b3c4d,
                                       .extents = {{"RW", first, "SPARSE", "a.vmdk"},
                                                   {"RW", 3072, "FLAT", "b.raw", 17},
                                                   {"RW", 81920, "SPARSE", "c.vmdk"}}});
        FlatModel model(path("disk.vmdk"), "vmdk", Bytes((first + 3072 + 81920) * SECTOR_SIZE));
        ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
        if (first % 128 == 0) {
            expect_others_read("disk.vmdk", model.content(), kQemu);
        }
    }
}

TEST_F(Vmdk, CowdBehavesLikeAnArrayOfBytes)
{
    for (const CowdVersion version : {CowdVersion::esx, CowdVersion::workstation3}) {
        const std::string name = version == CowdVersion::esx ? "cowd1.vmdk" : "cowd3.vmdk";
        ASSERT_NO_FATAL_FAILURE(write_cowd(name, version));
        expect_content(name, reference_);
        FlatModel model(path(name), "vmdk", reference_);
        ASSERT_NO_FATAL_FAILURE(model.run(kOperations));
        const Bytes file = read_bytes(path(name));
        EXPECT_EQ((file[28] | file[29] << 8 | file[30] << 16) * size_t{SECTOR_SIZE}, file.size()) << "next free sector";
        if (version == CowdVersion::workstation3) {
            expect_others_read(name, model.content(), kBximage);
            continue;
        }
        write_descriptor("disk.vmdk", {.create_type = "vmfsSparse",
                                       .cid = 0x11112222,
                                       .extents = {{"RW", kReferenceSectors, "VMFSSPARSE", "cowd1.vmdk"}}});
        expect_content("disk.vmdk", model.content());
        expect_others_read("disk.vmdk", model.content(), kQemu | kLibvmdk);
    }
}

/// Where qemu-img goes wrong: version 3 has a table for each 32 MiB. Oracle: bximage.
TEST_F(Vmdk, CowdThreeIsRightBeyond32Megabytes)
{
    const image::SectorRange owned[] = {{0, 128}, {65408, 256}, {81600, 48}};
    const auto source = [](uint64_t lba) { return image::tagged_sector('R', lba); };
    auto made = image::write_cowd(path("big.vmdk"), CowdVersion::workstation3, 81648, owned, source);
    ASSERT_TRUE(made) << made.error().text;
    Bytes expected;
    {
        Disk disk(path("big.vmdk"), "vmdk");
        ASSERT_EQ(disk.status(), 0);
        ASSERT_EQ(disk.write(65535, Bytes(2 * SECTOR_SIZE, 0x5c)), 0);
        ASSERT_EQ(disk.write(70000, Bytes(300 * SECTOR_SIZE, 0x5d)), 0);
        expected = disk.content();
    }
    const image::Sector sector = source(65700 - 37);
    EXPECT_EQ(memcmp(&expected[65663 * SECTOR_SIZE], sector.data(), SECTOR_SIZE), 0);
    expect_others_read("big.vmdk", expected, kBximage);
}

/// Directory and tables that an extent lacks are made: a COWD file starts without any.
TEST_F(Vmdk, AddsTablesThatAreMissing)
{
    ASSERT_TRUE(image::write_cowd(path("e.vmdk"), CowdVersion::esx, 16384, {}, image::reference_sector));
    const Bytes empty = read_bytes(path("e.vmdk"));
    patch_bytes(path("e.vmdk"), 4 * SECTOR_SIZE, Bytes(16));
    run_ok({"truncate", "-s", std::to_string(5 * SECTOR_SIZE), path("e.vmdk")});
    FlatModel model(path("e.vmdk"), "vmdk", Bytes(16384 * SECTOR_SIZE));
    ASSERT_NO_FATAL_FAILURE(model.run(2000));
    write_descriptor("disk.vmdk",
                     {.create_type = "vmfsSparse", .cid = 1, .extents = {{"RW", 16384, "VMFSSPARSE", "e.vmdk"}}});
    expect_others_read("disk.vmdk", model.content(), kQemu | kLibvmdk);
}

/// Oracles: the other copy, and all four readers. Tables begin behind the directories that the header names.
TEST_F(Vmdk, KeepsBothCopiesOfTheTables)
{
    create("disk", "vmdk", kReferenceSectors);
    {
        Disk disk(path("disk"), "vmdk");
        ASSERT_EQ(disk.write(0, reference_), 0);
    }
    const Bytes file = read_bytes(path("disk"));
    const size_t copy = 21 * SECTOR_SIZE, first = 26 * SECTOR_SIZE, table = 4 * SECTOR_SIZE;
    ASSERT_EQ(file[48], 21);
    ASSERT_EQ(file[56], 26);
    EXPECT_EQ(memcmp(&file[copy + SECTOR_SIZE], &file[first + SECTOR_SIZE], table), 0);
    EXPECT_NE(file[first + SECTOR_SIZE], 0);
    // with the header's two offsets exchanged everyone reads the copy
    patch_bytes(path("disk"), 48, {26});
    patch_bytes(path("disk"), 56, {21});
    expect_others_read("disk", reference_, kQemu | kSevenZip | kLibvmdk | kBximage);
    expect_content("disk", reference_);
    patch_bytes(path("disk"), copy, {0xff, 0xff, 0xff, 0x7f});
    EXPECT_LT(Disk(path("disk"), "vmdk").status(), 0);
}

/// Each commit is a process of its own, whose first write to a vmdk disk is the one to the backing file.
TEST_F(Vmdk, TheFirstWriteOfAProcessChangesTheContentId)
{
    for (const char* kind : {"monolithicSparse", "twoGbMaxExtentSparse"}) {
        run_ok({"qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", std::string("subformat=") + kind, path("R.raw"),
                path("disk.vmdk")});
        const Bytes before = read_bytes(path("disk.vmdk"));
        const std::string id = content_id(path("disk.vmdk"));
        create("over.qcow", "qcow", kReferenceSectors, "disk.vmdk");
        {
            Disk disk(path("over.qcow"), "qcow");
            ASSERT_EQ(disk.status(), 0);
            ASSERT_EQ(disk.write(9, Bytes(SECTOR_SIZE, 0x39)), 0);
            ASSERT_EQ(bdrv_flush(disk.get()), 0);
        }
        EXPECT_TRUE(read_bytes(path("disk.vmdk")) == before) << "opening and reading wrote";
        run_ok({ROGATE_IOEMU_IMG, "commit", path("over.qcow")});
        const std::string new_id = content_id(path("disk.vmdk"));
        EXPECT_NE(new_id, id) << kind;
        EXPECT_EQ(new_id.size(), id.size()) << "the text after it would move";
        EXPECT_EQ(new_id.find_first_not_of("0123456789abcdef"), std::string::npos) << new_id;
        EXPECT_EQ(run({"qemu-img", "info", path("disk.vmdk")}).exit_status, 0);
    }
}

/// A fault of the unpatched tree: the flag is one for all disks of a process, so a disk that is not the first to be
/// written keeps its id, and its children do not learn that it has changed.
TEST_F(Vmdk, FaultTheContentIdChangesOnceAProcess)
{
    for (const char* name : {"a.vmdk", "b.vmdk"}) {
        create(name, "vmdk", kReferenceSectors);
    }
    const std::string id = content_id(path("b.vmdk"));
    for (const char* name : {"a.vmdk", "b.vmdk"}) {
        Disk disk(path(name), "vmdk");
        ASSERT_EQ(disk.write(0, reference_), 0);
    }
    EXPECT_EQ(content_id(path("b.vmdk")), id);
}

TEST_F(Vmdk, AChildOfAChangedParentIsRefused)
{
    run_ok({"qemu-img", "convert", "-f", "raw", "-O", "vmdk", path("R.raw"), path("base.vmdk")});
    run_ok({"qemu-img", "create", "-q", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", path("child.vmdk")});
    expect_content("child.vmdk", reference_);
    run_ok({"qemu-io", "-f", "vmdk", "-c", "write -P 0x77 0 512", path("base.vmdk")});
    const Bytes before = read_bytes(path("child.vmdk"));
    {
        Disk disk(path("child.vmdk"), "vmdk");
        ASSERT_EQ(disk.status(), 0);
        Bytes data(SECTOR_SIZE);
        EXPECT_EQ(disk.read(0, data), -EINVAL);
        EXPECT_EQ(disk.write(0, data), -EINVAL);
    }
    EXPECT_TRUE(read_bytes(path("child.vmdk")) == before);
}

}  // namespace
}  // namespace rogate::selfcheck
