// SPDX-License-Identifier: GPL-2.0-or-later
// `rogate series sweep` against git am and git am -3 in a loop over the same commits of a made history of upstream, with
// the in-tree series; also with the patches' index lines taken out. `sweep_bench [COMMITS] [SAMPLE] [SEED]`: git's loops,
// which check each commit out, take SAMPLE of the commits (0 = all); speeds are compared by the commit.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

#include "base/file.h"
#include "process/group.h"
#include "series/made_history.h"
#include "series/sweep.h"

using namespace rogate;

namespace {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().text);
        std::exit(1);
    }
    return *std::move(result);
}

struct Timed {
    double seconds = 0;
    std::string out;
};

Timed timed(const fs::path& folder, const std::vector<std::string>& argv, bool may_conflict = false)
{
    auto outcome = must(process::run({.argv = argv,
                                      .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                              {"GIT_CONFIG_NOSYSTEM", "1"},
                                              {"GIT_COMMITTER_NAME", "C"},
                                              {"GIT_COMMITTER_EMAIL", "c@example.org"}},
                                      .folder = folder,
                                      .deadline = std::chrono::minutes(30)}));
    if (!outcome.ok() && !(may_conflict && outcome.exit_status == 3)) {
        fmt::print(stderr, "'{}': {}\n{}", process::paste_line(argv), process::describe(outcome), outcome.err);
        std::exit(1);
    }
    return {static_cast<double>(outcome.duration.count()) / 1e6, outcome.out};
}

git::Tree read_overlay(const fs::path& overlay)
{
    git::Tree base;
    for (const auto& file : fs::recursive_directory_iterator(overlay)) {
        if (file.is_regular_file()) {
            base[fs::relative(file.path(), overlay).string()] = {git::kModeFile, std::make_shared<const std::string>(must(read_file(file.path()))), {}};
        }
    }
    return base;
}

/// Lines of a text, each once, in order.
std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    for (size_t pos = 0; pos < text.size();) {
        const size_t end = std::min(text.find('\n', pos), text.size());
        lines.push_back(text.substr(pos, end - pos));
        pos = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

/// The loop that people write; prints the commits to which the series applies.
Timed am_loop(const fs::path& folder, const std::string& option, const std::string& patches)
{
    return timed(folder, {"sh", "-ec",
                          "cd work; while read -r id; do git checkout -q -f --detach $id; if git am -q " + option + " ../" + patches +
                              "/*.patch >/dev/null 2>&1; then echo $id; else git am --abort; fi; done < ../commits"});
}

/// The commits of the sweep to which the series applies.
std::vector<std::string> swept(const fs::path& repository, const series::Series& series, std::vector<std::string>* all = nullptr)
{
    auto upstream = must(series::Upstream::open(repository, series, {}));
    const series::Resolutions none;
    const series::Sweep sweep = must(series::sweep(*upstream, series, none, "base", "main"));
    std::vector<std::string> good;
    for (const series::SweptCommit& commit : sweep.commits) {
        if (all) {
            all->push_back(commit.commit.id.hex());
        }
        if (commit.applies()) {
            good.push_back(commit.commit.id.hex());
        }
    }
    std::sort(good.begin(), good.end());
    return good;
}

size_t common(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    std::vector<std::string> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both.size();
}

/// Those of `a` that are not in `b`.
std::vector<std::string> without(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    std::vector<std::string> rest;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
    return rest;
}

}  // namespace

int main(int argc, char** argv)
{
    const auto number = [&](int at, unsigned otherwise) { return argc > at ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 10)) : otherwise; };
    const unsigned count = number(1, 300);
    const unsigned sample = number(2, 40);
    const TempDir folder = must(TempDir::make(fs::temp_directory_path(), "sweep-bench-"));
    const fs::path root(ROGATE_ROOT);
    fs::copy(root / "patches" / "drv_read_only", folder.path() / "patches", fs::copy_options::recursive);
    const series::Series series = must(series::load_series(folder.path() / "patches"));
    const fs::path repository = folder.path() / "upstream.git";
    if (auto made = series::make_history(repository, read_overlay(root / "overlay"), series, {.seed = number(3, 1), .commits = count}); !made) {
        fmt::print(stderr, "{}\n", made.error().text);
        return 1;
    }
    timed(folder.path(), {"sh", "-ec",
                          "mkdir stripped; cp patches/series stripped; for p in patches/*.patch; do sed '/^index /d' $p > stripped/$(basename $p); done; "
                          "git clone -q -n upstream.git work; git -C work config gc.auto 0"});
    std::vector<std::string> all;
    std::vector<std::string> ours = swept(repository, series, &all);
    std::vector<std::string> chosen;
    const size_t every = sample == 0 ? 1 : std::max<size_t>(1, all.size() / sample);
    std::string list;
    for (size_t i = 0; i < all.size(); i += every) {
        chosen.push_back(all[i]);
        list += all[i] + "\n";
    }
    std::sort(chosen.begin(), chosen.end());
    if (!write_file(folder.path() / "commits", list)) {
        return 1;
    }
    std::vector<double> seconds;
    for (int i = 0; i < 3; ++i) {
        seconds.push_back(timed(folder.path(), {ROGATE_PROGRAM, "series", "sweep", "base..main", (folder.path() / "patches").string(), "--tree", "upstream.git", "--json"}, true).seconds);
    }
    std::sort(seconds.begin(), seconds.end());
    const Timed am = am_loop(folder.path(), "", "patches");
    const Timed am3 = am_loop(folder.path(), "-3", "patches");
    const Timed bare = am_loop(folder.path(), "-3", "stripped");
    const std::vector<std::string> ours_here = without(chosen, without(chosen, ours));
    const std::vector<std::string> stripped_here = without(chosen, without(chosen, swept(repository, must(series::load_series(folder.path() / "stripped")))));
    const double per_commit = seconds[1] / static_cast<double>(all.size());
    const auto row = [&](const char* name, const Timed& loop) {
        const double each = loop.seconds / static_cast<double>(chosen.size());
        fmt::print("{:<22} {:>4} applied  {:>8.2f} ms a commit  {:>6.0f} times rogate's\n", name, lines_of(loop.out).size(), each * 1e3, each / per_commit);
    };
    fmt::print("{} commits, {} touch the series' files; {} of these compared\n", count, all.size(), chosen.size());
    fmt::print("{:<22} {:>4} applied  {:>8.2f} ms a commit  ({:.2f} s in all, by the whole command; goal: under 1)\n", "rogate series sweep", ours_here.size(), per_commit * 1e3, seconds[1]);
    row("git am", am);
    row("git am -3", am3);
    row("git am -3, no index", bare);
    const auto rescued = without(lines_of(am3.out), lines_of(am.out));
    fmt::print("of the {} commits that git am -3 rescues, without index lines git am -3 rescues {}, rogate {}\n", rescued.size(),
               common(rescued, lines_of(bare.out)), common(rescued, stripped_here));
    fmt::print("of the {} commits that git am -3 applies to, rogate applies to {}\n", lines_of(am3.out).size(), common(lines_of(am3.out), ours_here));
    return 0;
}
