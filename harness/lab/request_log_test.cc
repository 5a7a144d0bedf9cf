// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "lab/request_log.h"

using namespace rogate;
using namespace rogate::lab;

namespace {

// Recorded from nbdkit 1.32.5 with its log and error filters.
constexpr const char* kLog =
    "2026-11-23 03:10:55.552994 Ready thread_model=3\n"
    "2026-11-23 03:10:55.853340 Preconnect id=1 readonly=0 ...\n"
    "2026-11-23 03:10:55.853359 ...Preconnect id=1 return=0\n"
    "2026-11-23 03:10:55.853467 connection=1 Connect export=hda tls=0 size=0x100000 write=1 flush=1\n"
    "2026-11-23 03:10:55.853500 connection=2 Connect export=hdb tls=0 size=0x100000 write=1 flush=1\n"
    "2026-11-23 03:10:55.853681 connection=1 Read id=1 offset=0x0 count=0x200 ...\n"
    "2026-11-23 03:10:55.853787 connection=1 Write id=2 offset=0x200 count=0x400 fua=1 ...\n"
    "2026-11-23 03:10:55.853790 connection=1 ...Read id=1 return=0\n"
    "2026-11-23 03:10:55.853832 connection=1 ...Write id=2 return=-1 error=EIO\n"
    "2026-11-23 03:10:55.853885 connection=2 Flush id=2 ...\n"
    "2026-11-23 03:10:55.853887 connection=2 ...Flush id=2 return=0\n"
    "2026-11-23 03:10:55.853965 connection=2 Trim id=4 offset=0x0 count=0x1000 fua=0 ...\n"
    "2026-11-23 03:10:55.854377 connection=1 Disconnect transactions=2\n";

}  // namespace

TEST(RequestLog, PairsAnswersWithRequestsByConnectionAndNumber)
{
    const auto log = parse_request_log(kLog);
    ASSERT_TRUE(log);
    ASSERT_EQ(log->size(), 4U);
    EXPECT_EQ((*log)[0].operation, "Read");
    EXPECT_TRUE((*log)[0].succeeded());
    EXPECT_EQ((*log)[1].operation, "Write");
    EXPECT_EQ((*log)[1].export_name, "hda");
    EXPECT_EQ((*log)[1].offset_bytes, 0x200U);
    EXPECT_EQ((*log)[1].count_bytes, 0x400U);
    EXPECT_EQ((*log)[1].error, "EIO");
    EXPECT_FALSE((*log)[1].succeeded());
    EXPECT_EQ((*log)[2].operation, "Flush");
    EXPECT_EQ((*log)[2].export_name, "hdb");
    EXPECT_TRUE((*log)[2].succeeded());
}

TEST(RequestLog, ARequestWithoutAnAnswerIsNotASuccess)
{
    const auto log = parse_request_log(kLog);
    ASSERT_TRUE(log);
    EXPECT_EQ((*log)[3].operation, "Trim");
    EXPECT_FALSE((*log)[3].answered);
    EXPECT_FALSE((*log)[3].succeeded());
}

TEST(RequestLog, ABrokenRequestLineIsAnErrorWithItsNumber)
{
    const auto log = parse_request_log("2026-11-23 03:10:55.853681 connection=1 Write id=1 offset=zero count=0x200 ...\n");
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().kind, ErrorKind::corrupt);
    EXPECT_NE(log.error().text.find("line 1 of the request log"), std::string::npos);
}

TEST(RequestLog, AnAnswerWithoutItsRequestIsAnError)
{
    EXPECT_FALSE(parse_request_log("2026-11-23 03:10:55.853681 connection=1 ...Write id=9 return=0\n"));
}
