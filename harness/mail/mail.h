// SPDX-License-Identifier: GPL-2.0-or-later
// mail: reads patches out of mails; the only user of GMime, which is loaded when the first mail is parsed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rogate::mail {

struct Person {
    std::string name;   ///< UTF-8; empty when the header has none
    std::string email;  ///< without < >
};

struct Date {
    std::string text;     ///< the header as it stands
    int64_t seconds = 0;  ///< since 1970-01-01 00:00 UTC; 0 with an empty or unreadable header
    int utc_offset_minutes = 0;
};

/// "Signed-off-by: A <a@b>" and its like, from the last paragraph of the message.
struct Trailer {
    std::string key;
    std::string value;
};

/// One mail as `git format-patch` writes it, decoded.
struct PatchMail {
    std::string subject;   ///< UTF-8, on one line, without "Re:" and the [PATCH v2 3/7] in front
    unsigned number = 0;   ///< n of "n/m"; 0 = not stated
    unsigned total = 0;    ///< m of "n/m"; 0 = not stated
    unsigned version = 1;  ///< of "v2"
    Person author;         ///< From:, or the "From:" line that begins the body, as git am takes it
    Date date;
    std::string message_id;   ///< without < >
    std::string in_reply_to;  ///< the same; empty when it answers none
    bool reply = false;       ///< its subject begins with "Re:"
    std::string body;        ///< the commit message below the subject, UTF-8, trailers included, no blank lines around
    std::vector<Trailer> trailers;
    std::string diff;  ///< all that follows the message: "---", diffstat, diff; bytes as sent, decoded
    size_t diff_line = 0;      ///< where `diff` begins: line of the mail, or of its decoded body if it is encoded, from 1
    bool flowed = false;       ///< the text is format=flowed (RFC 3676), and is left so
    bool delete_space = false;  ///< with DelSp=yes
};

/// Reads one mail, with or without mbox's "From " line before it. Encoded headers, quoted-printable, base64 and other
/// charsets are decoded; text parts of a multipart mail are read one after the other. Thread safe.
/// Lines that end in CRLF lose the CR only when the mail's headers end so too: then the transport did it.
/// Errors: corrupt when it has no headers; environment when GMime is missing.
Result<PatchMail> parse_mail(std::string_view text);

/// Reads a mail out of the text of a web page, as mailing list archives show it: the first run of header lines that has
/// From:, Date: and Subject:, and all that follows it. Errors: as parse_mail().
Result<PatchMail> parse_page(std::string_view text);

/// One mail of a mailbox file.
struct MailboxPart {
    std::string_view text;  ///< with its "From " line
    size_t first_line = 1;  ///< in the file
};

/// The mails of an mbox file; the whole text as one when it is none. Loads nothing.
/// A mail begins at a line "From " that is the first or follows an empty one, and that a header line follows.
/// Source: RFC 4155, and git-mailsplit(1).
std::vector<MailboxPart> split_mailbox(std::string_view text);

/// The trailers in the last paragraph of a commit message; none unless all its lines are trailers, their continuation,
/// or a remark in brackets.
std::vector<Trailer> find_trailers(std::string_view body);

/// Where the message ends and the patch begins: the first line that is "---", or begins with "diff -", "Index: " or
/// "--- " and a name. npos when there is none. Loads nothing.
/// Source: git-am(1), "DISCUSSION".
size_t find_patch(std::string_view text);

/// Where the body of `text` begins if it looks like a mail (mbox's "From " line or a header line first), else 0.
/// Loads nothing.
size_t find_body(std::string_view text);

/// True when the headers before `body` say that the body is quoted-printable, base64 or multipart, so that its bytes
/// cannot be read as they are. Loads nothing.
bool is_encoded(std::string_view text, size_t body);

}  // namespace rogate::mail
