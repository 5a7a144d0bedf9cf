// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/forms.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "report/show.h"
#include "report/table.h"
#include "report/test/sample.h"
#include "report/text.h"

namespace rogate::report {
namespace {

struct Form {
    const char* name;
    std::string text;
};

/// Every form of one document.
std::vector<Form> forms_of(const Results& results)
{
    Document document{&results, {}};
    document.against = compare(results, results);
    std::vector<Form> forms{{"mail", mail(document)},
                            {"html", html(document)},
                            {"markdown", markdown(document)},
                            {"junit", junit(results)},
                            {"tap", tap_lines(results)},
                            {"list", table(results, TableForm::list, false)},
                            {"grid", table(results, TableForm::grid, false)},
                            {"details", unexpected_details(results)}};
    for (const Finding& finding : results.findings) {
        forms.push_back({"show", show(results, finding, true)});
    }
    return forms;
}

/// Control characters but line ends, and marks of direction: what no form may pass on.
bool is_clean(const std::string& text)
{
    const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f';
    });
    return !controls && text.find("\xe2\x80\xae") == std::string::npos && text.find('\xff') == std::string::npos;
}

// Invariant: whatever stands in a results file, no form passes on what drives a terminal or is no UTF-8.
TEST(Forms, PassOnNothingThatDrivesATerminal)
{
    for (const Form& form : forms_of(test::sample({.findings = 60, .unexpected = true, .hostile = true}))) {
        EXPECT_TRUE(is_clean(form.text)) << form.name;
        EXPECT_FALSE(form.text.empty() && std::string_view(form.name) != "details") << form.name;
    }
}

// The hostile texts do reach the forms; else the test above would prove nothing.
TEST(Forms, ShowHostileTextsEscaped)
{
    const auto forms = forms_of(test::sample({.findings = 60, .unexpected = true, .hostile = true}));
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_NE(forms[i].text.find("alert(1)"), std::string::npos) << forms[i].name;
    }
    for (size_t i = 4; i < 7; ++i) {
        EXPECT_NE(forms[i].text.find("\\x1b[31m"), std::string::npos) << forms[i].name;
    }
    EXPECT_EQ(forms[1].text.find("<script"), std::string::npos);
    EXPECT_NE(forms[1].text.find("&lt;script&gt;"), std::string::npos);
    EXPECT_EQ(forms[1].text.find("<b>&"), std::string::npos);
    EXPECT_EQ(forms[3].text.find("<script"), std::string::npos);
}

TEST(Mail, IsAtMostSeventyTwoColumnsWide)
{
    for (const bool hostile : {false, true}) {
        const Results results =
            test::sample({.findings = 2000, .buses = 9, .states = {0, 3, 17}, .unexpected = true, .hostile = hostile});
        const std::string text = mail({&results, compare(results, results)});
        for (size_t at = 0; at < text.size();) {
            const size_t end = text.find('\n', at);
            ASSERT_NE(end, std::string::npos) << "the last line has no end";
            EXPECT_LE(columns(std::string_view(text).substr(at, end - at)), kMailColumns) << text.substr(at, end - at);
            at = end + 1;
        }
    }
}

TEST(Mail, TellsTheMatrixInFewLines)
{
    const Results results = test::sample({.findings = 400, .buses = 2});
    const std::string text = mail({&results, {}});
    EXPECT_NE(text.find("Read-only disks, base -> tip\n"), std::string::npos);
    EXPECT_NE(text.find("hole -> sealed"), std::string::npos);
    EXPECT_NE(text.find("leak -> sealed"), std::string::npos);
    EXPECT_NE(text.find("all as expected"), std::string::npos);
    EXPECT_NE(text.find("-hda has no word for read-only; -drive has"), std::string::npos);
    EXPECT_NE(text.find("tree " + results.facts.trees.back().second), std::string::npos);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 120);
}

// Source: GitHub refuses comments of more than 65,536 characters.
TEST(Markdown, FitsACommentHoweverManyCasesThereAre)
{
    const Results results = test::sample({.findings = 9000, .buses = 20, .unexpected = true});
    EXPECT_LT(markdown({&results, {}}).size(), 65'536U);
}

TEST(Html, OfTenThousandResultsIsBelowThreeMegabytes)
{
    const Results results = test::sample({.findings = 10'000, .buses = 20});
    EXPECT_GE(results.findings.size(), 10'000U);
    EXPECT_LT(html({&results, {}}).size(), 3'000'000U);
}

// Invariant: every address within the page is there, each once.
TEST(Html, LeadsNowhereThatIsNotThere)
{
    const Results results = test::sample({.findings = 300, .buses = 3, .states = {0, 2, 3, 17}, .unexpected = true});
    const std::string text = html({&results, {}});
    size_t links = 0;
    for (size_t at = text.find("href=\"#"); at != std::string::npos; at = text.find("href=\"#", at + 1)) {
        const std::string id = "id=\"" + text.substr(at + 7, text.find('"', at + 7) - at - 6);
        const size_t first = text.find(id);
        ASSERT_NE(first, std::string::npos) << id;
        ASSERT_EQ(text.find(id, first + 1), std::string::npos) << id;
        ++links;
    }
    EXPECT_GT(links, 300U);
}

TEST(Html, NeedsNothingElse)
{
    const Results results = test::sample({.findings = 100});
    const std::string text = html({&results, {}});
    for (const char* other : {"<script", "<link", "<img", "http:", "https:", "url(", "@import", "javascript:"}) {
        EXPECT_EQ(text.find(other), std::string::npos) << other;
    }
}

TEST(Tap, CountsEveryResult)
{
    const Results results = test::sample({.findings = 100, .unexpected = true});
    const std::string text = tap_lines(results);
    EXPECT_EQ(text.substr(0, 19), "TAP version 13\n1..1");
    size_t lines = 0;
    size_t failed = 0;
    for (size_t at = 0; at != std::string::npos && at < text.size(); at = text.find('\n', at) + 1) {
        lines += text.compare(at, 3, "ok ") == 0 || text.compare(at, 7, "not ok ") == 0 ? 1 : 0;
        failed += text.compare(at, 7, "not ok ") == 0 ? 1 : 0;
    }
    EXPECT_EQ(lines, results.findings.size());
    EXPECT_GT(failed, 0U);
}

TEST(Table, TurnsToAGridForManyBuses)
{
    const Results one = test::sample({.findings = 40, .buses = 1});
    const Results many = test::sample({.findings = 100, .buses = 3});
    EXPECT_NE(table(one, TableForm::automatic, false).find("raw/ide/ro/drive/plain "), std::string::npos);
    const std::string grid = table(many, TableForm::automatic, false);
    EXPECT_EQ(grid.substr(0, 4), "case");
    EXPECT_NE(grid.find("raw ro drive/plain"), std::string::npos);
    EXPECT_NE(grid.find("hole -> sealed  hole -> sealed  hole -> sealed\n"), std::string::npos);
    EXPECT_NE(table(many, TableForm::list, false).find("raw/ahci/ro/drive/plain"), std::string::npos);
}

TEST(Table, KeepsWithinItsWidth)
{
    const Results results = test::sample({.findings = 400, .buses = 9, .unexpected = true});
    const std::string text = table(results, TableForm::grid, false, 80);
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        EXPECT_LE(text.find('\n', at) - at, 80U);
    }
    EXPECT_NE(text.find("!"), std::string::npos);
}

TEST(Table, IsColouredOnlyWhenTold)
{
    const Results results = test::sample({.findings = 40, .buses = 1});
    EXPECT_EQ(table(results, TableForm::list, false).find('\033'), std::string::npos);
    EXPECT_NE(table(results, TableForm::list, true).find("\033[32msealed\033[0m"), std::string::npos);
}

}  // namespace
}  // namespace rogate::report
