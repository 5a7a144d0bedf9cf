// SPDX-License-Identifier: GPL-2.0-or-later
// Encrypted qcow and qcow2 images of the in-tree ioemu against qemu-img, both ways.
#include <cerrno>
#include <cstring>

#include "fixture.h"

namespace rogate::selfcheck
{
namespace
{

constexpr int64_t kSectors = 17136;
constexpr size_t kBytes = kSectors * SECTOR_SIZE;

/// Passwords shorter than a key are padded, longer ones cut.
constexpr const char* kPasswords[] = {"xyzzy", "correct horse battery staple"};

class Encryption : public DiskTest, public ::testing::WithParamInterface<const char*>
{
protected:
    [[nodiscard]] std::string format() const { return GetParam(); }
    void make(const std::string& backing = {})
    {
        std::filesystem::remove(path("disk"));
        ASSERT_EQ(bdrv_create(bdrv_find_format(GetParam()), path("disk").c_str(), kSectors,
                              backing.empty() ? nullptr : backing.c_str(), BLOCK_FLAG_ENCRYPT),
                  0);
    }
    void random_work(Bytes& model, const char* password, int operations);
    /// Oracle: qemu-img decrypts the image.
    Bytes decrypted(const std::string& password, const std::string& backing = {})
    {
        run_ok({"qemu-img", "convert", "--object", "secret,id=key,data=" + password, "--image-opts",
                "driver=" + format() + ",encrypt.format=aes,encrypt.key-secret=key,file.filename=" + path("disk") +
                    backing,
                "-O", "raw", path("out.raw")});
        return read_bytes(path("out.raw"));
    }
};

void Encryption::random_work(Bytes& model, const char* password, int operations)
{
    std::mt19937_64 random(kSeed);
    Disk disk(path("disk"), format());
    ASSERT_EQ(disk.status(), 0);
    ASSERT_EQ(bdrv_set_key(disk.get(), password), 0);
    for (int i = 0; i < operations; ++i) {
        const uint64_t count = 1 + random() % 20;
        const uint64_t sector = random() % (kSectors - count + 1);
        Bytes data = disk_content(random, count * SECTOR_SIZE);
        uint8_t* at = &model[sector * SECTOR_SIZE];
        if (random() % 2 == 0) {
            ASSERT_EQ(disk.write(static_cast<int64_t>(sector), data), 0);
            memcpy(at, data.data(), data.size());
        } else {
            ASSERT_EQ(disk.read(static_cast<int64_t>(sector), data), 0);
            ASSERT_EQ(memcmp(data.data(), at, data.size()), 0);
        }
    }
}

TEST_P(Encryption, IsReadByQemuImg)
{
    for (const char* password : kPasswords) {
        ASSERT_NO_FATAL_FAILURE(make());
        Bytes model(kBytes);
        for (int part = 0; part < 4; ++part) {
            ASSERT_NO_FATAL_FAILURE(random_work(model, password, 1250));
        }
        EXPECT_TRUE(decrypted(password) == model) << password;
    }
}

TEST_P(Encryption, IsReadByQemuImgOverABackingFile)
{
    std::mt19937_64 random(kSeed);
    const Bytes base = disk_content(random, kBytes);
    write_bytes(path("base.raw"), base);
    ASSERT_NO_FATAL_FAILURE(make("base.raw"));
    Bytes model = base;
    ASSERT_NO_FATAL_FAILURE(random_work(model, kPasswords[0], 1000));
    EXPECT_TRUE(decrypted(kPasswords[0], ",backing.driver=raw,backing.file.filename=" + path("base.raw")) == model);
    EXPECT_TRUE(read_bytes(path("base.raw")) == base);
}

TEST_P(Encryption, ReadsWhatQemuImgEncrypted)
{
    std::mt19937_64 random(kSeed);
    const Bytes content = disk_content(random, kBytes);
    write_bytes(path("R.raw"), content);
    for (const char* password : kPasswords) {
        run_ok({"qemu-img", "convert", "--object", std::string("secret,id=key,data=") + password, "-f", "raw", "-O",
                format(), "-o",
                std::string(format() == "qcow2" ? "compat=0.10," : "") + "encrypt.format=aes,encrypt.key-secret=key",
                path("R.raw"), path("disk")});
        Disk disk(path("disk"), format());
        ASSERT_EQ(disk.status(), 0);
        EXPECT_TRUE(bdrv_is_encrypted(disk.get()));
        ASSERT_EQ(bdrv_set_key(disk.get(), password), 0);
        EXPECT_TRUE(disk.content() == content) << password;
        ASSERT_EQ(bdrv_set_key(disk.get(), "wrong"), 0);
        EXPECT_FALSE(disk.content() == content) << password;
    }
}

/// Without the password no cipher text is taken for data, and nothing is written.
TEST_P(Encryption, NeedsThePassword)
{
    ASSERT_NO_FATAL_FAILURE(make());
    {
        Disk disk(path("disk"), format());
        ASSERT_EQ(bdrv_set_key(disk.get(), kPasswords[0]), 0);
        ASSERT_EQ(disk.write(0, Bytes(4 * SECTOR_SIZE, 0x31)), 0);
    }
    const Bytes before = read_bytes(path("disk"));
    Disk disk(path("disk"), format());
    Bytes data(8 * SECTOR_SIZE);
    EXPECT_EQ(disk.read(0, data), -ENOKEY);
    EXPECT_EQ(disk.write(0, data), -ENOKEY);
    EXPECT_EQ(bdrv_write_compressed(disk.get(), 0, data.data(), 8), -ENOTSUP);
    EXPECT_TRUE(read_bytes(path("disk")) == before);
}

TEST_P(Encryption, AKeyForAPlainImageIsRefused)
{
    create("disk", format(), kSectors);
    Disk disk(path("disk"), format());
    EXPECT_FALSE(bdrv_is_encrypted(disk.get()));
    EXPECT_EQ(bdrv_set_key(disk.get(), "xyzzy"), -EINVAL);
}

INSTANTIATE_TEST_SUITE_P(Formats, Encryption, ::testing::Values("qcow", "qcow2"),
                         [](const auto& format) { return std::string(format.param); });

}  // namespace
}  // namespace rogate::selfcheck
