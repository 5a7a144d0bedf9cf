// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of vpc share: the reference content, other programs, and a small dynamic disk made by hand.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"
#include "image/reference.h"

namespace rogate::selfcheck {

inline constexpr uint64_t kSubheaderAt = 512;
inline constexpr uint64_t kBatAt = 1536;

/// Puts the checksum right: the complement of the byte sum with the field itself taken as 0.
inline void seal(Bytes& file, size_t start, size_t size, size_t field)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += i < field || i >= field + 4 ? file[start + i] : 0;
    }
    const Bytes checksum = big_endian(static_cast<uint32_t>(~sum), 4);
    std::copy(checksum.begin(), checksum.end(), file.begin() + static_cast<std::ptrdiff_t>(start + field));
}

inline void put(Bytes& file, size_t at, uint64_t value, int width)
{
    const Bytes bytes = big_endian(value, width);
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

class VpcTest : public DiskTest {
protected:
    VpcTest()
    {
        auto made = image::write_reference(path("R.raw"));
        EXPECT_TRUE(made) << (made ? "" : made.error().text);
        reference_ = read_bytes(path("R.raw"));
    }
    void convert(const std::string& kind, const std::string& name)
    {
        run_ok({"qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=" + kind, path("R.raw"), path(name)});
    }
    void expect_content(const std::string& name, const Bytes& content)
    {
        Disk disk(path(name), "vpc");
        ASSERT_EQ(disk.status(), 0) << name;
        ASSERT_EQ(disk.sectors() * SECTOR_SIZE, static_cast<int64_t>(content.size())) << name;
        EXPECT_TRUE(disk.content() == content) << name;
    }
    /// qemu-img, 7z, libvhdi and bximage must see `content`; `name` ends in .vhd, by which 7z knows a fixed one.
    void expect_others_read(const std::string& name, const Bytes& content)
    {
        const std::string in = path(name), out = path("out.raw");
        write_bytes(path("expected.raw"), content);
        const std::string expected = sha256(path("expected.raw"));
        run_ok({"qemu-img", "convert", "-f", "vpc", "-O", "raw", in, out});
        EXPECT_EQ(sha256(out), expected) << "qemu-img";
        for (const std::vector<std::string>& argv :
             {std::vector<std::string>{"7z", "x", "-so", in}, {"img_cat", "-i", "vhd", in}}) {
            const std::string text = run_ok(argv);
            write_bytes(out, {text.begin(), text.end()});
            EXPECT_EQ(sha256(out), expected) << argv[0];
        }
        std::filesystem::remove(out);
        run_ok({"bximage", "-q", "-func=convert", "-imgmode=flat", in, out});
        EXPECT_EQ(sha256(out), expected) << "bximage";
    }
    /// A dynamic disk of 68 sectors in two blocks of 32 KiB, both there, with all bits set: formats/vpc, by hand.
    Bytes small_image()
    {
        Bytes f(69120);
        const std::string cookie = "conectix", sparse = "cxsparse", creator = "win ";
        std::copy(cookie.begin(), cookie.end(), f.begin());
        put(f, 8, 2, 4);
        put(f, 12, 0x10000, 4);
        put(f, 16, 512, 8);
        std::copy(creator.begin(), creator.end(), f.begin() + 28);
        put(f, 40, 68 * SECTOR_SIZE, 8);
        put(f, 48, 68 * SECTOR_SIZE, 8);
        put(f, 56, 0x00010411, 4);
        put(f, 60, 3, 4);
        std::copy(sparse.begin(), sparse.end(), f.begin() + kSubheaderAt);
        put(f, kSubheaderAt + 8, UINT64_MAX, 8);
        put(f, kSubheaderAt + 16, kBatAt, 8);
        put(f, kSubheaderAt + 24, 0x10000, 4);
        put(f, kSubheaderAt + 28, 2, 4);
        put(f, kSubheaderAt + 32, 0x8000, 4);
        std::fill_n(f.begin() + kBatAt, 512, 0xff);
        put(f, kBatAt, 4, 4);
        put(f, kBatAt + 4, 0x45, 4);
        for (const size_t block : {2048, 35328}) {
            std::fill_n(f.begin() + static_cast<std::ptrdiff_t>(block), 512, 0xff);
            for (size_t i = 0; i < 32768; ++i) {
                f[block + 512 + i] = static_cast<uint8_t>(i / 512 + block % 251);
            }
        }
        return sealed(f);
    }
    /// The same file with both checksums right and the footer of its start copied to its end.
    static Bytes sealed(Bytes f)
    {
        seal(f, 0, 512, 64);
        seal(f, kSubheaderAt, 1024, 36);
        std::copy_n(f.begin(), 512, f.end() - 512);
        return f;
    }
    int open_status(const Bytes& file)
    {
        write_bytes(path("x.vhd"), file);
        const int status = Disk(path("x.vhd"), "vpc").status();
        EXPECT_TRUE(read_bytes(path("x.vhd")) == file) << "opening wrote";
        return status;
    }
    Bytes reference_;
};

}  // namespace rogate::selfcheck
