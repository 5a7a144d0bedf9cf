// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/import.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "series/series.h"

using namespace rogate;
using namespace rogate::series;

namespace {

namespace fs = std::filesystem;

std::string diff(const std::string& file)
{
    return "diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file + "\n@@ -1 +1 @@\n-a\n+b\n";
}

std::string letter(const std::string& subject, const std::string& text)
{
    return "From 1234 Mon Sep 17 00:00:00 2001\nFrom: \"A. Author\" <a@example.org>\nDate: Thu, 24 Jul 2008 12:36:27 +0100\n"
           "Subject: " + subject + "\nMessage-Id: <" + std::to_string(std::hash<std::string>{}(subject) % 1000) +
           "@example.org>\nIn-Reply-To: <0@example.org>\n\n" + text + "\n";
}

Result<Imported> import(const std::string& mbox, const ImportOptions& options = {})
{
    std::vector<Source> sources;
    for (const mail::MailboxPart& part : mail::split_mailbox(mbox)) {
        sources.push_back({"mbox", std::string(part.text), part.first_line});
    }
    return import_series(sources, options);
}

std::string error_of(const std::string& mbox, const ImportOptions& options = {})
{
    const auto imported = import(mbox, options);
    return imported ? "imported" : imported.error().text;
}

}  // namespace

// Oracle of all tests here: mails and pages written by hand.
TEST(ImportSeries, SortsTheMailsOfAMailbox)
{
    const auto imported = import(letter("[PATCH v2 2/2] y: second", "Text.\n\nSigned-off-by: A <a@example.org>\n---\n f | 2 +-\n\n" + diff("g")) +
                                 letter("[PATCH v2 0/2] x: cover", "All of it.\n") +
                                 letter("Re: [PATCH v2 1/2] x: first", "Looks good.\n") +
                                 letter("[PATCH v2 1/2] x: first", "---\n" + diff("f")) +
                                 letter("[PATCH 1/2] x: first", "---\n" + diff("f")));
    ASSERT_TRUE(imported) << imported.error().text;
    ASSERT_EQ(imported->patches.size(), 2U);
    EXPECT_EQ(imported->patches[0].file_name, "0001-x-first.patch");
    EXPECT_EQ(imported->patches[1].file_name, "0002-y-second.patch");
    EXPECT_EQ(imported->cover, "x: cover\n\nAll of it.\n");
    EXPECT_EQ(imported->notes.size(), 2U) << "the reply and the first version";
    const std::string& text = imported->patches[1].text;
    EXPECT_TRUE(text.starts_with("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n"
                                 "From: \"A. Author\" <a@example.org>\nDate: Thu, 24 Jul 2008 12:36:27 +0100\n"
                                 "Subject: [PATCH v2 2/2] y: second\nMessage-Id: <"))
        << text;
    EXPECT_TRUE(text.ends_with("In-Reply-To: <0@example.org>\n\nText.\n\nSigned-off-by: A <a@example.org>\n---\n f | 2 +-\n\n" + diff("g")))
        << text;
}

TEST(ImportSeries, ReadsTheTextOfAWebPage)
{
    const std::string page = "OLD ARCHIVES\n\nHome  Products\n\nxen-devel\n\n[Xen-devel] RFC: a flag\n\n"
                             "To: xen-devel@xxxxxx\nSubject: [Xen-devel] RFC: a flag\nFrom: \"A. Author\" <a@xxxxxx>\n"
                             "Date: Thu, 24 Jul 2008 12:36:27 +0100\nList-id: Xen <x>\nUser-agent: Mutt/1.4.1i\n"
                             "The syntax allows it.\n\nA.\n\ndiff -rup src.orig/tools/ioemu/a.c \nsrc.new/tools/ioemu/a.c\n"
                             "--- src.orig/tools/ioemu/a.c        2007-05-18 \n10:45:21.000000000 -0400\n"
                             "+++ src.new/tools/ioemu/a.c 2008-07-11 07:54:52.000000000 \n-0400\n"
                             "@@ -10,3 +10,3 @@ static int f(void)\n     int a;\n-    old(a);\n+    new(a);\n        return a;\n"
                             "\n\n-- \n|: A. :|\n\n_______________________________________________\nXen-devel mailing list\n";
    const auto imported = import(page);
    ASSERT_TRUE(imported) << imported.error().text;
    ASSERT_EQ(imported->patches.size(), 1U);
    const ImportedPatch& patch = imported->patches[0];
    EXPECT_EQ(patch.file_name, "0001-RFC-a-flag.patch");
    EXPECT_EQ(patch.text, "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n"
                          "From: \"A. Author\" <a@xxxxxx>\nDate: Thu, 24 Jul 2008 12:36:27 +0100\n"
                          "Subject: [PATCH] RFC: a flag\n\nThe syntax allows it.\n\nA.\n---\n\n"
                          "diff --git a/tools/ioemu/a.c b/tools/ioemu/a.c\n--- a/tools/ioemu/a.c\n+++ b/tools/ioemu/a.c\n"
                          "@@ -10,3 +10,3 @@ static int f(void)\n     int a;\n-    old(a);\n+    new(a);\n \treturn a;\n");
    ASSERT_FALSE(patch.repairs.empty());
    EXPECT_EQ(patch.repairs.back().line, 29U) << "of the page";
    EXPECT_EQ(patch.repairs.back().what, "tabs put back");
}

TEST(ImportSeries, RefusesAnIncompleteOrDoubledSeries)
{
    const std::string one = letter("[PATCH 1/3] a", "---\n" + diff("f"));
    const std::string three = letter("[PATCH 3/3] c", "---\n" + diff("f"));
    EXPECT_EQ(error_of(one + three), "patch 2/3 is missing");
    ImportOptions partial;
    partial.partial = true;
    EXPECT_EQ(error_of(one + three, partial), "imported");
    EXPECT_TRUE(error_of(one + one).starts_with("two mails are number 1: 'a' ('mbox' line 1)"));
    EXPECT_EQ(error_of(letter("hello", "world")), "there is no patch in it");
}

TEST(ImportSeries, NamesTheLineOfTheMailboxThatIsDamaged)
{
    const std::string broken = letter("[PATCH 2/2] b", "---\n--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n-a\n+b\n");
    EXPECT_TRUE(error_of(letter("[PATCH 1/2] a", "---\n" + diff("f")) + broken)
                    .starts_with("'mbox' line 26: the lines of the hunk do not add up to its header"));
}

TEST(ImportSeries, UndoesEscapedFromLines)
{
    const auto imported = import(letter("[PATCH] a", ">From here on\nit is text.\n---\n" + diff("f")));
    ASSERT_TRUE(imported);
    EXPECT_NE(imported->patches[0].text.find("\n\nFrom here on\nit is text.\n---\n"), std::string::npos);
}

class WriteSeries : public testing::Test {
protected:
    TempDir folder_ = *TempDir::make("/tmp", "rogate-import-");
    fs::path target_ = folder_.path() / "s";
    Imported imported_{{{"0001-a.patch", "From: A <a@b>\n\n---\n" + diff("f"), "m", {}, false}}, "", {}};
};

TEST_F(WriteSeries, WritesAFolderThatLoads)
{
    ASSERT_TRUE(write_series(target_, imported_, false));
    const auto series = load_series(target_);
    ASSERT_TRUE(series) << series.error().text;
    EXPECT_EQ(series->patches.size(), 1U);
    EXPECT_TRUE(series->unlisted.empty());
}

TEST_F(WriteSeries, ReplacesAFolderOnlyWhenToldSo)
{
    ASSERT_TRUE(write_series(target_, imported_, false));
    ASSERT_TRUE(write_file(target_ / "expect.toml", "kept"));
    const auto refused = write_series(target_, imported_, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    imported_.patches[0].file_name = "0001-b.patch";
    ASSERT_TRUE(write_series(target_, imported_, true));
    EXPECT_FALSE(fs::exists(target_ / "0001-a.patch"));
    EXPECT_TRUE(fs::exists(target_ / "0001-b.patch"));
    EXPECT_EQ(*read_file(target_ / "expect.toml"), "kept");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1) << "nothing is left";
}

TEST_F(WriteSeries, NeverReplacesAFolderThatIsNoSeries)
{
    fs::create_directory(target_);
    ASSERT_TRUE(write_file(target_ / "mine", "x"));
    const auto refused = write_series(target_, imported_, true);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_EQ(*read_file(target_ / "mine"), "x");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
}

// Oracle: names that git format-patch has given.
TEST(PatchFileName, IsGits)
{
    EXPECT_EQ(patch_file_name(1, "ioemu: let a block device be told to open its image read-only"),
              "0001-ioemu-let-a-block-device-be-told-to-open-its-image-r.patch");
    EXPECT_EQ(patch_file_name(14, "ioemu: xenstore: a disk whose mode is not writable is read-only"),
              "0014-ioemu-xenstore-a-disk-whose-mode-is-not-writable-is-.patch");
    EXPECT_EQ(patch_file_name(1, "RFC: Making QEMU honour 'readonly' flag for disks"),
              "0001-RFC-Making-QEMU-honour-readonly-flag-for-disks.patch");
}

TEST(HeaderLine, FoldsAndEncodes)
{
    EXPECT_EQ(header_line("Subject", "short"), "Subject: short\n");
    const std::string folded = header_line("Subject", std::string(40, 'a') + " " + std::string(40, 'b'));
    EXPECT_EQ(folded, "Subject: " + std::string(40, 'a') + "\n " + std::string(40, 'b') + "\n");
    const auto mail = mail::parse_mail(header_line("Subject", "f\303\266\303\266 bar") + "\nx\n");
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->subject, "f\303\266\303\266 bar");
    EXPECT_EQ(mailbox_text({"A. B", "a@b"}), "\"A. B\" <a@b>");
}
