// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "base/file.h"
#include "mail/mail.h"
#include "process/group.h"

using namespace rogate;

namespace {

/// Output of a shell script run in `folder`; the only use of a shell is to write the mail that git makes.
std::string shell(const std::filesystem::path& folder, const std::string& script)
{
    const auto outcome = process::run({.argv = {"sh", "-ec", script},
                                       .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                               {"GIT_CONFIG_NOSYSTEM", "1"},
                                               {"GIT_AUTHOR_NAME", "Jürgen J. Größe"},
                                               {"GIT_AUTHOR_EMAIL", "j@example.org"},
                                               {"GIT_AUTHOR_DATE", "1216899387 +0100"},
                                               {"GIT_COMMITTER_NAME", "C"},
                                               {"GIT_COMMITTER_EMAIL", "c@example.org"}},
                                       .folder = folder});
    EXPECT_TRUE(outcome) << outcome.error().text;
    EXPECT_TRUE(outcome->ok()) << outcome->err;
    return outcome->out;
}

}  // namespace

// Oracle: git mailinfo, and the commit that git format-patch was given.
TEST(ParseMail, ReadsTheSameAsGitMailinfo)
{
    const TempDir folder = *TempDir::make("/tmp", "rogate-mail-");
    const std::string subject =
        "ioemu: an uncommonly long subject with an ö in it, so that its header must be encoded and "
        "folded over more than one line";
    const std::string body = "First paragraph, with ß.\n\nSigned-off-by: Jürgen <j@example.org>";
    ASSERT_TRUE(write_file(folder.path() / "message", subject + "\n\n" + body + "\n"));
    for (const std::string options : {"", "--attach", "--inline", "--encode-email-headers", "-v3 --start-number 4"}) {
        SCOPED_TRACE(options);
        shell(folder.path(), "rm -rf .git *.patch; git init -q -b master; echo a > f; git add f; git commit -qm one; "
                             "printf 'b\\r\\n' > f; git commit -qaF message; git format-patch -1 " +
                                 options);
        const std::string name = shell(folder.path(), "ls *.patch | tr -d '\\n'");
        const auto text = read_file(folder.path() / name);
        ASSERT_TRUE(text);
        const auto mail = mail::parse_mail(*text);
        ASSERT_TRUE(mail) << mail.error().text;
        EXPECT_EQ(mail->subject, subject);
        EXPECT_EQ(mail->author.name, "Jürgen J. Größe");
        EXPECT_EQ(mail->author.email, "j@example.org");
        EXPECT_EQ(mail->date.seconds, 1216899387);
        EXPECT_EQ(mail->body, body);
        const std::string info = shell(folder.path(), "git mailinfo msg patch < " + name);
        EXPECT_NE(info.find("Subject: " + mail->subject + "\n"), std::string::npos) << info;
        EXPECT_NE(info.find("Author: " + mail->author.name + "\n"), std::string::npos) << info;
        ASSERT_TRUE(write_file(folder.path() / "ours", mail->diff));
        shell(folder.path(),
              "git checkout -q HEAD~1; git apply --index ours; git diff --cached --exit-code master -- f");
    }
}
