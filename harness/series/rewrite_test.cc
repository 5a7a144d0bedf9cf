// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/rewrite.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "series/diffstat.h"
#include "series/hunks.h"

using namespace rogate;
using namespace rogate::series;

namespace {

Series in_tree_series()
{
    auto series = load_series(std::filesystem::path(ROGATE_ROOT) / "patches" / "drv_read_only");
    EXPECT_TRUE(series) << series.error().text;
    return *std::move(series);
}

git::Tree in_tree_base()
{
    git::Tree base;
    const std::filesystem::path overlay = std::filesystem::path(ROGATE_ROOT) / "overlay";
    for (const auto& file : std::filesystem::recursive_directory_iterator(overlay)) {
        if (file.is_regular_file()) {
            base[std::filesystem::relative(file.path(), overlay).string()] = {git::kModeFile, std::make_shared<const std::string>(*read_file(file.path())), {}};
        }
    }
    return base;
}

SeriesOutcome carried(const Series& series, const git::Tree& base)
{
    const Resolutions none;
    Carrier carrier(series, none, {}, {});
    auto outcome = carrier.carry(base);
    EXPECT_TRUE(outcome) << outcome.error().text;
    return *std::move(outcome);
}

/// The series with its rewritten texts.
Series parsed(const Series& series, const std::vector<RewrittenPatch>& patches)
{
    Series again;
    for (size_t i = 0; i < patches.size(); ++i) {
        again.patches.push_back(*parse_patch(series.patches[i].file_name, std::make_shared<const std::string>(*patches[i].text), 1, "p"));
    }
    return again;
}

}  // namespace

// Oracle: the patches' own text, which git format-patch wrote.
TEST(PrintHunks, WritesWhatGitWrote)
{
    const Series series = in_tree_series();
    const SeriesOutcome outcome = carried(series, in_tree_base());
    size_t compared = 0;
    for (size_t p = 0; p < series.patches.size(); ++p) {
        for (const patch::FilePatch& change : series.patches[p].changes) {
            // Patches written by hand may lack three lines of context or differ in their numbers.
            const auto printed = print_hunks(*outcome.states[p].at(change.old_path).content, *outcome.states[p + 1].at(change.new_path).content);
            ASSERT_TRUE(printed);
            const std::string& text = *series.patches[p].text;
            compared += text.find(*printed) != std::string::npos ? 1 : 0;
        }
    }
    EXPECT_GE(compared, 25U);
}

// Oracle: the diffstats that git format-patch wrote.
TEST(Diffstat, IsGits)
{
    size_t compared = 0;
    for (const Patch& patch : in_tree_series().patches) {
        compared += patch.text->find(print_diffstat(patch.changes)) != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(compared, in_tree_series().patches.size());
}

// Oracle: what a refreshed series promises: every hunk exact, the same tip, and nothing left to refresh.
TEST(RewriteSeries, MakesEveryHunkExactAndChangesNothingElse)
{
    const Series series = in_tree_series();
    git::Tree base = in_tree_base();
    for (auto& [path, entry] : base) {
        entry.content = std::make_shared<const std::string>("/* five */\n/* lines */\n/* on */\n/* top */\n/* of it */\n" + *entry.content);
        entry.id.reset();
    }
    const SeriesOutcome outcome = carried(series, base);
    ASSERT_EQ(outcome.worst(), Outcome::offset);
    const auto rewritten = rewrite_series(series, outcome, {}, {});
    ASSERT_TRUE(rewritten) << rewritten.error().text;
    const Series again = parsed(series, *rewritten);
    const SeriesOutcome exact = carried(again, base);
    EXPECT_EQ(exact.worst(), Outcome::exact);
    EXPECT_EQ(git::tree_id(exact.states.back()).value(), git::tree_id(outcome.states.back()).value());
    for (size_t i = 0; i < rewritten->size(); ++i) {
        const std::string& before = *series.patches[i].text;
        const std::string& after = *(*rewritten)[i].text;
        EXPECT_TRUE((*rewritten)[i].changed);
        EXPECT_EQ(after.substr(0, after.find("\ndiff --git ")), before.substr(0, before.find("\ndiff --git "))) << "headers, message or diffstat";
        for (const patch::FilePatch& change : again.patches[i].changes) {  // index lines tell the new contents
            EXPECT_TRUE(exact.states[i].at(change.old_path).id->hex().starts_with(change.old_blob));
            EXPECT_TRUE(exact.states[i + 1].at(change.new_path).id->hex().starts_with(change.new_blob));
            EXPECT_GE(change.old_blob.size(), 7U);
        }
        for (size_t f = 0; f < again.patches[i].changes.size(); ++f) {  // the old texts and the new ones are shifted alike
            const auto& was = series.patches[i].changes[f].hunks;
            const auto& is = again.patches[i].changes[f].hunks;
            ASSERT_EQ(is.size(), was.size());
            for (size_t h = 0; h < is.size(); ++h) {
                EXPECT_EQ(is[h].new_start - is[h].old_start, was[h].new_start - was[h].old_start);
            }
        }
    }
    const auto once_more = rewrite_series(again, exact, {}, {});
    ASSERT_TRUE(once_more);
    for (const RewrittenPatch& patch : *once_more) {
        EXPECT_FALSE(patch.changed);
    }
}

TEST(RewriteSeries, DropsWhatUpstreamHas)
{
    const Series series = in_tree_series();
    const SeriesOutcome alone = carried(series, in_tree_base());
    // Upstream has taken the first patch: the base is the state after it.
    const SeriesOutcome outcome = carried(series, alone.states[1]);
    ASSERT_TRUE(outcome.applies());
    const auto rewritten = rewrite_series(series, outcome, {}, {});
    ASSERT_TRUE(rewritten);
    EXPECT_FALSE((*rewritten)[0].text);
    EXPECT_EQ((*rewritten)[0].dropped.size(), series.patches[0].changes.size());
    EXPECT_TRUE((*rewritten)[1].text);
    EXPECT_EQ(git::tree_id(outcome.states.back()).value(), git::tree_id(alone.states.back()).value());
}

TEST(RewriteSeries, NamesARenamedFileAndRenewsTheDiffstat)
{
    const auto text = std::make_shared<const std::string>("From: a\nSubject: s\n\nbody\n---\n f.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/f.c b/f.c\n"
                                                          "index 1111111..2222222 100644\n--- a/f.c\n+++ b/f.c\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n-- \n2.39.5\n");
    Series series;
    series.patches.push_back(*parse_patch("p", text, 1, "p"));
    git::Tree base;
    base["f.c"] = {git::kModeFile, std::make_shared<const std::string>("a\nb\nc\n"), {}};
    const SeriesOutcome outcome = carried(series, base);
    const auto rewritten = rewrite_series(series, outcome, {{"f.c", "sub/g.c"}}, {});
    ASSERT_TRUE(rewritten) << rewritten.error().text;
    const std::string old_id = git::hash_blob("a\nb\nc\n").hex().substr(0, 7);
    const std::string new_id = git::hash_blob("a\nB\nc\n").hex().substr(0, 7);
    EXPECT_EQ(*(*rewritten)[0].text, "From: a\nSubject: s\n\nbody\n---\n sub/g.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/sub/g.c b/sub/g.c\nindex " +
                                         old_id + ".." + new_id + " 100644\n--- a/sub/g.c\n+++ b/sub/g.c\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n-- \n2.39.5\n");
}
