// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the mail reader, GMime included: any bytes are a mail or an error, and its parts stay what they should be.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mail/mail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const size_t body = rogate::mail::find_body(text);
    const size_t patch = rogate::mail::find_patch(text);
    rogate::mail::is_encoded(text, body);
    const auto mail = rogate::mail::parse_mail(text);
    if (body > size || (patch != std::string::npos && patch >= size) ||
        (mail && mail->subject.find('\n') != std::string::npos)) {
        std::abort();
    }
    return 0;
}
