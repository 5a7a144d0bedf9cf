// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/fs_image.h"

#include <array>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <linux/raid/md_p.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/io.h"
#include "process/group.h"

namespace rogate::lab {
namespace {

/// Every time in an image: that of golden images (image::kGoldenMtime), in seconds since 1970.
constexpr uint32_t kTime = 1'216'857'600;
constexpr std::string_view kUuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
constexpr std::string_view kBefore = "before\n";
constexpr std::string_view kAfter = "after!\n";
constexpr size_t kBlockBytes = 1024;

/// Runs a program on an image; its answer. Errors: environment, with its own words.
Result<std::string> run(std::vector<std::string> argv)
{
    const std::string name = argv[0];
    // sbin is not in everybody's PATH.
    auto outcome = process::run({.argv = std::move(argv),
                                 .env = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"},
                                         {"E2FSPROGS_FAKE_TIME", std::to_string(kTime)},
                                         {"TZ", "UTC"}}});
    if (!outcome) {
        return outcome.error();
    }
    if (!outcome->ok()) {
        return Error{ErrorKind::environment,
                     fmt::format("'{}' failed: {}: {}", name, process::describe(*outcome), outcome->err)};
    }
    return outcome->out;
}

/// A small file beside the image, of the fixed time.
Result<void> write_text(const std::filesystem::path& file, std::string_view text)
{
    if (auto written = write_file(file, text); !written) {
        return written;
    }
    const timespec times[2] = {{kTime, 0}, {kTime, 0}};
    return ::utimensat(AT_FDCWD, file.c_str(), times, 0) < 0 ? Result<void>(errno_error("write", file.string(), errno))
                                                             : Result<void>();
}

Result<void> run_all(const std::vector<std::vector<std::string>>& commands)
{
    for (const std::vector<std::string>& argv : commands) {
        if (auto done = run(argv); !done) {
            return done.error();
        }
    }
    return {};
}

/// debugfs tells of a failed request on its standard error only, so what it did is looked at.
Result<std::string> debugfs(const std::filesystem::path& image, const std::string& request, bool write)
{
    std::vector<std::string> argv{"/sbin/debugfs", "-R", request, image.string()};
    if (write) {
        argv.insert(argv.begin() + 1, "-w");
    }
    return run(std::move(argv));
}

Result<void> make_ext4(const std::filesystem::path& image, const std::filesystem::path& work)
{
    if (auto written = write_text(work / "hello", kBefore); !written) {
        return written;
    }
    auto made = run_all({{"/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", std::to_string(kBlockBytes), "-I", "256",
                          "-U", std::string(kUuid), "-E",
                          fmt::format("hash_seed={},root_owner=0:0,lazy_itable_init=0", kUuid), image.string()}});
    if (!made) {
        return made;
    }
    auto put = debugfs(image, fmt::format("write \"{}\" hello", (work / "hello").string()), true);
    auto said = debugfs(image, "cat hello", false);
    if (!put || !said) {
        return put ? said.error() : put.error();
    }
    return *said == kBefore ? Result<void>() : Error{ErrorKind::environment, "debugfs did not write a file"};
}

/// debugfs takes the time of a commit from the clock: it gets the fixed one. Source: Linux,
/// Documentation/filesystems/ext4, "Journal (jbd2)", commit block; numbers there are big endian.
Result<void> fix_commit_times(const std::filesystem::path& image)
{
    constexpr std::string_view kCommit{"\xc0\x3b\x39\x98\0\0\0\2", 8};
    constexpr size_t kTimeAt = 48;
    std::array<char, 12> time{};  // seconds in 64 bits, nanoseconds in 32
    for (size_t i = 0; i < 4; ++i) {
        time[4 + i] = static_cast<char>(kTime >> (8 * (3 - i)));
    }
    auto bytes = read_file(image);
    if (!bytes) {
        return bytes.error();
    }
    const Fd file(::open(image.c_str(), O_WRONLY | O_CLOEXEC));
    for (size_t at = 0; at + kBlockBytes <= bytes->size(); at += kBlockBytes) {
        if (bytes->compare(at, kCommit.size(), kCommit) != 0) {
            continue;
        }
        if (auto fixed = image::write_at(file.get(), time.data(), time.size(), at + kTimeAt, image.string()); !fixed) {
            return fixed;
        }
    }
    return {};
}

/// Puts a transaction into the journal that rewrites the block of `hello`, and leaves it there.
Result<void> dirty_journal(const std::filesystem::path& image, const std::filesystem::path& work)
{
    std::string block(kAfter);
    block.resize(kBlockBytes);
    if (auto written = write_text(work / "block", block); !written) {
        return written;
    }
    auto number = debugfs(image, "bmap hello 0", false);
    if (!number) {
        return number.error();
    }
    unsigned long block_number = 0;
    std::from_chars(number->data(), number->data() + number->size(), block_number);
    if (block_number == 0) {
        return Error{ErrorKind::environment, "debugfs does not tell where a file is"};
    }
    const std::string requests = fmt::format("journal_open\njournal_write -b {} \"{}\"\njournal_close\n",
                                             block_number, (work / "block").string());
    if (auto written = write_text(work / "requests", requests); !written) {
        return written;
    }
    auto done = run({"/sbin/debugfs", "-w", "-f", (work / "requests").string(), image.string()});
    auto state = debugfs(image, "features", false);
    if (!done || !state) {
        return done ? state.error() : done.error();
    }
    return state->find("needs_recovery") != std::string::npos
               ? fix_commit_times(image)
               : Error{ErrorKind::environment, "debugfs did not write a journal"};
}

Result<void> make_vfat(const std::filesystem::path& image, const std::filesystem::path& work)
{
    if (auto written = write_text(work / "hello", kBefore); !written) {
        return written;
    }
    return run_all({{"/sbin/mkfs.vfat", "--invariant", "-n", "ROGATE", image.string()},
                    {"mcopy", "-m", "-i", image.string(), (work / "hello").string(), "::hello"}});
}

/// The superblock of an array, as linux/raid/md_p.h has it: in the last 64 KiB that begin at a multiple of 64 KiB. The
/// checksum is the sum of all words, the carry added.
Result<void> make_md(const std::filesystem::path& image, uint64_t bytes)
{
    mdp_super_t super{};
    super.md_magic = MD_SB_MAGIC;
    super.minor_version = 90;
    super.ctime = super.utime = kTime;
    super.set_uuid0 = 0x726f6761;
    super.set_uuid1 = super.set_uuid2 = super.set_uuid3 = 0x74650000;
    super.level = 1;
    const uint64_t at = (bytes & ~uint64_t{MD_RESERVED_BYTES - 1}) - MD_RESERVED_BYTES;
    super.size = static_cast<uint32_t>(at / 1024);
    super.nr_disks = super.active_disks = super.working_disks = 1;
    super.raid_disks = 2;
    super.state = 1U << MD_SB_CLEAN;
    super.events_lo = 7;
    super.recovery_cp = ~0U;
    super.disks[0].state = (1U << MD_DISK_ACTIVE) | (1U << MD_DISK_SYNC);
    super.disks[1].number = super.disks[1].raid_disk = 1;
    super.disks[1].state = 1U << MD_DISK_REMOVED;
    super.this_disk = super.disks[0];
    std::array<uint32_t, MD_SB_BYTES / 4> words{};
    static_assert(sizeof super == sizeof words);
    std::memcpy(words.data(), &super, sizeof words);
    uint64_t sum = 0;
    for (const uint32_t word : words) {
        sum += word;
    }
    super.sb_csum = static_cast<uint32_t>(sum) + static_cast<uint32_t>(sum >> 32);
    const Fd file(::open(image.c_str(), O_WRONLY | O_CLOEXEC));
    return image::write_at(file.get(), &super, sizeof super, at, image.string());
}

Result<void> make_content(FsImage kind, const std::filesystem::path& image, const std::filesystem::path& work,
                          uint64_t bytes)
{
    switch (kind) {
    case FsImage::empty:
        return {};
    case FsImage::ext4:
        return make_ext4(image, work);
    case FsImage::ext4_dirty: {
        auto made = make_ext4(image, work);
        return made ? dirty_journal(image, work) : made;
    }
    case FsImage::vfat:
        return make_vfat(image, work);
    case FsImage::swap:
        return run_all({{"/sbin/mkswap", "-U", std::string(kUuid), image.string()}});
    case FsImage::md:
        return make_md(image, bytes);
    }
    return {};
}

}  // namespace

std::string_view to_string(FsImage image)
{
    constexpr std::array<std::string_view, 6> kNames{"empty", "ext4", "ext4-dirty", "vfat", "swap", "md"};
    return kNames.at(static_cast<size_t>(image));
}

Result<void> make_fs_image(FsImage image, const std::filesystem::path& file, uint64_t bytes)
{
    auto work = TempDir::make(file.parent_path(), ".fs-");
    if (!work) {
        return work.error();
    }
    const std::filesystem::path unfinished = work->path() / "image";
    {
        const Fd fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) < 0) {
            return errno_error("make", unfinished.string(), errno);
        }
    }
    if (auto made = make_content(image, unfinished, work->path(), bytes); !made) {
        return made.error().while_doing(fmt::format("cannot make an image with {}", to_string(image)));
    }
    if (::link(unfinished.c_str(), file.c_str()) < 0) {
        return errno_error("make", file.string(), errno);
    }
    return {};
}

}  // namespace rogate::lab
