// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "matrix/expect.h"

using namespace rogate;
using namespace rogate::matrix;

namespace {

constexpr const char* kText = R"(
[[case]]
id = "qcow/*/ro/*/backed"
base = "hole"
after = { "0002-qcow.patch" = "leak", "0003-backing.patch" = "sealed" }
tip = "sealed"
why = "two patches are needed"

[[case]]
id = "*/*/rw"
base = "writes"
tip = "writes"
)";

const std::vector<std::string> kPatches{"0001-flag.patch", "0002-qcow.patch", "0003-backing.patch"};

VerdictKind expected_at(size_t applied, const std::vector<std::string>& patches = kPatches)
{
    const auto expectations = Expectations::parse(kText, "expect.toml");
    EXPECT_TRUE(expectations);
    return expectations->expected("qcow/ide/ro/drive/backed", patches, applied)->kind;
}

std::string error_of(const std::string& text)
{
    const auto expectations = Expectations::parse(text, "expect.toml");
    return expectations ? "" : expectations.error().text;
}

}  // namespace

TEST(Expect, AVerdictHoldsFromItsPatchOn)
{
    EXPECT_EQ(expected_at(0), VerdictKind::hole);
    EXPECT_EQ(expected_at(1), VerdictKind::hole);
    EXPECT_EQ(expected_at(2), VerdictKind::leak);
    EXPECT_EQ(expected_at(3), VerdictKind::sealed);
}

TEST(Expect, TipIsExpectedWhateverPatchIsMissingAndTheMissingOneIsNamed)
{
    const std::vector<std::string> without{"0001-flag.patch", "0002-qcow.patch"};
    EXPECT_EQ(expected_at(2, without), VerdictKind::sealed);
    const auto expectations = Expectations::parse(kText, "expect.toml");
    EXPECT_EQ(expectations->expected("qcow/ide/ro/drive/backed", without, 2)->missing_patch, "0003-backing.patch");
    EXPECT_EQ(expectations->expected("qcow/ide/ro/drive/backed", kPatches, 3)->missing_patch, "");
}

TEST(Expect, NothingIsExpectedOfACaseWithoutARule)
{
    const auto expectations = Expectations::parse(kText, "expect.toml");
    EXPECT_FALSE(expectations->expected("raw/ide/ro/drive/plain", kPatches, 0));
    EXPECT_EQ(expectations->expected("raw/ide/rw/drive/plain", kPatches, 0)->kind, VerdictKind::writes);
}

TEST(Expect, AnEmptySeriesHasOnlyItsBase)
{
    EXPECT_EQ(expected_at(0, {}), VerdictKind::hole);
}

TEST(Expect, MistakesAreNamedWithTheirLine)
{
    EXPECT_EQ(error_of("[[case]]\nid = \"*\"\nbase = \"hole\"\ntip = \"seald\"\n"), "'expect.toml' line 4: 'seald' is no verdict");
    EXPECT_EQ(error_of("[[case]]\nid = \"*\"\nbase = \"hole\"\n"), "'expect.toml' line 1: a [[case]] has no 'tip'");
    EXPECT_EQ(error_of("[[case]]\nid = \"*\"\nbse = \"hole\"\ntip = \"hole\"\n"), "'expect.toml' line 3: unknown key 'bse'");
    EXPECT_NE(error_of("[[case]\n"), "");
}
