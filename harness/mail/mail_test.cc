// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "mail/mail.h"

using namespace rogate;
using namespace rogate::mail;

namespace {

PatchMail parse(const std::string& text)
{
    auto mail = parse_mail(text);
    if (!mail) {
        ADD_FAILURE() << mail.error().text;
        return {};
    }
    return *std::move(mail);
}

std::string with_subject(const std::string& subject)
{
    return "From: A <a@b>\nSubject: " + subject + "\n\nx\n---\n";
}

constexpr const char* kFormatPatch = "From 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d Mon Sep 17 00:00:00 2001\n"
                                     "From: \"Daniel P. Berrange\" <berrange@example.org>\n"
                                     "Date: Thu, 24 Jul 2008 12:36:27 +0100\n"
                                     "Subject: [RFC PATCH v2 3/12] ioemu: raw: honour the read-only\n"
                                     " flag of a disk\n"
                                     "Message-Id: <20080724-3@example.org>\n"
                                     "\n"
                                     "What was wrong.\n"
                                     "From now on it is right.\n"
                                     "\n"
                                     "Signed-off-by: Daniel P. Berrange <berrange@example.org>\n"
                                     "[rebased]\n"
                                     "Reviewed-by: A B <a@b>\n"
                                     "  and friends\n"
                                     "---\n"
                                     " f | 2 +-\n"
                                     "\n"
                                     "diff --git a/f b/f\n"
                                     "--- a/f\n"
                                     "+++ b/f\n"
                                     "@@ -1 +1 @@\n"
                                     "-a\r\n"
                                     "+b\r\n"
                                     "-- \n"
                                     "2.39.5\n";

}  // namespace

// Oracle of all tests here: mails written by hand, and what RFC 5322, RFC 2047 and git-am(1) say they mean.
TEST(ParseMail, ReadsWhatFormatPatchWrites)
{
    const PatchMail mail = parse(kFormatPatch);
    EXPECT_EQ(mail.subject, "ioemu: raw: honour the read-only flag of a disk");
    EXPECT_EQ(mail.number, 3U);
    EXPECT_EQ(mail.total, 12U);
    EXPECT_EQ(mail.version, 2U);
    EXPECT_EQ(mail.author.name, "Daniel P. Berrange");
    EXPECT_EQ(mail.author.email, "berrange@example.org");
    EXPECT_EQ(mail.date.text, "Thu, 24 Jul 2008 12:36:27 +0100");
    EXPECT_EQ(mail.date.seconds, 1216899387);
    EXPECT_EQ(mail.date.utc_offset_minutes, 60);
    EXPECT_EQ(mail.message_id, "20080724-3@example.org");
    EXPECT_EQ(mail.body, "What was wrong.\nFrom now on it is right.\n\n"
                         "Signed-off-by: Daniel P. Berrange <berrange@example.org>\n[rebased]\n"
                         "Reviewed-by: A B <a@b>\n  and friends");
    ASSERT_EQ(mail.trailers.size(), 2U);
    EXPECT_EQ(mail.trailers[0].key, "Signed-off-by");
    EXPECT_EQ(mail.trailers[0].value, "Daniel P. Berrange <berrange@example.org>");
    EXPECT_EQ(mail.trailers[1].value, "A B <a@b> and friends");
    const std::string text = kFormatPatch;
    EXPECT_EQ(mail.diff, text.substr(text.find("---\n f |")));
}

TEST(ParseMail, CleansSubjects)
{
    EXPECT_EQ(parse(with_subject("[PATCH] x: y")).subject, "x: y");
    EXPECT_EQ(parse(with_subject("Re: [Xen-devel] [PATCH 02/10] x: y")).subject, "x: y");
    EXPECT_EQ(parse(with_subject("Re: [Xen-devel] [PATCH 02/10] x: y")).number, 2U);
    EXPECT_EQ(parse(with_subject("x: a [b] c")).subject, "x: a [b] c");
    EXPECT_EQ(parse(with_subject("[PATCH x")).subject, "[PATCH x");
    EXPECT_EQ(parse(with_subject("[PATCH 1/x v] y")).number, 0U);
    EXPECT_EQ(parse(with_subject("=?UTF-8?q?[PATCH=201/2]_x:_f=C3=B6=C3=B6?=")).subject, "x: f\303\266\303\266");
    EXPECT_EQ(parse(with_subject("=?iso-8859-1?B?ZvY=?=")).subject, "f\303\266");
}

TEST(ParseMail, DecodesHeadersAndBodies)
{
    const PatchMail quoted = parse("From: =?UTF-8?q?J=C3=BCrgen?= <j@b>\nSubject: x\nMIME-Version: 1.0\n"
                                   "Content-Type: text/plain; charset=iso-8859-1\n"
                                   "Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe=\n!\n---\n"
                                   "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a =3D =E4\n+b\n");
    EXPECT_EQ(quoted.author.name, "J\303\274rgen");
    EXPECT_EQ(quoted.body, "Gr\303\274\303\237e!");
    EXPECT_EQ(quoted.diff, "---\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a = \xe4\n+b\n") << "content keeps its bytes";
    const PatchMail base64 = parse("From: A <a@b>\nSubject: x\nContent-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: base64\n\naGVsbG8KLS0tCmRpZmYK\n");
    EXPECT_EQ(base64.body, "hello");
    EXPECT_EQ(base64.diff, "---\ndiff\n");
}

TEST(ParseMail, PutsThePartsOfAMultipartTogether)
{
    const PatchMail mail = parse("From: A <a@b>\nSubject: x\nMIME-Version: 1.0\n"
                                 "Content-Type: multipart/mixed; boundary=\"xx\"\n\npreamble\n--xx\n"
                                 "Content-Type: text/plain; charset=utf-8\n\nhello\n---\n\n--xx\n"
                                 "Content-Type: application/octet-stream\n\nrubbish\n--xx\n"
                                 "Content-Type: text/x-patch; name=p\n\n--- a/f\n--xx--\n");
    EXPECT_EQ(mail.body, "hello");
    EXPECT_EQ(mail.diff.substr(0, 4), "---\n");
    EXPECT_NE(mail.diff.find("--- a/f"), std::string::npos);
    EXPECT_EQ(mail.diff.find("rubbish"), std::string::npos);
}

TEST(ParseMail, TakesTheAuthorFromTheBody)
{
    const PatchMail mail =
        parse("From: Sender <s@b>\nDate: Thu, 24 Jul 2008 12:36:27 +0100\nSubject: [PATCH] x\n\n"
              "From: Author <a@b>\nDate: Thu, 24 Jul 2008 10:00:00 -0130\nSubject: y\n\nhello\n---\n");
    EXPECT_EQ(mail.author.name, "Author");
    EXPECT_EQ(mail.author.email, "a@b");
    EXPECT_EQ(mail.subject, "y");
    EXPECT_EQ(mail.date.seconds, 1216899000);
    EXPECT_EQ(mail.date.utc_offset_minutes, -90);
    EXPECT_EQ(mail.body, "hello");
    EXPECT_EQ(parse("From: S <s@b>\nSubject: x\n\nFrom: here on\nit is text\n---\n").body, "From: here on\nit is text");
}

TEST(ParseMail, TakesTheTransportsCarriageReturnsAway)
{
    std::string text = "From: A <a@b>\nSubject: x\n\nhello\nworld\n---\n-a\n";
    for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) {
        text.insert(at, "\r");
    }
    const PatchMail mail = parse(text);
    EXPECT_EQ(mail.body, "hello\nworld");
    EXPECT_EQ(mail.diff, "---\n-a\n");
}

TEST(ParseMail, FindsTrailersInTheLastParagraphOnly)
{
    const auto trailers = [](const std::string& body) {
        return parse("From: A <a@b>\nSubject: x\n\n" + body).trailers.size();
    };
    EXPECT_EQ(trailers("a\n\nSigned-off-by: x\nAcked-by: y\n"), 2U);
    EXPECT_EQ(trailers("Note: this\nis text\n\nmore\n"), 0U);
    EXPECT_EQ(trailers("a\n\nNote: this\nis text\n"), 0U);
    EXPECT_EQ(trailers(""), 0U);
}

TEST(ParseMail, RefusesWhatIsNoMail)
{
    for (const char* text : {"", "\n", "hello\n", "From 123 Mon Sep 17 00:00:00 2001", "diff --git a/f b/f\n"}) {
        const auto mail = parse_mail(text);
        ASSERT_FALSE(mail) << text;
        EXPECT_EQ(mail.error().kind, ErrorKind::corrupt);
        EXPECT_EQ(mail.error().text, "it has no mail headers");
    }
}

TEST(ParseMail, WorksInManyThreads)
{
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                const auto mail = parse_mail(kFormatPatch);
                good += mail && mail->total == 12 ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(good, 200);
}

TEST(FindPatch, StopsAtTheLinesThatGitAmStopsAt)
{
    EXPECT_EQ(find_patch("a\n---\nb\n"), 2U);
    EXPECT_EQ(find_patch("a\n---  \nb\n"), 2U);
    EXPECT_EQ(find_patch("a\n--- x/y\n"), 2U);
    EXPECT_EQ(find_patch("a\ndiff -rup x y\n"), 2U);
    EXPECT_EQ(find_patch("a\nIndex: x\n"), 2U);
    EXPECT_EQ(find_patch("a\n----\n---x\n --- y\n--\ndiffer\n"), std::string_view::npos);
}

TEST(FindBody, KnowsAMailFromADiff)
{
    EXPECT_EQ(find_body("From: a\nSubject: b\n c\n\nbody"), 23U);
    EXPECT_EQ(find_body("From 1 Mon Sep 17\nFrom: a\n\nbody"), 27U);
    EXPECT_EQ(find_body("diff --git a/f b/f\n\nx"), 0U);
    EXPECT_EQ(find_body("Index: f\n\nx"), 0U);
    EXPECT_EQ(find_body("Fix: the thing\nin two lines\n\nx"), 0U);
    EXPECT_EQ(find_body(""), 0U);
}

TEST(IsEncoded, LooksAtTheHeadersOnly)
{
    const auto encoded = [](const std::string& headers) {
        const std::string text = "From: a\n" + headers + "\n\nContent-Transfer-Encoding: base64\n";
        return is_encoded(text, find_body(text));
    };
    EXPECT_TRUE(encoded("content-transfer-encoding: BASE64"));
    EXPECT_TRUE(encoded("Content-Transfer-Encoding: quoted-printable"));
    EXPECT_TRUE(encoded("Content-Type: multipart/mixed; boundary=x"));
    EXPECT_FALSE(encoded("Content-Transfer-Encoding: 8bit"));
}
