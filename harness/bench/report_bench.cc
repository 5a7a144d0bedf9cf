// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include "report/forms.h"
#include "report/table.h"
#include "report/test/sample.h"

using namespace rogate;

namespace {

/// 10,000 results on 20 buses, as one results file.
const std::string& file()
{
    static const std::string text = report::write_results(report::test::sample({.findings = 10'000, .buses = 20}));
    return text;
}

const report::Results& results()
{
    static const report::Results all = *report::read_results(file(), "results");
    return all;
}

template <class Make>
void run(benchmark::State& state, Make make)
{
    size_t bytes = 0;
    for (auto _ : state) {
        const std::string text = make();
        bytes = text.size();
        benchmark::DoNotOptimize(text.data());
    }
    state.counters["MB"] = static_cast<double>(bytes) / 1e6;
}

void read(benchmark::State& state)
{
    for (auto _ : state) {
        auto all = report::read_results(file(), "results");
        benchmark::DoNotOptimize(all);
    }
    state.counters["MB"] = static_cast<double>(file().size()) / 1e6;
}

void write(benchmark::State& state)
{
    run(state, [] { return report::write_results(results()); });
}

void as_html(benchmark::State& state)
{
    run(state, [] { return report::html({&results(), {}}); });
}

void as_mail(benchmark::State& state)
{
    run(state, [] { return report::mail({&results(), {}}); });
}

void as_markdown(benchmark::State& state)
{
    run(state, [] { return report::markdown({&results(), {}}); });
}

void as_junit(benchmark::State& state)
{
    run(state, [] { return report::junit(results()); });
}

void as_tap(benchmark::State& state)
{
    run(state, [] { return report::tap_lines(results()); });
}

void as_grid(benchmark::State& state)
{
    run(state, [] { return report::table(results(), report::TableForm::grid, false); });
}

}  // namespace

BENCHMARK(read)->Unit(benchmark::kMillisecond);
BENCHMARK(write)->Unit(benchmark::kMillisecond);
BENCHMARK(as_html)->Unit(benchmark::kMillisecond);
BENCHMARK(as_mail)->Unit(benchmark::kMillisecond);
BENCHMARK(as_markdown)->Unit(benchmark::kMillisecond);
BENCHMARK(as_junit)->Unit(benchmark::kMillisecond);
BENCHMARK(as_tap)->Unit(benchmark::kMillisecond);
BENCHMARK(as_grid)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
