// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "mail/mail.h"

using namespace rogate;
using namespace rogate::mail;

// Oracle of all tests here: texts written by hand.
TEST(SplitMailbox, CutsAtFromLinesThatHeadersFollow)
{
    const std::string text = "From a Mon Sep 17 00:00:00 2001\nSubject: x\n\nFrom here on it is text.\n\nFrom there, too:\n no\n\n"
                             "From b Mon Sep 17 00:00:00 2001\nSubject: y\n\nz\n";
    const auto parts = split_mailbox(text);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_TRUE(parts[1].text.starts_with("From b"));
    EXPECT_EQ(parts[1].first_line, 9U);
    EXPECT_EQ(std::string(parts[0].text) + std::string(parts[1].text), text);
}

TEST(SplitMailbox, LeavesOtherTextsWhole)
{
    for (const std::string text : {"", "hello\n\nFrom a\nSubject: x\n", "Subject: x\n\n\nFrom a\nSubject: y\n"}) {
        const auto parts = split_mailbox(text);
        ASSERT_EQ(parts.size(), 1U);
        EXPECT_EQ(parts[0].text, text);
        EXPECT_EQ(parts[0].first_line, 1U);
    }
}

TEST(ParsePage, FindsTheHeadersAnywhere)
{
    const auto mail = parse_page("Archive\n\nNote: old\n\nTo: x\nSubject: [List] [PATCH v3 2/5] a\n  b\nFrom: A <a@b>\n"
                                 "Date: Thu, 24 Jul 2008 12:36:27 +0100\nIn-reply-to: <1@b> (A's)\nX: y\nThe text.\n\n--- a/f\n");
    ASSERT_TRUE(mail) << mail.error().text;
    EXPECT_EQ(mail->subject, "a b");
    EXPECT_EQ(mail->version, 3U);
    EXPECT_EQ(mail->number, 2U);
    EXPECT_EQ(mail->author.email, "a@b");
    EXPECT_EQ(mail->in_reply_to, "1@b");
    EXPECT_EQ(mail->date.seconds, 1216899387);
    EXPECT_EQ(mail->body, "The text.");
    EXPECT_EQ(mail->diff, "--- a/f\n");
    EXPECT_EQ(mail->diff_line, 14U);
}

TEST(ParsePage, RefusesAPageWithoutAMail)
{
    for (const char* text : {"", "hello\n", "From: a\nDate: b\n\nSubject: c\n"}) {
        const auto mail = parse_page(text);
        ASSERT_FALSE(mail) << text;
        EXPECT_EQ(mail.error().kind, ErrorKind::corrupt);
    }
}

TEST(ParseMail, TellsOfTheTextAndOfWhatItAnswers)
{
    const auto mail = parse_mail("From: A <a@b>\nSubject: Re: [PATCH] x\nIn-Reply-To: <7@b>\n"
                                 "Content-Type: text/plain; format=Flowed; DelSp=yes\n\nhello\n---\n");
    ASSERT_TRUE(mail);
    EXPECT_TRUE(mail->reply);
    EXPECT_TRUE(mail->flowed);
    EXPECT_TRUE(mail->delete_space);
    EXPECT_EQ(mail->in_reply_to, "7@b");
    EXPECT_EQ(mail->diff_line, 7U);
    EXPECT_FALSE(parse_mail("From: A <a@b>\nSubject: x\n\nhello\n")->flowed);
}
