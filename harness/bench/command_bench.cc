// SPDX-License-Identifier: GPL-2.0-or-later
// Whole commands against their named peers, run in turn (A B A B ...) so that a machine whose speed drifts does not
// favour one; prints medians and the ratio of the medians. `command_bench [RUNS]`.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <thread>

#include "base/file.h"
#include "image/reference.h"
#include "process/group.h"

using namespace rogate;

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Milliseconds of one run; a wrong exit status ends the benchmark, since a failure has no speed.
double timed(const std::vector<std::string>& argv, int wanted_status)
{
    auto outcome = process::run({.argv = argv, .env = {}});
    if (!outcome || outcome->exit_status != wanted_status) {
        fmt::print(stderr, "'{}': {}\n{}", process::paste_line(argv), outcome ? process::describe(*outcome) : outcome.error().text,
                   outcome ? outcome->out + outcome->err : "");
        std::exit(1);
    }
    return static_cast<double>(outcome->duration.count()) / 1000.0;
}

std::vector<std::string> bare_qemu(const std::filesystem::path& disk)
{
    return {"qemu-system-x86_64", "-accel", "tcg", "-M", "pc", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none",
            "-bios", "qboot.rom", "-kernel", ROGATE_GUESTS "/probe.elf", "-append", "nonce=0123456789abcdef", "-device",
            "isa-debug-exit,iobase=0xf4,iosize=4", "-debugcon", "stdio", "-blockdev",
            "driver=raw,node-name=hda,discard=unmap,file.driver=file,file.filename=" + disk.string(), "-device",
            "ide-hd,bus=ide.0,unit=0,drive=hda,werror=report,rerror=report"};
}

/// One case alone, warm, by the whole command, against QEMU alone with the same guest and disk from a plain file.
void one_case(int runs, const std::filesystem::path& folder)
{
    const std::filesystem::path disk = folder / "disk.raw";
    if (auto written = image::write_reference(disk); !written) {
        fmt::print(stderr, "{}\n", written.error().text);
        std::exit(1);
    }
    const std::vector<std::string> rogate{ROGATE_PROGRAM, "run", "raw/ide/ro/drive/plain", "--at", "tip", "--again", "--quiet"};
    timed(rogate, 0);  // subjects and images are made now
    timed(bare_qemu(disk), 33);
    std::vector<double> ours;
    std::vector<double> bare;
    for (int i = 0; i < runs; ++i) {
        ours.push_back(timed(rogate, 0));
        bare.push_back(timed(bare_qemu(disk), 33));
    }
    fmt::print("one case alone: rogate run {:.1f} ms, bare QEMU boot {:.1f} ms, ratio {:.2f} (goal: at most 1.30)\n",
               median(ours), median(bare), median(ours) / median(bare));
}

size_t cases_of(const std::string& summary)
{
    const size_t at = summary.rfind(" cases in ");
    const size_t line = summary.rfind('\n', at) + 1;
    return static_cast<size_t>(std::strtoul(summary.c_str() + line, nullptr, 10));
}

/// The default matrix, built and warm, by the whole command.
void whole_matrix(int runs)
{
    const std::vector<std::string> command{ROGATE_PROGRAM, "run", "--again", "--quiet"};
    timed(command, 0);
    std::vector<double> seconds;
    size_t cases = 0;
    for (int i = 0; i < runs; ++i) {
        auto outcome = process::run({.argv = command, .env = {}});
        if (!outcome || !outcome->ok()) {
            std::exit(1);
        }
        cases = cases_of(outcome->out);
        seconds.push_back(static_cast<double>(outcome->duration.count()) / 1e6);
    }
    fmt::print("the default matrix: {} cases in {:.2f} s, {:.0f} a second on {} cores (goal: at least 15)\n", cases,
               median(seconds), static_cast<double>(cases) / median(seconds), std::thread::hardware_concurrency());
}

}  // namespace

int main(int argc, char** argv)
{
    const int runs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
    auto folder = TempDir::make(std::filesystem::temp_directory_path(), "command-bench-");
    if (!folder) {
        fmt::print(stderr, "{}\n", folder.error().text);
        return 1;
    }
    one_case(runs, folder->path());
    whole_matrix(std::max(3, runs / 5));
    return 0;
}
