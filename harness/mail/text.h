// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "mail/mail.h"

namespace rogate::mail {

/// The line of `text` at `pos`, without its line end; `pos` moves behind it.
std::string_view take_line(std::string_view text, size_t& pos);

/// `text` without blanks and line ends at both ends.
std::string_view trimmed(std::string_view text);

/// True, with the parts set, when `line` is "Key: value" and the key has letters, digits and '-' only.
bool split_field(std::string_view line, std::string_view& key, std::string_view& value);

/// Letters are compared as ASCII.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Takes "Re:" and "[PATCH v2 3/7]" off a decoded subject and sets subject, number, total and version of `mail`.
void set_subject(std::string_view raw, PatchMail& mail);

}  // namespace rogate::mail
