// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes what reads mails out of larger texts: a mailbox's parts make up the whole, a page is a mail or an error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mail/mail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::string whole;
    for (const auto& part : rogate::mail::split_mailbox(text)) {
        if (part.first_line != 1 + static_cast<size_t>(std::count(whole.begin(), whole.end(), '\n'))) {
            std::abort();
        }
        whole += part.text;
    }
    const auto mail = rogate::mail::parse_page(text);
    if (whole != text || (mail && mail->subject.find('\n') != std::string::npos)) {
        std::abort();
    }
    return 0;
}
