// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <random>

#include "base/file.h"
#include "process/group.h"
#include "series/apply.h"

using namespace rogate;
using namespace rogate::series;

namespace {

namespace fs = std::filesystem;

constexpr unsigned kSeed = 2008;
constexpr int kPatches = 8;

/// A repository with a base and a series of eight random commits, written out by git format-patch.
class Workshop {
public:
    Workshop() : folder_(*TempDir::make("/tmp", "rogate-series-"))
    {
        shell("git init -q -b main tree");
        for (int i = 0; i < 6; ++i) {
            put(path_of(i), text());
        }
        shell("cd tree; git add -A; git commit -qm base; git tag base");
        for (int n = 1; n <= kPatches; ++n) {
            step(n);
            shell("cd tree; git add -A; git commit -qm 'change number " + std::to_string(n) + "'");
        }
        shell("cd tree; git format-patch -q --no-renames -o ../series base; cd ../series; ls *.patch > series");
    }

    [[nodiscard]] fs::path series() const { return folder_.path() / "series"; }

    void shell(const std::string& script)
    {
        const auto outcome = process::run({.argv = {"sh", "-ec", script},
                                           .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                   {"GIT_CONFIG_NOSYSTEM", "1"},
                                                   {"QUILT_PATCHES", "series"},
                                                   {"GIT_AUTHOR_NAME", "A"},
                                                   {"GIT_AUTHOR_EMAIL", "a@example.org"},
                                                   {"GIT_COMMITTER_NAME", "C"},
                                                   {"GIT_COMMITTER_EMAIL", "c@example.org"}},
                                           .folder = folder_.path()});
        ASSERT_TRUE(outcome) << outcome.error().text;
        ASSERT_TRUE(outcome->ok()) << outcome->out << outcome->err;
    }

    /// The files of a folder below the workshop, without .git and quilt's .pc.
    [[nodiscard]] git::Tree files(const std::string& below) const
    {
        git::Tree tree;
        const fs::path root = folder_.path() / below;
        for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
            const std::string name = it->path().filename().string();
            if (name == ".git" || name == ".pc" || name == "series") {
                it.disable_recursion_pending();
            } else if (it->is_regular_file()) {
                const bool executable = (it->status().permissions() & fs::perms::owner_exec) != fs::perms::none;
                tree[fs::relative(it->path(), root).string()] = {
                    executable ? git::kModeExecutable : git::kModeFile,
                    std::make_shared<const std::string>(*read_file(it->path())),
                    {}};
            }
        }
        return tree;
    }

    /// Lines put before each file of the base, so that every hunk has an offset.
    void move_base()
    {
        shell(
            "cd tree; git checkout -q base; for f in $(git ls-files); do printf 'moved\\nby\\nfour\\nlines\\n' > ../t; "
            "cat $f >> ../t; cat ../t > $f; done; git commit -qam moved; git tag -f moved");
    }

private:
    size_t below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }
    static std::string path_of(int i) { return (i % 2 == 0 ? "tools/ioemu/f" : "hw/f") + std::to_string(i) + ".c"; }

    std::string text()
    {
        std::string lines;
        for (size_t i = 0; i < 60 + below(60); ++i) {
            lines += below(5) == 0 ? "    }\n" : "    call(" + std::to_string(++count_) + ");\n";
        }
        return lines;
    }

    void put(const std::string& file, const std::string& content)
    {
        const fs::path path = folder_.path() / "tree" / file;
        fs::create_directories(path.parent_path());
        ASSERT_TRUE(write_file(path, content));
    }

    /// One commit: lines changed in the middle of three files; some also make or remove a file or change a mode.
    void step(int n)
    {
        for (int i = n; i < n + 3; ++i) {
            const std::string path = path_of(i % 6);
            std::string content = *read_file(folder_.path() / "tree" / path);
            const size_t at = content.find('\n', 200 + below(600)) + 1;
            content.replace(at, below(2) * (content.find('\n', at) + 1 - at),
                            "    new(" + std::to_string(++count_) + ");\n");
            put(path, content);
        }
        if (n == 3) {
            put("hw/made.c", text());
        }
        if (n == 5) {
            shell("cd tree; chmod +x hw/f1.c; git rm -q --cached tools/ioemu/f0.c; rm tools/ioemu/f0.c");
            put("tools/ioemu/f0.h", "int x;\n");
            put("tools/ioemu/f0.c", "");
        }
    }

    TempDir folder_;
    std::mt19937 random_{kSeed};
    size_t count_ = 0;
};

void expect_same(const git::Tree& ours, const git::Tree& theirs)
{
    ASSERT_EQ(ours.size(), theirs.size());
    for (const auto& [path, entry] : theirs) {
        ASSERT_TRUE(ours.contains(path)) << path;
        EXPECT_EQ(ours.at(path).mode, entry.mode) << path;
        EXPECT_EQ(*ours.at(path).content, *entry.content) << path;
    }
}

AppliedSeries applied_by_us(const Workshop& workshop, const git::Tree& base)
{
    const auto series = load_series(workshop.series());
    EXPECT_TRUE(series) << series.error().text;
    auto applied = apply_series(base, *series);
    EXPECT_TRUE(applied) << applied.error().text;
    return applied ? *std::move(applied) : AppliedSeries{};
}

}  // namespace

// Oracle: git am, commit by commit, and quilt push, patch by patch.
TEST(SeriesOracle, EveryStateIsTheOneOfGitAmAndQuilt)
{
    Workshop workshop;
    workshop.shell("cd tree; git checkout -q base");
    const AppliedSeries applied = applied_by_us(workshop, workshop.files("tree"));
    ASSERT_EQ(applied.states.size(), kPatches + 1U);
    workshop.shell("git clone -q tree quilt; cd quilt; git checkout -q base; cp -r ../series .");
    for (int n = 1; n <= kPatches; ++n) {
        SCOPED_TRACE("seed " + std::to_string(kSeed) + " patch " + std::to_string(n));
        workshop.shell("cd tree; git am -q ../series/000" + std::to_string(n) + "-*.patch; cd ../quilt; quilt -q push");
        expect_same(applied.states[static_cast<size_t>(n)], workshop.files("tree"));
        // quilt does not know modes, and an emptied file is a removed one to it.
        for (const auto& [path, entry] : workshop.files("quilt")) {
            EXPECT_EQ(*applied.states[static_cast<size_t>(n)].at(path).content, *entry.content) << path;
        }
    }
}

// Oracle: quilt push -a (patch finds the offsets) on a base that has moved.
TEST(SeriesOracle, FollowsABaseThatHasMoved)
{
    Workshop workshop;
    workshop.move_base();
    const AppliedSeries applied = applied_by_us(workshop, workshop.files("tree"));
    ASSERT_EQ(applied.states.size(), kPatches + 1U);
    ptrdiff_t moved = 0;
    for (const auto& files : applied.patches) {
        for (const FileReport& file : files) {
            for (const patch::Placement& hunk : file.hunks) {
                moved += hunk.offset_lines == 4 ? 1 : 0;
            }
        }
    }
    EXPECT_GE(moved, 20) << "the base has not moved";
    workshop.shell("git clone -q tree quilt; cd quilt; git checkout -q moved; cp -r ../series .; quilt -q push -a");
    for (const auto& [path, entry] : workshop.files("quilt")) {
        ASSERT_TRUE(applied.states.back().contains(path)) << path;
        EXPECT_EQ(*applied.states.back().at(path).content, *entry.content) << path;
    }
}

// Oracle: names and times of the files of the series and of the tree, before and after.
TEST(SeriesOracle, WritesNothing)
{
    Workshop workshop;
    workshop.shell("cd tree; git checkout -q base");
    const auto stamp = [&] {
        std::string seen;
        for (const auto& entry : fs::recursive_directory_iterator(workshop.series().parent_path())) {
            seen +=
                entry.path().string() + " " + std::to_string(entry.last_write_time().time_since_epoch().count()) + "\n";
        }
        return seen;
    };
    const std::string before = stamp();
    applied_by_us(workshop, workshop.files("tree"));
    EXPECT_EQ(stamp(), before);
}
