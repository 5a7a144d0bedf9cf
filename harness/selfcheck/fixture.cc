// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace rogate::selfcheck
{
namespace
{

TempDir make_folder()
{
    auto folder = TempDir::make(std::filesystem::temp_directory_path(), "selfcheck-");
    if (!folder) {
        throw std::runtime_error(folder.error().text);
    }
    return std::move(*folder);
}

std::string text_of(const std::string& path)
{
    Bytes data = read_bytes(path);
    return {data.begin(), data.end()};
}

}  // namespace

DiskTest::DiskTest() : folder_(make_folder())
{
    bdrv_init();
}

void DiskTest::create(const std::string& name, const std::string& format, int64_t sectors, const std::string& backing)
{
    BlockDriver* driver = bdrv_find_format(format.c_str());
    ASSERT_NE(driver, nullptr) << format;
    ASSERT_EQ(bdrv_create(driver, path(name).c_str(), sectors, backing.empty() ? nullptr : backing.c_str(), 0), 0)
        << name;
}

Disk::Disk(const std::string& path, const std::string& format, bool snapshot) : bs_(bdrv_new(""))
{
    BlockDriver* driver = format.empty() ? nullptr : bdrv_find_format(format.c_str());
    status_ = bdrv_open2(bs_, path.c_str(), snapshot, driver);
}

Disk::~Disk()
{
    bdrv_delete(bs_);
}

int64_t Disk::sectors() const
{
    return bdrv_getlength(bs_) / SECTOR_SIZE;
}

int Disk::read(int64_t sector, Bytes& data)
{
    return bdrv_read(bs_, sector, data.data(), static_cast<int>(data.size() / SECTOR_SIZE));
}

int Disk::write(int64_t sector, const Bytes& data)
{
    return bdrv_write(bs_, sector, data.data(), static_cast<int>(data.size() / SECTOR_SIZE));
}

Bytes Disk::content()
{
    Bytes data(static_cast<size_t>(sectors()) * SECTOR_SIZE);
    EXPECT_EQ(read(0, data), 0);
    return data;
}

Ran run(const std::vector<std::string>& argv)
{
    // Files, not pipes: a program's output is whole once it has ended, however much it is.
    auto folder = make_folder();
    std::string out = folder.path() / "out";
    std::string err = folder.path() / "err";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);
    std::vector<char*> words;
    for (const auto& word : argv) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    pid_t pid = -1;
    int error = posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        ADD_FAILURE() << "cannot start '" << argv[0] << "': " << strerror(error);
        return {-1, "", ""};
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    EXPECT_TRUE(WIFEXITED(status)) << argv[0];
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
}

std::string run_ok(const std::vector<std::string>& argv)
{
    Ran ran = run(argv);
    EXPECT_EQ(ran.exit_status, 0) << testing::PrintToString(argv) << "\n" << ran.err;
    return ran.out;
}

std::string sha256(const std::string& path)
{
    std::string digest = run_ok({"sha256sum", path}).substr(0, 64);
    EXPECT_EQ(digest.size(), 64u) << path;
    return digest;
}

Bytes disk_content(std::mt19937_64& random, size_t bytes)
{
    Bytes data(bytes);
    size_t at = 0;
    while (at < bytes) {
        size_t run = std::min<size_t>(bytes - at, SECTOR_SIZE * (1 + random() % 64));
        auto kind = random() % 3;
        for (size_t i = 0; kind != 0 && i < run; i++) {
            data[at + i] = static_cast<uint8_t>(kind == 1 ? random() : i / 32);
        }
        at += run;
    }
    return data;
}

Bytes read_bytes(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::string& path, const Bytes& data)
{
    std::filesystem::remove(path);  // ext4 flushes a file that is cut to nothing and written again
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    ASSERT_TRUE(out.flush()) << path;
}

void patch_bytes(const std::string& path, uint64_t offset, const Bytes& data)
{
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    ASSERT_TRUE(file.flush()) << path;
}

Bytes big_endian(uint64_t value, int width)
{
    Bytes data;
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
        data.push_back(static_cast<uint8_t>(value >> shift));
    }
    return data;
}

void read_independently(const std::string& format, const std::string& image, const std::string& backing,
                        const std::string& out, uint64_t bytes)
{
    if (format == "raw") {
        run_ok({"cp", image, out});
    } else if (format == "cow" && !backing.empty()) {
        run_ok({"uml_moo", image, out});
    } else if (format == "cow") {
        // uml_moo wants a backing file whose time is that of the header; an image without one says 0
        run_ok({"truncate", "-s", std::to_string(bytes), out + ".zeros"});
        run_ok({"touch", "-d", "@0", out + ".zeros"});
        run_ok({"uml_moo", "-b", out + ".zeros", image, out});
    } else if (!backing.empty()) {
        run_ok({"qemu-img", "convert", "-O", "raw", "--image-opts",
                "driver=" + format + ",file.filename=" + image + ",backing.driver=raw,backing.file.filename=" + backing,
                out});
    } else {
        run_ok({"qemu-img", "convert", "-f", format, "-O", "raw", image, out});
    }
}

}  // namespace rogate::selfcheck
