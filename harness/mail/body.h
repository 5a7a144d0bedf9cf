// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "mail/gmime.h"
#include "mail/mail.h"

namespace rogate::mail {

/// What the first text part says of itself.
struct BodyFacts {
    std::string charset;  ///< empty = not stated
    bool flowed = false;
    bool delete_space = false;
};

/// The text parts of a message, decoded to bytes and put together.
std::string decode_body(const Library& lib, GMimeMessage* message, BodyFacts& facts);

/// Splits a decoded body into commit message (turned into UTF-8) and diff, and takes the in-body headers out.
void set_body(const Library& lib, std::string_view body, const std::string& charset, PatchMail& mail);

/// A date as mails write it; only the text is set when it cannot be read.
Date read_date(const Library& lib, const std::string& text);

/// The first mailbox of a list of addresses; empty when there is none.
Person first_person(const Library& lib, InternetAddressList* list);

}  // namespace rogate::mail
