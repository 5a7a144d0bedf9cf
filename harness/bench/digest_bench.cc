// SPDX-License-Identifier: GPL-2.0-or-later
// What digests, change maps, golden look-ups and copies cost, beside coreutils' sha256sum on the same bytes.
// All files are in memory, so the numbers are the processor's. Run on one core: `taskset -c 1 digest_bench`.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <spawn.h>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "image/digest.h"
#include "image/recipe.h"

extern char** environ;

namespace rogate::image
{
namespace
{

constexpr uint64_t kRandomBytes = uint64_t{256} << 20;
constexpr uint64_t kSparseBytes = uint64_t{1} << 40;
constexpr uint64_t kSparseDataBytes = uint64_t{64} << 20;

/// A file in memory with a path that other processes can open; it is gone with the process.
struct MemoryFile {
    Fd fd{::memfd_create("digest_bench", MFD_CLOEXEC)};
    std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd.get());

    void fill(uint64_t offset, uint64_t length)
    {
        std::mt19937_64 random(offset + 1);
        std::vector<uint64_t> block(kChunkBytes / sizeof(uint64_t));
        for (uint64_t done = 0; done < length; done += kChunkBytes) {
            for (uint64_t& word : block) {
                word = random();
            }
            if (::pwrite(fd.get(), block.data(), kChunkBytes, static_cast<off_t>(offset + done)) !=
                static_cast<ssize_t>(kChunkBytes)) {
                std::abort();
            }
        }
    }
};

const MemoryFile& random_file()
{
    static const MemoryFile* const file = [] {
        auto* made = new MemoryFile;
        made->fill(0, kRandomBytes);
        return made;
    }();
    return *file;
}

/// 1 TiB with 64 MiB of data in 1024 places.
const MemoryFile& sparse_file()
{
    static const MemoryFile* const file = [] {
        auto* made = new MemoryFile;
        if (::ftruncate(made->fd.get(), static_cast<off_t>(kSparseBytes)) < 0) {
            std::abort();
        }
        for (uint64_t part = 0; part < kSparseDataBytes / kChunkBytes; ++part) {
            made->fill(part * (kSparseBytes / (kSparseDataBytes / kChunkBytes)), kChunkBytes);
        }
        return made;
    }();
    return *file;
}

void set_bytes(benchmark::State& state, uint64_t each)
{
    state.SetBytesProcessed(static_cast<int64_t>(each) * static_cast<int64_t>(state.iterations()));
}

void sha256sum(benchmark::State& state)
{
    const std::string path = random_file().path;
    for ([[maybe_unused]] auto _ : state) {
        const char* argv[] = {"sha256sum", path.c_str(), nullptr};
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        pid_t pid = 0;
        int status = 1;
        if (::posix_spawnp(&pid, argv[0], &actions, nullptr, const_cast<char**>(argv), environ) != 0 ||
            ::waitpid(pid, &status, 0) < 0 || status != 0) {
            state.SkipWithError("sha256sum failed");
        }
        ::posix_spawn_file_actions_destroy(&actions);
    }
    set_bytes(state, kRandomBytes);
}

void evidence_digest(benchmark::State& state)
{
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(digest_file(random_file().path).value().evidence);
    }
    set_bytes(state, kRandomBytes);
}

void change_map(benchmark::State& state)
{
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(chunk_map(random_file().path).value().chunks.size());
    }
    set_bytes(state, kRandomBytes);
}

void sparse_tebibyte(benchmark::State& state)
{
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(digest_file(sparse_file().path).value().evidence);
    }
    set_bytes(state, kSparseDataBytes);
}

Result<ProgramOutput> no_programs(const std::vector<std::string>&)
{
    return Error{ErrorKind::environment, "no programs here"};
}

void golden_lookup(benchmark::State& state)
{
    auto cache = TempDir::make("/dev/shm", "rogate-bench-").value();
    (void)golden(cache.path(), "raw", Shape::plain, no_programs);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(golden(cache.path(), "raw", Shape::plain, no_programs).has_value());
    }
}

void instantiate_raw(benchmark::State& state)
{
    auto cache = TempDir::make("/dev/shm", "rogate-bench-").value();
    const auto made = golden(cache.path(), "raw", Shape::plain, no_programs).value();
    for ([[maybe_unused]] auto _ : state) {
        const bool copied = instantiate(std::get<Golden>(made), cache.path() / "case").has_value();
        state.PauseTiming();
        if (!copied) {
            state.SkipWithError("instantiate failed");
        }
        std::filesystem::remove_all(cache.path() / "case");
        state.ResumeTiming();
    }
}

BENCHMARK(sha256sum)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(evidence_digest)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(change_map)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(sparse_tebibyte)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(golden_lookup)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(instantiate_raw)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace rogate::image

BENCHMARK_MAIN();
