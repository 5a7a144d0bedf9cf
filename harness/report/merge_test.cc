// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "report/compare.h"
#include "report/forms.h"
#include "report/shard.h"
#include "report/table.h"
#include "report/test/sample.h"

namespace rogate::report {
namespace {

const test::SampleOptions kSample{.findings = 300, .buses = 3, .unexpected = true};

std::vector<matrix::Case> cases_of(const std::vector<matrix::CaseResult>& results)
{
    std::vector<matrix::Case> cases;
    for (const matrix::CaseResult& result : results) {
        if (cases.empty() || !(cases.back() == result.one)) {
            cases.push_back(result.one);
        }
    }
    return cases;
}

/// The sample split over `count` machines.
std::vector<Results> parts(size_t count)
{
    const auto all = test::sample_results(kSample);
    const std::vector<matrix::Case> cases = cases_of(all);
    std::vector<Results> made;
    for (size_t i = 1; i <= count; ++i) {
        auto part = part_of(cases, {i, count});
        EXPECT_TRUE(part) << part.error().text;
        RunFacts facts = test::sample_facts(kSample, all);
        facts.shard = Shard{i, count};
        facts.seconds = facts.seconds / static_cast<double>(count);
        std::vector<matrix::CaseResult> results;
        for (const matrix::CaseResult& result : all) {
            if (std::find(part->begin(), part->end(), result.one) != part->end()) {
                results.push_back(result);
            }
        }
        made.push_back(collect(facts, results, [&](const std::string& id) {
            return id.find("/ro/") == std::string::npos ? std::string() : facts.patches[2 + id.size() % 3];
        }));
    }
    return made;
}

std::string error_of(const std::vector<Results>& list, const std::vector<std::string>& names)
{
    auto merged = merge(list, names);
    return merged ? "no error" : merged.error().text;
}

TEST(Shard, IsReadFromItsText)
{
    ASSERT_TRUE(parse_shard("2/5"));
    EXPECT_EQ(*parse_shard("2/5"), (Shard{2, 5}));
    for (const char* bad :
         {"", "2", "0/5", "6/5", "2/", "/5", "2/5x", "-1/5", "2/0", " 2/5", "99999999999999999999/5"}) {
        EXPECT_FALSE(parse_shard(bad)) << bad;
    }
}

// Invariant: the parts in order are the whole, and the running cases are spread evenly.
TEST(Shard, PutsEachCaseInExactlyOnePart)
{
    const std::vector<matrix::Case> cases = cases_of(test::sample_results(kSample));
    for (const size_t count : {1UL, 2UL, 3UL, 7UL, 40UL}) {
        std::vector<matrix::Case> joined;
        size_t least = cases.size();
        size_t most = 0;
        for (size_t i = 1; i <= count; ++i) {
            auto part = part_of(cases, {i, count});
            ASSERT_TRUE(part);
            joined.insert(joined.end(), part->begin(), part->end());
            const auto running = static_cast<size_t>(
                std::count_if(part->begin(), part->end(), [](const matrix::Case& one) { return one.skip.empty(); }));
            least = std::min(least, running);
            most = std::max(most, running);
        }
        EXPECT_EQ(joined, cases) << count;
        EXPECT_LE(most - least, 1U) << count;
    }
}

TEST(Shard, IsNotLeftWithoutACase)
{
    const std::vector<matrix::Case> cases{{"raw", "ide", matrix::Mode::ro, "drive", "plain"},
                                          {"raw", "ide", matrix::Mode::ro, "hda", "plain", "no word"}};
    auto part = part_of(cases, {1, 2});
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().text, "cannot split 1 cases into 2 parts");
}

TEST(Plan, HasAnotherIdWhenAnythingOfItDiffers)
{
    const auto results = test::sample_results(kSample);
    std::vector<matrix::Case> cases = cases_of(results);
    RunFacts facts = test::sample_facts(kSample, results);
    const std::string id = plan_id(facts, cases);
    EXPECT_EQ(id.size(), 64U);
    EXPECT_EQ(plan_id(facts, cases), id);
    RunFacts other = facts;
    other.trees.back().second.back() ^= 1;
    EXPECT_NE(plan_id(other, cases), id);
    cases.pop_back();
    EXPECT_NE(plan_id(facts, cases), id);
}

// Oracle: the same results collected without being split.
TEST(Merge, OfAllPartsGivesTheReportsOfTheWhole)
{
    const Results whole = test::sample(kSample);
    for (const size_t count : {2UL, 3UL}) {
        std::vector<Results> list = parts(count);
        std::vector<std::string> names{"a", "b", "c"};
        std::swap(list.front(), list.back());
        auto merged = merge(list, names);
        ASSERT_TRUE(merged) << merged.error().text;
        const Document document{&*merged, {}};
        const Document expected{&whole, {}};
        EXPECT_EQ(mail(document), mail(expected));
        EXPECT_EQ(html(document), html(expected));
        EXPECT_EQ(markdown(document), markdown(expected));
        EXPECT_EQ(junit(*merged), junit(whole));
        EXPECT_EQ(tap_lines(*merged), tap_lines(whole));
        EXPECT_EQ(table(*merged, TableForm::automatic, false), table(whole, TableForm::automatic, false));
        EXPECT_EQ(write_results(*merged), write_results(whole));
    }
}

TEST(Merge, RefusesAMissingPartAPartTwiceAndOtherPlans)
{
    std::vector<Results> list = parts(3);
    EXPECT_EQ(error_of({list[0], list[2]}, {"a", "c"}), "cannot merge: parts of the plan are missing: 2/3");
    EXPECT_EQ(error_of({list[1]}, {"b"}), "cannot merge: parts of the plan are missing: 1/3, 3/3");
    EXPECT_EQ(error_of({list[0], list[1], list[1]}, {"a", "b", "c"}), "cannot merge: 'b' and 'c' are both part 2 of 3");
    Results other = list[2];
    other.facts.plan.back() ^= 1;
    EXPECT_EQ(error_of({list[0], list[1], other}, {"a", "b", "c"}),
              "cannot merge: 'a' and 'c' are parts of different plans");
    other.facts.shard.reset();
    EXPECT_EQ(error_of({list[0], list[1], other}, {"a", "b", "c"}),
              "cannot merge: 'a' is a part of a plan, 'c' is not");
    EXPECT_EQ(error_of({other, list[0], list[1]}, {"a", "b", "c"}),
              "cannot merge: 'a' is not a part of a plan, another file is");
}

TEST(Merge, TakesRunsOfDifferentCasesOnly)
{
    Results a = parts(2)[0];
    Results b = parts(2)[1];
    a.facts.shard.reset();
    b.facts.shard.reset();
    auto merged = merge({b, a}, {"b", "a"});
    ASSERT_TRUE(merged) << merged.error().text;
    EXPECT_EQ(merged->findings.size(), a.findings.size() + b.findings.size());
    EXPECT_EQ(error_of({a, b, a}, {"a", "b", "c"}),
              "cannot merge: 'raw/ide/ro/drive/plain' at base is in more than one file");
    Results other = b;
    other.facts.trees.back().second = "0123456789abcdef";
    EXPECT_EQ(error_of({a, other}, {"a", "b"}), "cannot merge: the tree of tip is " +
                                                    a.facts.trees.back().second.substr(0, 12) +
                                                    " in 'a' and 0123456789ab in 'b'");
    other = b;
    other.facts.series = "other";
    EXPECT_EQ(error_of({a, other}, {"a", "b"}), "cannot merge: 'a' and 'b' are of different series");
}

TEST(Compare, TellsWhatGotBetterAndWorse)
{
    const Results before = test::sample({.findings = 60, .buses = 1});
    Results after = before;
    std::vector<Finding>& list = after.findings;
    ASSERT_EQ(list[0].outcome.verdict.kind, matrix::VerdictKind::hole);
    ASSERT_EQ(list[1].outcome.verdict.kind, matrix::VerdictKind::sealed);
    list[0].outcome.verdict.kind = matrix::VerdictKind::sealed;
    list[1].outcome.verdict.kind = matrix::VerdictKind::leak;
    ASSERT_EQ(list[3].one.mode, matrix::Mode::rw);
    list[3].outcome.verdict.kind = matrix::VerdictKind::refused;
    const std::string gone = list.back().one.id();
    list.pop_back();
    const Comparison comparison = compare(before, after);
    ASSERT_EQ(comparison.changed.size(), 3U);
    EXPECT_EQ(comparison.changed[0].direction, Direction::better);
    EXPECT_EQ(comparison.changed[1].direction, Direction::worse);
    EXPECT_EQ(comparison.changed[2].direction, Direction::worse);
    ASSERT_EQ(comparison.only_before.size(), 1U);
    EXPECT_EQ(comparison.only_before.front()->one.id(), gone);
    EXPECT_TRUE(comparison.only_after.empty());
    EXPECT_EQ(comparison.groups().front().direction, Direction::worse);
}

}  // namespace
}  // namespace rogate::report
