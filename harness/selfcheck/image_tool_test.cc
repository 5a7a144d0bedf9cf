// SPDX-License-Identifier: GPL-2.0-or-later
// Images that cross between ioemu-img and independent programs; the oracle is always the SHA-256 of the content.
#include <utility>

#include "fixture.h"

namespace rogate::selfcheck
{
namespace
{

constexpr size_t kBytes = 17136 * SECTOR_SIZE;  // the reference size: no multiple of 4 KiB clusters' tables

class ImageTool : public DiskTest
{
protected:
    ImageTool()
    {
        std::mt19937_64 random(kSeed);
        write_bytes(path("R.raw"), disk_content(random, kBytes));
        digest_ = sha256(path("R.raw"));
    }
    std::vector<std::string> tool(std::vector<std::string> words)
    {
        words.insert(words.begin(), ROGATE_IOEMU_IMG);
        return words;
    }
    std::string digest_;
};

TEST_F(ImageTool, QemuImgReadsQcowWrittenHere)
{
    for (const char* compress : {"", "-c"}) {
        std::vector<std::string> words = {"convert", "-f", "raw", "-O", "qcow", path("R.raw"), path("X.qcow")};
        if (*compress) {
            words.insert(words.begin() + 1, compress);
        }
        run_ok(tool(words));
        run_ok({"qemu-img", "convert", "-f", "qcow", "-O", "raw", path("X.qcow"), path("out.raw")});
        EXPECT_EQ(sha256(path("out.raw")), digest_) << compress;
    }
}

TEST_F(ImageTool, SevenZipReadsQcowWrittenHere)
{
    run_ok(tool({"convert", "-f", "raw", "-O", "qcow", path("R.raw"), path("X.qcow")}));
    std::string content = run_ok({"7z", "x", "-so", path("X.qcow")});
    write_bytes(path("out.raw"), Bytes(content.begin(), content.end()));
    EXPECT_EQ(sha256(path("out.raw")), digest_);
}

TEST_F(ImageTool, UmlMooReadsCowWrittenHere)
{
    run_ok(tool({"convert", "-f", "raw", "-O", "cow", path("R.raw"), path("X.cow")}));
    read_independently("cow", path("X.cow"), "", path("out.raw"), kBytes);
    EXPECT_EQ(sha256(path("out.raw")), digest_);
}

TEST_F(ImageTool, UmlMooReadsCowOverABackingFile)
{
    run_ok(tool({"create", "-f", "cow", "-b", "R.raw", path("X.cow")}));
    run_ok({"uml_moo", path("X.cow"), path("out.raw")});
    EXPECT_EQ(sha256(path("out.raw")), digest_);
}

TEST_F(ImageTool, ReadsQcowMadeByQemuImg)
{
    run_ok({"qemu-img", "convert", "-f", "raw", "-O", "qcow", path("R.raw"), path("Q.qcow")});
    run_ok(tool({"convert", "-f", "qcow", "-O", "raw", path("Q.qcow"), path("out.raw")}));
    EXPECT_EQ(sha256(path("out.raw")), digest_);
}

/// QEMU 7.2 ends every compressing conversion to qcow with exit status 1 and without a word, though the image is
/// right: so the image is asked, not the status.
TEST_F(ImageTool, ReadsCompressedQcowMadeByQemuImg)
{
    Bytes content = read_bytes(path("R.raw"));
    for (size_t i = 0; i < content.size(); i++) {
        content[i] &= i % 16 < 8 ? 0xff : 0;
    }
    write_bytes(path("C.raw"), content);
    run({"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow", path("C.raw"), path("Q.qcow")});
    run_ok({"qemu-img", "compare", "-f", "qcow", "-F", "raw", path("Q.qcow"), path("C.raw")});
    EXPECT_LT(std::filesystem::file_size(path("Q.qcow")), content.size() / 2);
    run_ok(tool({"convert", "-f", "qcow", "-O", "raw", path("Q.qcow"), path("out.raw")}));
    EXPECT_EQ(sha256(path("out.raw")), sha256(path("C.raw")));
}

TEST_F(ImageTool, ReadsAndWritesQcowOverABackingFileMadeByQemuImg)
{
    run_ok({"qemu-img", "create", "-q", "-f", "qcow", "-b", "R.raw", "-F", "raw", path("Q.qcow")});
    run_ok({"qemu-io", "-f", "qcow", "-c", "write -P 0x33 1000448 65536", path("Q.qcow")});
    Bytes data(70 * SECTOR_SIZE, 0x44);
    Bytes expected = read_bytes(path("R.raw"));
    std::fill_n(expected.begin() + 1000448, 65536, 0x33);
    std::fill_n(expected.begin() + 1001 * SECTOR_SIZE, data.size(), 0x44);
    {
        Disk disk(path("Q.qcow"), "qcow");
        ASSERT_EQ(disk.status(), 0);
        ASSERT_EQ(disk.write(1001, data), 0);
    }
    read_independently("qcow", path("Q.qcow"), path("R.raw"), path("out.raw"), kBytes);
    write_bytes(path("expected.raw"), expected);
    EXPECT_EQ(sha256(path("out.raw")), sha256(path("expected.raw")));
    EXPECT_EQ(sha256(path("R.raw")), digest_) << "the backing file changed";
}

TEST_F(ImageTool, QemuImgReadsTheOtherFormatsWrittenHere)
{
    const std::pair<const char*, const char*> formats[] = {{"qcow2", ""}, {"qcow2", "-c"}, {"vmdk", ""}, {"vpc", ""}};
    for (const auto& [format, compress] : formats) {
        std::vector<std::string> words = {"convert", "-f", "raw", "-O", format, path("R.raw"), path("X")};
        if (*compress) {
            words.insert(words.begin() + 1, compress);
        }
        run_ok(tool(words));
        run_ok({"qemu-img", "convert", "-f", format, "-O", "raw", path("X"), path("out.raw")});
        EXPECT_EQ(sha256(path("out.raw")), digest_) << format << compress;
        run_ok(tool({"convert", "-f", format, "-O", "raw", path("X"), path("out.raw")}));
        EXPECT_EQ(sha256(path("out.raw")), digest_) << format << compress;
    }
}

/// Oracle: qemu-img, which lists and applies them too.
TEST_F(ImageTool, KeepsSnapshots)
{
    run_ok(tool({"convert", "-O", "qcow2", path("R.raw"), path("X.qcow2")}));
    run_ok(tool({"snapshot", "-c", "before", path("X.qcow2")}));
    run_ok({"qemu-io", "-f", "qcow2", "-c", "write -P 0x33 1000448 65536", path("X.qcow2")});
    run_ok(tool({"snapshot", "-c", "after", path("X.qcow2")}));
    std::string listed = run_ok({"qemu-img", "snapshot", "-l", path("X.qcow2")});
    EXPECT_NE(listed.find("before"), std::string::npos) << listed;
    EXPECT_NE(listed.find("after"), std::string::npos) << listed;
    listed = run_ok(tool({"snapshot", "-l", path("X.qcow2")}));
    EXPECT_NE(listed.find("\tbefore\t"), std::string::npos) << listed;
    run_ok(tool({"snapshot", "-a", "before", path("X.qcow2")}));
    run_ok(tool({"snapshot", "-d", "after", path("X.qcow2")}));
    run_ok({"qemu-img", "compare", "-f", "qcow2", "-F", "raw", path("X.qcow2"), path("R.raw")});
    run_ok({"qemu-img", "check", "-f", "qcow2", path("X.qcow2")});
    EXPECT_EQ(run(tool({"snapshot", "-a", "after", path("X.qcow2")})).exit_status, 1);
    EXPECT_EQ(run(tool({"snapshot", "-c", "x", path("R.raw")})).exit_status, 1);
}

TEST_F(ImageTool, ComparesTwoDisks)
{
    run_ok(tool({"convert", "-O", "qcow", path("R.raw"), path("X.qcow")}));
    EXPECT_EQ(run_ok(tool({"compare", path("R.raw"), path("X.qcow")})), "the disks are equal\n");
    std::filesystem::copy(path("R.raw"), path("longer.raw"));
    std::filesystem::resize_file(path("longer.raw"), kBytes + 3 * SECTOR_SIZE);
    EXPECT_EQ(run_ok(tool({"compare", path("longer.raw"), path("X.qcow")})), "the disks are equal\n");
    patch_bytes(path("longer.raw"), kBytes + 700, {1});
    Ran ran = run(tool({"compare", path("X.qcow"), path("longer.raw")}));
    EXPECT_EQ(ran.exit_status, 1);
    EXPECT_EQ(ran.out, "the disks differ at byte " + std::to_string(kBytes + 700) + "\n");
    EXPECT_EQ(run(tool({"compare", path("R.raw"), path("none")})).exit_status, 2);
}

TEST_F(ImageTool, CommitsToTheBackingFile)
{
    run_ok(tool({"create", "-f", "cow", "-b", "R.raw", path("X.cow")}));
    Bytes expected = read_bytes(path("R.raw"));
    Bytes data(9 * SECTOR_SIZE, 0x61);
    std::copy(data.begin(), data.end(), expected.begin() + 127 * SECTOR_SIZE);
    {
        Disk disk(path("X.cow"), "cow");
        ASSERT_EQ(disk.write(127, data), 0);
    }
    EXPECT_EQ(run_ok(tool({"commit", path("X.cow")})), "image committed\n");
    EXPECT_TRUE(read_bytes(path("R.raw")) == expected);
    run_ok({"uml_moo", path("X.cow"), path("out.raw")});
    EXPECT_TRUE(read_bytes(path("out.raw")) == expected);
}

TEST_F(ImageTool, DescribesAnImage)
{
    run_ok({"qemu-img", "create", "-q", "-f", "qcow", "-b", "R.raw", "-F", "raw", path("Q.qcow")});
    std::string text = run_ok(tool({"info", path("Q.qcow")}));
    for (const char* line : {"file format: qcow\n", "virtual size: 8773632 bytes\n", "cluster size: 512 bytes\n",
                             "backing file: R.raw\n", "read only: no\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    }
}

TEST_F(ImageTool, RefusesWithAReason)
{
    struct {
        std::vector<std::string> words;
        std::string message;
    } cases[] = {
        {{"info", path("none")}, "ioemu-img: cannot open '" + path("none") + "': No such file or directory\n"},
        {{"create", "-f", "nope", path("x"), "1M"}, "ioemu-img: unknown format 'nope'\n"},
        {{"create", path("x"), "1000"}, "ioemu-img: size '1000' is not a multiple of 512 bytes\n"},
        {{"create", path("x"), "99999999T"}, "ioemu-img: size '99999999T' too large\n"},
        {{"create", path("x")}, "ioemu-img: no size given for '" + path("x") + "'\n"},
        {{"convert", path("R.raw"), path("R.raw")},
         "ioemu-img: '" + path("R.raw") + "' and '" + path("R.raw") + "' are the same file\n"},
        {{"convert", "-c", path("R.raw"), path("x")}, "ioemu-img: format raw cannot be compressed\n"},
        {{"commit", path("R.raw")}, "ioemu-img: cannot commit '" + path("R.raw") + "': Operation not supported\n"},
    };
    for (const auto& c : cases) {
        Ran ran = run(tool(c.words));
        EXPECT_EQ(ran.exit_status, 1);
        EXPECT_EQ(ran.err, c.message);
    }
    EXPECT_EQ(sha256(path("R.raw")), digest_);
    Ran ran = run(tool({}));
    EXPECT_EQ(ran.exit_status, 1);
    EXPECT_EQ(ran.err.rfind("usage: ioemu-img", 0), 0u) << ran.err;
    EXPECT_EQ(run(tool({"--help"})).exit_status, 0);
}

}  // namespace
}  // namespace rogate::selfcheck
