// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/made_history_test.h"
#include "series/rewrite.h"
#include "series/sweep.h"

using namespace rogate;
using namespace rogate::series;

namespace {

/// The series carried onto one commit and rewritten, as patch files in a folder named by the commit.
struct Rebased {
    SeriesOutcome outcome;
    UpstreamFiles files;
};

std::optional<Rebased> rebase(const MadeUpstream& made, const std::string& commit_id)
{
    auto upstream = Upstream::open(made.repository(), made.series(), {});
    EXPECT_TRUE(upstream);
    const auto commit = (*upstream)->commit(commit_id);
    auto files = (*upstream)->files(*commit);
    EXPECT_TRUE(files) << files.error().text;
    const Resolutions none;
    Carrier carrier(made.series(), none, {}, (*upstream)->loader());
    AncestorFinder finder(**upstream, carrier, *commit, files->renamed);
    auto outcome = carrier.carry(files->files, finder.function());
    EXPECT_TRUE(outcome) << outcome.error().text;
    if (!outcome->applies()) {
        return std::nullopt;
    }
    const auto patches = rewrite_series(made.series(), *outcome, files->renamed, (*upstream)->loader());
    EXPECT_TRUE(patches) << patches.error().text;
    std::filesystem::create_directory(made.folder() / commit_id);
    for (size_t i = 0; i < patches->size(); ++i) {
        if ((*patches)[i].text) {
            EXPECT_TRUE(write_file(made.folder() / commit_id / made.series().patches[i].file_name, *(*patches)[i].text));
        }
    }
    return Rebased{*std::move(outcome), *std::move(files)};
}

}  // namespace

// Oracle: plain git am of the rewritten patches, without -3, in a repository that has nothing of the series; the same files.
TEST(RebaseOracle, GitAppliesTheRewrittenSeriesToTheSameTree)
{
    const MadeUpstream made({.seed = 11, .commits = 60, .series_branch = false});
    std::istringstream commits(made.shell("git -C upstream.git rev-list --reverse base..main -- tools | awk 'NR % 4 == 0'"));
    made.shell("git clone -q -n upstream.git work; git -C work config gc.auto 0");
    size_t rebased = 0;
    size_t merged = 0;
    for (std::string id; commits >> id;) {
        SCOPED_TRACE(made.shell("git -C upstream.git log -1 --oneline " + id));
        const auto ours = rebase(made, id);
        if (!ours) {
            continue;
        }
        ++rebased;
        merged += ours->outcome.worst() >= Outcome::three_way || !ours->files.renamed.empty() ? 1 : 0;
        const auto theirs = parse_ls_tree(made.shell("cd work; git checkout -q -f --detach " + id + "; git am -q ../" + id + "/*.patch; git ls-tree -r HEAD"));
        for (const auto& [path, blob] : blob_ids(ours->outcome, ours->files)) {
            const auto found = theirs.find(path);
            ASSERT_TRUE(found != theirs.end()) << path;
            EXPECT_EQ(found->second, blob) << path;
        }
    }
    EXPECT_GE(rebased, 4U) << "the history is too wild to tell anything";
    EXPECT_GE(merged, 2U) << "the history is too tame to tell anything";
}

// Oracle: the repository's own files, names, sizes and times: looking at it leaves it as it is.
TEST(RebaseOracle, NeverWritesToTheRepository)
{
    const MadeUpstream made({.seed = 5, .commits = 12});
    const std::string look = "find upstream.git -printf '%p %s %T@ %m\\n' | sort";
    const std::string before = made.shell(look);
    (void)rebase(made, "main");
    auto upstream = Upstream::open(made.repository(), made.series(), {});
    ASSERT_TRUE(upstream);
    ASSERT_TRUE(sweep(**upstream, made.series(), Resolutions(), "base", "main"));
    EXPECT_EQ(made.shell(look), before);
}
