// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>
#include <random>

#include "series/apply.h"

using namespace rogate;

namespace {

constexpr int kFiles = 15;
constexpr int kPatches = 12;
constexpr int kLines = 1000;

/// A series of 12 patches with 3 hunks in each of 5 of 15 C files of 1000 lines, the size of the 2007 block layer.
struct Fixture {
    git::Tree base;
    std::vector<std::shared_ptr<const std::string>> diffs;
    series::Series series;

    /// `shift` lines are put before each file, so that every hunk has to be searched for.
    explicit Fixture(int shift)
    {
        std::mt19937 random(1);
        std::vector<std::vector<std::string>> files(kFiles);
        for (auto& lines : files) {
            for (int i = 0; i < kLines; ++i) {
                lines.push_back(random() % 5 == 0 ? "    }\n"
                                                  : "    ret = call(s, " + std::to_string(random()) + ");\n");
            }
        }
        for (int f = 0; f < kFiles; ++f) {
            std::string text;
            for (int i = 0; i < shift; ++i) {
                text += "/* moved */\n";
            }
            for (const std::string& line : files[static_cast<size_t>(f)]) {
                text += line;
            }
            base[path(f)] = {git::kModeFile, std::make_shared<const std::string>(std::move(text)), {}};
        }
        for (int n = 0; n < kPatches; ++n) {
            std::string diff;
            for (int f = n; f < n + 5; ++f) {
                diff += file_diff(path(f % kFiles), files[static_cast<size_t>(f % kFiles)], n);
            }
            diffs.push_back(std::make_shared<const std::string>(std::move(diff)));
            series.patches.push_back(*series::parse_patch("p", diffs.back(), 1, "p"));
        }
    }

    static std::string path(int f) { return "tools/ioemu/block-" + std::to_string(f) + ".c"; }

    /// Three hunks, each with one line changed and three lines of context; `lines` becomes the new file.
    static std::string file_diff(const std::string& path, std::vector<std::string>& lines, int n)
    {
        std::string diff =
            "diff --git a/" + path + " b/" + path + "\nindex 1..2 100644\n--- a/" + path + "\n+++ b/" + path + "\n";
        for (int at = 40 + n * 20; at < kLines - 10; at += 320) {
            const std::string range = std::to_string(at + 1) + ",7";
            diff += "@@ -" + range + " +" + range + " @@ static int call(void)\n";
            for (int i = at; i < at + 7; ++i) {
                std::string& line = lines[static_cast<size_t>(i)];
                diff += (i == at + 3 ? "-" : " ") + line;
                if (i == at + 3) {
                    line = "    changed(" + std::to_string(n) + ");\n";
                    diff += "+" + line;
                }
            }
        }
        return diff;
    }
};

void parse_series(benchmark::State& state)
{
    const Fixture fixture(0);
    for (auto _ : state) {
        for (const auto& diff : fixture.diffs) {
            benchmark::DoNotOptimize(series::parse_patch("p", diff, 1, "p"));
        }
    }
}
BENCHMARK(parse_series)->Unit(benchmark::kMicrosecond);

/// The argument is how many lines the base has moved.
void apply_series(benchmark::State& state)
{
    const Fixture fixture(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        auto applied = series::apply_series(fixture.base, fixture.series);
        if (!applied) {
            state.SkipWithError(applied.error().text.c_str());
        }
        benchmark::DoNotOptimize(applied);
    }
}
BENCHMARK(apply_series)->Arg(0)->Arg(3)->Arg(200)->Unit(benchmark::kMicrosecond);

void tree_ids(benchmark::State& state)
{
    const Fixture fixture(0);
    for (auto _ : state) {
        benchmark::DoNotOptimize(git::tree_id(fixture.base));
    }
}
BENCHMARK(tree_ids)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
