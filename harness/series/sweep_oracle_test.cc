// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/sweep.h"

#include "series/made_history_test.h"

using namespace rogate;
using namespace rogate::series;

namespace {

struct Ours {
    bool applies = false;
    bool plain = false;  ///< every hunk at its place or moved
    std::map<std::string, std::string> ids;
};

std::map<std::string, Ours> sweep_all(const MadeUpstream& made, const Series& series)
{
    std::map<std::string, Ours> all;
    auto upstream = Upstream::open(made.repository(), series, {});
    EXPECT_TRUE(upstream) << upstream.error().text;
    SweepOptions options;
    options.on_state = [&](const git::Commit& commit, const SeriesOutcome& outcome, const UpstreamFiles& files) {
        all[commit.id.hex()] = {outcome.applies(), outcome.worst() <= Outcome::offset, blob_ids(outcome, files)};
    };
    const auto swept = sweep(**upstream, series, Resolutions(), "base", "main", options);
    EXPECT_TRUE(swept) << swept.error().text;
    return all;
}

/// For each commit what `git am` (with `options`) makes of the series: the files, or nothing where it stops.
std::map<std::string, std::map<std::string, std::string>> am_all(const MadeUpstream& made, const std::map<std::string, Ours>& commits,
                                                                const std::string& options, const std::string& patches)
{
    std::string list;
    for (const auto& [id, ours] : commits) {
        list += id + "\n";
    }
    EXPECT_TRUE(write_file(made.folder() / "commits", list));
    made.shell("rm -rf work out; mkdir out; git clone -q -n upstream.git work; cd work; git config gc.auto 0; while read -r id; do "
               "git checkout -q -f --detach $id; if git am -q " +
               options + " ../" + patches +
               "/*.patch >/dev/null 2>&1; then git ls-tree -r HEAD > ../out/$id; else git am --abort; fi; done < ../commits");
    std::map<std::string, std::map<std::string, std::string>> all;
    for (const auto& [id, ours] : commits) {
        const auto text = read_file(made.folder() / "out" / id);
        if (text) {
            all[id] = parse_ls_tree(*text);
        }
    }
    return all;
}

/// True when each file of `ours` is the same in git's tree.
testing::AssertionResult same(const std::map<std::string, std::string>& ours, const std::map<std::string, std::string>& theirs)
{
    for (const auto& [path, id] : ours) {
        const auto found = theirs.find(path);
        if (found == theirs.end() || found->second != id) {
            return testing::AssertionFailure() << path << " differs";
        }
    }
    return testing::AssertionSuccess();
}

}  // namespace

// Oracle: git am -3 on every commit, in a repository that has every blob the index lines name; without index lines rogate
// must come to the same trees, where git am -3 has nothing to merge with.
TEST(SweepOracle, FollowsUpstreamWhereverGitAmThreeDoes)
{
    const MadeUpstream made({.seed = 9, .commits = 36});
    const auto ours = sweep_all(made, made.series());
    ASSERT_GE(ours.size(), 20U);
    made.shell("mkdir stripped; cp patches/series stripped; for p in patches/*.patch; do sed '/^index /d' $p > stripped/$(basename $p); done");
    const auto stripped = load_series(made.folder() / "stripped");
    ASSERT_TRUE(stripped);
    const auto without = sweep_all(made, *stripped);
    const auto am3 = am_all(made, ours, "-3", "patches");
    const auto am = am_all(made, ours, "", "patches");
    size_t rescued = 0;
    size_t refused = 0;
    for (const auto& [id, mine] : ours) {
        SCOPED_TRACE(made.shell("git -C upstream.git log -1 --oneline " + id));
        if (am.contains(id)) {
            EXPECT_TRUE(mine.plain);
            EXPECT_TRUE(same(mine.ids, am.at(id)));
        }
        if (am3.contains(id)) {
            rescued += am.contains(id) ? 0 : 1;
            EXPECT_TRUE(mine.applies);
            EXPECT_TRUE(same(mine.ids, am3.at(id)));
            EXPECT_TRUE(without.at(id).applies);
            EXPECT_TRUE(same(without.at(id).ids, am3.at(id)));
        }
        refused += mine.applies ? 0 : 1;
    }
    EXPECT_GE(rescued, 4U) << "the history is too tame to tell anything";
    EXPECT_GE(refused, 3U) << "the history is too tame to tell anything";
}
