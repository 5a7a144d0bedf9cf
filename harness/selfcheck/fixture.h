// SPDX-License-Identifier: GPL-2.0-or-later
// selfcheck: checks the unpatched in-tree block layer against a flat model and against independent programs.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"

extern "C" {
#include "vl.h"
}

namespace rogate::selfcheck
{

using Bytes = std::vector<uint8_t>;

/// The seed of every random choice in these tests; printed by each test that uses it.
inline constexpr uint64_t kSeed = 20080724;

/// A test in a throwaway folder, with the block layer's drivers registered.
class DiskTest : public ::testing::Test
{
protected:
    DiskTest();
    /// A path in the test's folder.
    [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    /// Makes an empty image through the block layer; `backing` may be empty.
    void create(const std::string& name, const std::string& format, int64_t sectors, const std::string& backing = {});

private:
    TempDir folder_;
};

/// An open image; closed on destruction.
class Disk
{
public:
    /// `format` may be empty: the image is probed. status() says how the opening went.
    Disk(const std::string& path, const std::string& format, bool snapshot = false);
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    ~Disk();

    [[nodiscard]] int status() const { return status_; }
    BlockDriverState* get() { return bs_; }
    [[nodiscard]] int64_t sectors() const;
    /// 0 or -errno
    int read(int64_t sector, Bytes& data);
    int write(int64_t sector, const Bytes& data);
    /// The whole content; fails the test when it cannot be read.
    Bytes content();

private:
    BlockDriverState* bs_;
    int status_;
};

/// What a program left behind.
struct Ran {
    int exit_status;
    std::string out;
    std::string err;
};

/// Runs a program; one that is missing or killed fails the test.
Ran run(const std::vector<std::string>& argv);

/// Runs a program that has to exit with 0; fails the test with what it said otherwise. Returns its stdout.
std::string run_ok(const std::vector<std::string>& argv);

/// The SHA-256 of a file, by coreutils' sha256sum.
std::string sha256(const std::string& path);

/// `bytes` random bytes with some long runs of zeros, so that sparse and compressed clusters occur.
Bytes disk_content(std::mt19937_64& random, size_t bytes);

Bytes read_bytes(const std::string& path);
void write_bytes(const std::string& path, const Bytes& data);
/// Changes some bytes of a file in place.
void patch_bytes(const std::string& path, uint64_t offset, const Bytes& data);
/// An integer of `width` bytes, most significant first.
Bytes big_endian(uint64_t value, int width);

/// Has an independent program (coreutils, uml_moo, qemu-img) read an image of `format` into the file `out`.
/// `backing` is the raw backing file, empty = none; `bytes` is the size of the disk.
void read_independently(const std::string& format, const std::string& image, const std::string& backing,
                        const std::string& out, uint64_t bytes);

}  // namespace rogate::selfcheck
