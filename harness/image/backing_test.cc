// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/backing.h"

#include <sys/stat.h>

#include "image/cow.h"
#include "image/test_support.h"

namespace rogate::image {
namespace {

using Names = std::vector<std::string>;

std::string number(uint64_t value, unsigned bytes)
{
    std::string text;
    for (unsigned i = bytes; i-- > 0;) {
        text += static_cast<char>(value >> (8 * i));
    }
    return text;
}

/// The first bytes of a qcow or qcow2 image by the specification: magic, version, offset and length of the name.
std::string qcow(unsigned version, const std::string& backing, uint64_t offset = 200)
{
    std::string text = "QFI\xfb" + number(version, 4) + number(offset, 8) + number(backing.size(), 4);
    text.resize(200, '\0');
    return text + backing;
}

std::string descriptor(const std::string& parent_cid, const std::string& more)
{
    return "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=" + parent_cid + "\n" + more;
}

class BackingTest : public test::ImageTest {
protected:
    Names names(const std::string& bytes)
    {
        test::put_file(at("image"), bytes);
        auto found = names_in_header(at("image"));
        EXPECT_TRUE(found.has_value()) << found.error().text;
        return found ? *found : Names{"error"};
    }
    Error refusal(const std::string& bytes)
    {
        test::put_file(at("image"), bytes);
        auto found = files_of_image(at("image"));
        EXPECT_FALSE(found.has_value());
        return found ? Error{} : found.error();
    }
};

TEST_F(BackingTest, ReadsNamesFromHeaders)
{
    EXPECT_EQ(names(qcow(1, "base")), Names{"base"});
    EXPECT_EQ(names(qcow(2, "a/base")), Names{"a/base"});
    EXPECT_EQ(names(qcow(3, "")), Names{});
    EXPECT_EQ(names(qcow(2, "base", 0)), Names{});
    EXPECT_EQ(names(descriptor("ffffffff", "RW 10 FLAT \"one\" 0\n RW 10 FLAT \"one\" 10\nRDONLY 5 SPARSE \"two\"\n"
                                           "RW 5 ZERO\nparentFileNameHint=\"stale\"\n")),
              (Names{"one", "two"}));
    EXPECT_EQ(names(descriptor("12345678", "parentFileNameHint=\"parent\"\n")), Names{"parent"});
    EXPECT_EQ(names("anything"), Names{});
    EXPECT_EQ(names(""), Names{});
}

TEST_F(BackingTest, ReadsTheDataFileOfQcow2)
{
    std::string bytes = qcow(3, "base", 400);
    bytes.replace(72, 8, number(4, 8));
    bytes.replace(100, 4, number(104, 4));
    bytes.replace(104, 24,
                  number(0xe2792aca, 4) + number(3, 4) + std::string("raw\0\0\0\0\0", 8) + std::string(8, '\0'));
    EXPECT_EQ(refusal(bytes).kind, ErrorKind::corrupt);  // the list ends without a name
    bytes.replace(120, 12, number(0x44415441, 4) + number(4, 4) + "data");
    bytes.resize(400, '\0');
    EXPECT_EQ(names(bytes + "base"), (Names{"data", "base"}));
}

TEST_F(BackingTest, ReadsTheNameOfCow)
{
    const SectorSource nothing = [](uint64_t) { return Sector{}; };
    ASSERT_TRUE(write_cow_v2(at("cow"), {"base.raw", 0, 4096}, {}, nothing).has_value());
    EXPECT_EQ(names_in_header(at("cow")).value(), Names{"base.raw"});
    ASSERT_TRUE(write_cow_v2(at("cow0"), {"", 0, 4096}, {}, nothing).has_value());
    EXPECT_EQ(names_in_header(at("cow0")).value(), Names{});
}

TEST_F(BackingTest, RefusesHeadersThatLeadOutsideTheFile)
{
    EXPECT_EQ(refusal(qcow(2, "base", 201)).text, "cannot tell which files '" + at("image").string() +
                                                      "' consists of: what its header leads to lies outside the file");
    EXPECT_EQ(refusal(qcow(2, "base", UINT64_MAX - 2)).kind, ErrorKind::corrupt);
    EXPECT_EQ(refusal(qcow(2, std::string(1024, 'x'))).kind, ErrorKind::corrupt);
}

TEST_F(BackingTest, RefusesParentsItCannotFollow)
{
    std::string vpc = "conectix" + std::string(504, '\0');
    EXPECT_EQ(names(vpc), Names{});
    vpc.replace(60, 4, number(4, 4));
    EXPECT_EQ(refusal(vpc).kind, ErrorKind::corrupt);
    EXPECT_EQ(refusal("COWD" + std::string(2044, '\0')).kind, ErrorKind::corrupt);
}

TEST_F(BackingTest, FollowsAChainInOrder)
{
    std::filesystem::create_directory(at("sub"));
    test::put_file(at("top"), qcow(2, "sub/middle"));
    test::put_file(at("sub/middle"), qcow(1, "../base"));
    test::put_file(at("base"), "content");
    EXPECT_EQ(files_of_image(at("top")).value(),
              (std::vector<std::filesystem::path>{at("top"), at("sub/middle"), at("sub/../base")}));
    EXPECT_EQ(files_of_image(at("base")).value(), (std::vector<std::filesystem::path>{at("base")}));
}

TEST_F(BackingTest, RefusesNamesThatLeaveTheFolder)
{
    test::put_file(at("secret"), "s");
    std::filesystem::create_directory(at("case"));
    std::filesystem::create_symlink("../secret", at("case/link"));
    for (const std::string& name : {std::string("../secret"), at("secret").string(), std::string("link"),
                                    std::string("/etc/passwd"), std::string("/dev/null")}) {
        test::put_file(at("case/top"), qcow(2, name));
        auto refused = files_of_image(at("case/top"));
        ASSERT_FALSE(refused.has_value()) << name;
        EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
        EXPECT_EQ(refused.error().text,
                  "'" + at("case/top").string() + "' names '" + name + "', which is not in the image's folder");
    }
}

TEST_F(BackingTest, RefusesWhatIsNoRegularFile)
{
    ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
    for (const char* name : {"fifo", ".", "missing", "json:{}", "nbd://host/x"}) {
        EXPECT_EQ(refusal(qcow(2, name)).kind, ErrorKind::corrupt) << name;
    }
    EXPECT_EQ(refusal(qcow(2, std::string("a\0b", 3))).kind, ErrorKind::corrupt);
}

TEST_F(BackingTest, RefusesACircleAndAChainWithoutEnd)
{
    test::put_file(at("other"), qcow(2, "./image"));
    EXPECT_EQ(refusal(qcow(2, "other")).text,
              "'" + at("other").string() +
                  "' names './image', which is part of the chain already: it leads round in a circle");
    EXPECT_EQ(refusal(qcow(2, "image")).kind, ErrorKind::corrupt);
    for (size_t i = 0; i <= kMaxChainFiles; ++i) {
        test::put_file(at("f" + std::to_string(i)), qcow(2, "f" + std::to_string(i + 1)));
    }
    EXPECT_EQ(refusal(qcow(2, "f0")).text,
              "'" + at("f62").string() + "' names 'f63', which is one file too many (limit 64)");
}

}  // namespace
}  // namespace rogate::image
