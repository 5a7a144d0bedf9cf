// SPDX-License-Identifier: GPL-2.0-or-later
// What digests and change maps cost beside coreutils' sha256sum on the same bytes, in the same run.
//
// usage: digest_bench [MIB [ROUNDS [FOLDER]]]     (256 5 $TMPDIR)
//
// The file is read from the page cache. Each round measures everyone once, in turn; a line tells the median of the
// rounds, in seconds of processor time (user and system) for each GiB, so that other work on the machine counts little.
// Exit status 1 when something failed; the numbers decide nothing.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <random>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "image/digest.h"

extern char** environ;

namespace rogate::image {
namespace {

constexpr uint64_t kSparseBytes = uint64_t{1} << 40;
constexpr uint64_t kSparseDataBytes = uint64_t{64} << 20;
constexpr uint64_t kSparsePieceBytes = 64 << 10;
constexpr uint64_t kWriteBytes = 1 << 20;  // as cp and dd are used: small writes make a page cache of small pieces

[[noreturn]] void die(const std::string& why)
{
    fmt::print(stderr, "digest_bench: {}\n", why);
    std::exit(1);
}

/// Pieces of random bytes at each of `count` places, `stride` apart.
void fill(const std::filesystem::path& path, uint64_t size_bytes, uint64_t count, uint64_t stride, uint64_t piece_bytes)
{
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) < 0) {
        die("cannot make '" + path.string() + "'");
    }
    std::mt19937_64 random(20080724);
    std::vector<uint64_t> piece(piece_bytes / sizeof(uint64_t));
    for (uint64_t i = 0; i < count; ++i) {
        std::generate(piece.begin(), piece.end(), std::ref(random));
        if (::pwrite(fd.get(), piece.data(), piece_bytes, static_cast<off_t>(i * stride)) !=
            static_cast<ssize_t>(piece_bytes)) {
            die("cannot write '" + path.string() + "'");
        }
    }
}

double seconds(const rusage& usage)
{
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Processor time of `work`, which tells whether it succeeded.
double own_seconds(const std::function<bool()>& work)
{
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    if (!work()) {
        die("a digest failed");
    }
    ::getrusage(RUSAGE_SELF, &after);
    return seconds(after) - seconds(before);
}

double sha256sum_seconds(const std::filesystem::path& path)
{
    const char* argv[] = {"sha256sum", path.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    pid_t pid = 0;
    int status = 1;
    rusage usage{};
    if (::posix_spawnp(&pid, argv[0], &actions, nullptr, const_cast<char**>(argv), environ) != 0 ||
        ::wait4(pid, &status, 0, &usage) < 0 || status != 0) {
        die("sha256sum failed");
    }
    ::posix_spawn_file_actions_destroy(&actions);
    return seconds(usage);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Contender {
    std::string name;
    std::function<double()> measure;
    std::vector<double> taken = {};
};

void compare(const std::filesystem::path& folder, uint64_t size_bytes, unsigned rounds)
{
    const std::filesystem::path file = folder / "random";
    fill(file, size_bytes, size_bytes / kWriteBytes, kWriteBytes, kWriteBytes);
    std::vector<Contender> all = {
        {"coreutils sha256sum", [&] { return sha256sum_seconds(file); }},
        {"change map alone", [&] { return own_seconds([&] { return chunk_map(file).has_value(); }); }},
        {"evidence", [&] { return own_seconds([&] { return digest_file(file).has_value(); }); }}};
    for (const Sha256Engine engine : sha256_engines()) {
        all.push_back({"evidence by " + std::string(engine_name(engine)), [&file, engine] {
                           return own_seconds([&] { return digest_file_by(engine, file).has_value(); });
                       }});
    }
    for (unsigned round = 0; round < rounds; ++round) {
        for (Contender& one : all) {
            one.taken.push_back(one.measure());
        }
    }
    const double per_gib = static_cast<double>(uint64_t{1} << 30) / static_cast<double>(size_bytes);
    fmt::print("{} MiB of random data in '{}', median of {}\n", size_bytes >> 20, folder.parent_path().string(),
               rounds);
    for (const Contender& one : all) {
        fmt::print("{:<24} {:7.3f} s/GiB {:6.1f} x\n", one.name, median(one.taken) * per_gib,
                   median(all[0].taken) / median(one.taken));
    }
}

void sparse(const std::filesystem::path& folder, unsigned rounds)
{
    const std::filesystem::path file = folder / "sparse";
    constexpr uint64_t kPieces = kSparseDataBytes / kSparsePieceBytes;
    fill(file, kSparseBytes, kPieces, kSparseBytes / kPieces, kSparsePieceBytes);
    std::vector<double> taken;
    for (unsigned round = 0; round < rounds; ++round) {
        taken.push_back(own_seconds([&] { return digest_file(file).has_value(); }));
    }
    fmt::print("evidence of 1 TiB that holds {} MiB in {} places: {:.3f} s\n", kSparseDataBytes >> 20, kPieces,
               median(taken));
}

int run(int argc, char** argv)
{
    const uint64_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 256;
    const unsigned rounds = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 5;
    const std::filesystem::path parent = argc > 3 ? argv[3] : std::filesystem::temp_directory_path().string();
    if (mib == 0 || mib > 65536 || rounds == 0) {
        die("usage: digest_bench [MIB [ROUNDS [FOLDER]]]");
    }
    auto folder = TempDir::make(parent, "digest_bench-");
    if (!folder) {
        die(folder.error().text);
    }
    compare(folder->path(), mib << 20, rounds);
    sparse(folder->path(), rounds);
    return 0;
}

}  // namespace
}  // namespace rogate::image

int main(int argc, char** argv)
{
    return rogate::image::run(argc, argv);
}
