// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/results.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/test/sample.h"

namespace rogate::report {
namespace {

Results sample(bool unexpected = true)
{
    return test::sample({.findings = 240, .buses = 2, .unexpected = unexpected});
}

std::string error_of(std::string_view text)
{
    auto read = read_results(text, "r.json");
    return read ? "no error" : read.error().text;
}

/// The sample's text with one part replaced by another.
std::string changed(const std::string& part, const std::string& by)
{
    std::string text = write_results(sample());
    const size_t at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return text.replace(at, part.size(), by);
}

// Oracle: the text itself; what is written again after reading is the same to the byte.
TEST(ResultsFile, IsTheSameWhenReadAndWrittenAgain)
{
    const std::string text = write_results(sample());
    auto read = read_results(text, "r.json");
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(write_results(*read), text);
}

// Oracle: matrix::judge(), which made the verdicts from the evidence before it was written.
TEST(ResultsFile, HoldsAllTheEvidenceAVerdictFollowsFrom)
{
    auto read = read_results(write_results(sample()), "r.json");
    ASSERT_TRUE(read) << read.error().text;
    size_t judged = 0;
    for (const Finding& finding : read->findings) {
        if (finding.skipped()) {
            continue;
        }
        const matrix::Verdict verdict = matrix::judge(finding.one, evidence_of(*read, finding, finding.outcome));
        EXPECT_EQ(verdict.kind, finding.outcome.verdict.kind) << finding.one.id();
        EXPECT_EQ(verdict.reasons, finding.outcome.verdict.reasons) << finding.one.id();
        ++judged;
    }
    EXPECT_GE(judged, 240U);
}

TEST(ResultsFile, KeepsEqualListsOnce)
{
    const Results results = sample(false);
    EXPECT_GE(results.findings.size(), 240U);
    EXPECT_LE(results.guests.size(), 4U);  // two buses, writes taken or refused
    EXPECT_EQ(results.wires.size(), 2U);
}

TEST(ResultsFile, KeepsTheConsoleOfUnexpectedResultsOnly)
{
    const Results results = sample();
    size_t unexpected = 0;
    for (const Finding& finding : results.findings) {
        if (!finding.skipped()) {
            EXPECT_EQ(results.machines[*finding.outcome.machine].console.empty(), finding.as_expected())
                << finding.one.id();
            unexpected += finding.as_expected() ? 0 : 1;
        }
    }
    EXPECT_GT(unexpected, 0U);
}

TEST(ResultsFile, HasOneFindingAndItsListsWhenCutDown)
{
    const Results results = sample();
    const Results one = only(results, results.findings[8]);
    ASSERT_EQ(one.findings.size(), 1U);
    EXPECT_EQ(one.machines.size(), 1U);
    EXPECT_EQ(one.guests.size(), 1U);
    auto read = read_results(write_results(one), "r.json");
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->findings.front().one.id(), results.findings[8].one.id());
}

struct BadFile {
    const char* part;
    const char* by;
    const char* error;
};

class BadFiles : public testing::TestWithParam<BadFile> {};

// Oracle: the texts, compared whole.
TEST_P(BadFiles, AreRefusedWithTheirPlace)
{
    EXPECT_EQ(error_of(changed(GetParam().part, GetParam().by)), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    ResultsFile, BadFiles,
    testing::Values(
        BadFile{"\"version\": 2", "\"version\": 1", "cannot read 'r.json': its version is 1, this rogate reads 2"},
        BadFile{"\"version\": 2", "\"version\": -2", "cannot read 'r.json': version: it must be a number of 0 or more"},
        BadFile{"\"series\"", "\"serie\"", "cannot read 'r.json': 'series' is missing"},
        BadFile{"\"seconds\"", "\"colour\": 1, \"seconds\"", "cannot read 'r.json': unknown field 'colour'"},
        BadFile{"\"tip\": \"", "\"tip\": 7, \"x\": \"", "cannot read 'r.json': trees: 'tip' must be a text"},
        BadFile{"\"signal\":0", "\"signal\":\"0\"",
                "cannot read 'r.json': machines[0].device_model.signal: it must be a whole number"},
        BadFile{"\"argv\":[\"/usr", "\"argv\":[1,\"/usr",
                "cannot read 'r.json': machines[0].device_model.argv[0]: it must be a text"},
        BadFile{"\"class\":\"read\"", "\"class\":\"reed\"",
                "cannot read 'r.json': guests[0][0].class: no class of commands is called 'reed'"},
        BadFile{"\"status\":\"50\"", "\"status\":\"5x\"",
                "cannot read 'r.json': guests[0][0].status: it must be a text of 1 to 8 lower-case hexadecimal digits"},
        BadFile{"\"accepted\":true", "\"accepted\":false",
                "cannot read 'r.json': guests[0][0].accepted: it does not follow from kind, status and error"},
        BadFile{"\"case\":\"raw/", "\"case\":\"raw/x/",
                "cannot read 'r.json': results[0].case: 'raw/x/ide/ro/drive/plain' is no case id"},
        BadFile{"\"case\":\"raw/ide/ro", "\"case\":\"raw/ide/wr",
                "cannot read 'r.json': results[0].case: 'raw/ide/wr/drive/plain' is no case id"},
        BadFile{"\"as_expected\":true", "\"as_expected\":false",
                "cannot read 'r.json': results[0].as_expected: it does not follow from 'verdict' and 'expected'"},
        BadFile{"\"verdict\":\"hole\"", "\"verdict\":\"whole\"",
                "cannot read 'r.json': results[0].verdict: no verdict is called 'whole'"},
        BadFile{"\"machine\":0", "\"machine\":99999",
                "cannot read 'r.json': results[0].evidence.machine: it must be a place in a list of 240"},
        BadFile{"\"guest\":0,", "",
                "cannot read 'r.json': results[0].evidence.checksums: there must be one for each command of 'guest'"},
        BadFile{"\"changed\":[[176,", "\"changed\":[[-176,",
                "cannot read 'r.json': results[0].evidence.files[0].changed[0]: it must be a first sector and a count"},
        BadFile{"\"at\":\"tip\"", "\"at\":\"base\"",
                "cannot read 'r.json': results[1]: 'raw/ide/ro/drive/plain' at base is there twice"},
        BadFile{"{\n", "{,\n", "cannot read 'r.json': it is no JSON from line 1, byte 2 on"}));

TEST(ResultsFile, ThatIsCutShortIsRefused)
{
    const std::string text = write_results(test::sample({.findings = 4, .buses = 1}));
    for (size_t length = 0; length + 2 < text.size(); length += 7) {
        ASSERT_FALSE(read_results(std::string_view(text).substr(0, length), "r.json")) << length;
    }
    EXPECT_EQ(error_of(text.substr(0, text.size() - 3)).find("cannot read 'r.json': it is no JSON from line "), 0U);
}

// Whatever one byte becomes, reading ends in results that can be written, or in an error with a text.
TEST(ResultsFile, WithAnyDamagedByteIsReadOrRefused)
{
    const std::string text = write_results(test::sample({.findings = 3, .buses = 1}));
    size_t refused = 0;
    for (size_t at = 0; at < text.size(); at += 3) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        auto read = read_results(damaged, "r.json");
        refused += read ? 0 : 1;
        if (read) {
            EXPECT_FALSE(write_results(*read).empty());
        } else {
            EXPECT_FALSE(read.error().text.empty());
        }
    }
    EXPECT_GT(refused, text.size() / 12);
}

}  // namespace
}  // namespace rogate::report
