// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <set>

#include "matrix/case.h"

using namespace rogate;
using namespace rogate::matrix;

TEST(Case, EveryIdIsItsOwnAndEveryReadOnlyCaseHasItsTwin)
{
    std::set<std::string> ids;
    for (const Case& one : all_cases()) {
        EXPECT_TRUE(ids.insert(one.id()).second) << one.id();
    }
    for (const Case& one : all_cases()) {
        if (one.mode == Mode::ro && one.skip.empty()) {
            Case twin = one;
            twin.mode = Mode::rw;
            EXPECT_TRUE(ids.count(twin.id())) << twin.id();
        }
    }
}

TEST(Case, GlobsFitPartByPart)
{
    EXPECT_TRUE(matches("qcow/ide/ro/drive/plain", "qcow/ide/ro/drive/plain"));
    EXPECT_TRUE(matches("*/ide/ro/*", "qcow/ide/ro/drive/plain"));
    EXPECT_TRUE(matches("qcow*", "qcow2/ide/ro/drive/plain"));
    EXPECT_TRUE(matches("qcow*/ide/ro/*/backed", "qcow/ide/ro/drive/backed"));
    EXPECT_FALSE(matches("*", "") && matches("q", "qcow/ide"));
    EXPECT_FALSE(matches("*ro*", "qcow/ide/ro/drive/plain"));
    EXPECT_FALSE(matches("qcow/ide/ro/drive/plain/more", "qcow/ide/ro/drive/plain"));
}

TEST(Case, SelectKeepsTableOrderAndTakesEachOnce)
{
    const auto selected = select({"raw/ide/rw/drive/plain", "raw/ide/*/drive/plain"});
    ASSERT_TRUE(selected);
    ASSERT_EQ(selected->size(), 2U);
    EXPECT_EQ((*selected)[0].id(), "raw/ide/ro/drive/plain");
    EXPECT_EQ((*selected)[1].id(), "raw/ide/rw/drive/plain");
}

TEST(Case, AnUnknownPartIsNamedWithTheNearestWord)
{
    const auto selected = select({"qcwo/ide"});
    ASSERT_FALSE(selected);
    EXPECT_EQ(selected.error().kind, ErrorKind::usage);
    EXPECT_EQ(selected.error().text, "unknown format 'qcwo' in case 'qcwo/ide'");
    EXPECT_EQ(selected.error().hint.substr(0, 22), "did you mean 'qcow'? t");
    EXPECT_EQ(select({"raw/ide/rx"}).error().text, "unknown mode 'rx' in case 'raw/ide/rx'");
}

TEST(Case, PartsThatDoNotGoTogetherAndTooManyPartsAreToldApart)
{
    EXPECT_EQ(select({"raw/ide/ro/drive/plain/x"}).error().text, "'raw/ide/ro/drive/plain/x' has 6 parts, a case id has 5");
}
