// SPDX-License-Identifier: GPL-2.0-or-later
// A subject out of a git repository of 10,000 files: cold against Ninja alone on the same files, and warm. Run in turn
// (A B A B ...); prints medians. `subject_bench [RUNS]`.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>

#include "base/file.h"
#include "process/group.h"
#include "series/series.h"
#include "subject/build.h"
#include "subject/subject.h"

using namespace rogate;

namespace fs = std::filesystem;

namespace {

constexpr int kFolders = 100;
constexpr int kFilesEach = 100;

constexpr const char* kProfile = R"([tree]
folder = "tools/ioemu"
sources = ["*.c", "hw/*.c"]
exclude = ["qemu-img.c"]
[build]
include = ["."]
defines = ["_GNU_SOURCE", "_FILE_OFFSET_BITS=64"]
flags = ["-O1", "-g", "-fPIC"]
libraries = ["z", "crypto", "bz2", "xenstore"]
[file."vl.c"]
defines = ["main=ioemu_main"]
[bridge]
disks = "main"
)";

/// A failure has no speed: it ends the benchmark.
template <class T>
T must(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}\n{}\n", result.error().text, result.error().hint);
        std::exit(1);
    }
    return *std::move(result);
}

void run(const fs::path& folder, const std::vector<std::string>& argv)
{
    const auto outcome =
        must(process::run({.argv = argv, .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"}}, .folder = folder}));
    if (!outcome.ok()) {
        fmt::print(stderr, "'{}': {}\n{}{}", process::paste_line(argv), process::describe(outcome), outcome.out,
                   outcome.err);
        std::exit(1);
    }
}

void make_repository(const fs::path& folder)
{
    fs::create_directories(folder / "tools");
    fs::copy(ROGATE_IOEMU, folder / "tools/ioemu", fs::copy_options::recursive);
    for (int i = 0; i < kFolders; ++i) {
        const fs::path below = folder / fmt::format("other/{}", i);
        fs::create_directories(below);
        for (int k = 0; k < kFilesEach; ++k) {
            if (!write_file(below / fmt::format("{}.c", k), fmt::format("int f{}_{};\n", i, k))) {
                std::exit(1);
            }
        }
    }
    run(folder, {"git", "init", "-q"});
    run(folder, {"git", "add", "-A"});
    run(folder, {"git", "-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "-q", "-m", "base"});
}

double milliseconds(const std::function<void()>& work)
{
    const auto started = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

subject::Source read(const fs::path& repository)
{
    return must(subject::repository_source({.repository = repository,
                                            .rev = "HEAD",
                                            .profile_path = repository / "p.toml",
                                            .profile_text = kProfile,
                                            .bridge = ROGATE_BRIDGE,
                                            .also = {}},
                                           must(subject::parse_profile(kProfile, "p.toml"))));
}

void make_subject(const fs::path& repository, const fs::path& cache)
{
    (void)must(subject::prepare(read(repository), series::Series{}, {0}, cache,
                                [](const std::string&, const std::string&) {}));
}

/// The same sources as they lie in a subject's folder, compiled by Ninja and nothing else.
void ninja_alone(const fs::path& subject, const fs::path& folder)
{
    fs::create_directories(folder / "gen");
    fs::create_directory_symlink(subject / "src", folder / "src");
    fs::copy_file(subject / "gen/bridge_probes.h", folder / "gen/bridge_probes.h");
    fs::copy_file(subject / "gen/bridge_profile.h", folder / "gen/bridge_profile.h");
    const std::string text = must(read_file(subject / "build.ninja"));
    std::string plain;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (const size_t word = line.find("ccache "); word != std::string::npos) {
            line.erase(word, std::string("ccache ").size());
        }
        if (!line.starts_with("build gen/") && !line.starts_with("  name =")) {
            plain += line.substr(0, line.find(" | gen/")) + "\n";
        }
        at = end + 1;
    }
    if (!write_file(folder / "build.ninja", plain)) {
        std::exit(1);
    }
    run(folder, {"ninja"});
}

}  // namespace

int main(int argc, char** argv)
{
    const int runs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
    const auto folder = must(TempDir::make(fs::temp_directory_path(), "subject-bench-"));
    const fs::path repository = folder.path() / "repository";
    make_repository(repository);
    std::vector<double> cold;
    std::vector<double> alone;
    std::vector<double> warm;
    for (int i = 0; i < runs; ++i) {
        const fs::path cache = folder.path() / fmt::format("cache-{}", i);
        cold.push_back(milliseconds([&] { make_subject(repository, cache); }));
        const fs::path built = fs::directory_iterator(cache / "subjects")->path();
        alone.push_back(milliseconds([&] { ninja_alone(built, folder.path() / fmt::format("alone-{}", i)); }));
        for (int k = 0; k < 5; ++k) {
            warm.push_back(milliseconds([&] { make_subject(repository, cache); }));
        }
    }
    fmt::print("cold subject of 10,000 files: {:.0f} ms, Ninja alone {:.0f} ms, ratio {:.2f} (goal: at most 1.20)\n",
               median(cold), median(alone), median(cold) / median(alone));
    fmt::print("warm: {:.1f} ms (goal: at most 50)\n", median(warm));
    return 0;
}
