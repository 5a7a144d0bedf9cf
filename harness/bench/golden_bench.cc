// SPDX-License-Identifier: GPL-2.0-or-later
// What looking up a golden image and copying it for a case cost. All files are in memory.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "image/recipe.h"
#include "image/golden_witness.h"

namespace rogate::image {
namespace {

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

void golden_witnesses(benchmark::State& state)
{
    auto cache = TempDir::make("/dev/shm", "rogate-bench-").value();
    const auto made = std::get<Golden>(golden(cache.path(), "raw", Shape::plain, no_programs).value());
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(golden_witnesses(made).has_value());
    }
}

BENCHMARK(golden_lookup)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(golden_witnesses)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(instantiate_raw)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace rogate::image

BENCHMARK_MAIN();
