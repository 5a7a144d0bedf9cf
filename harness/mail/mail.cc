// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail/mail.h"

#include <algorithm>

#include "mail/body.h"
#include "mail/text.h"

namespace rogate::mail {
namespace {

/// The text without mbox's "From " line, and without CRs when the transport put one before each newline.
std::string plain_text(std::string_view text)
{
    if (text.starts_with("From ")) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    std::string plain(text);
    const size_t first_end = plain.find('\n');
    if (first_end == std::string::npos || first_end == 0 || plain[first_end - 1] != '\r') {
        return plain;
    }
    size_t kept = 0;
    for (size_t i = 0; i < plain.size(); ++i) {
        if (plain[i] != '\r' || i + 1 == plain.size() || plain[i + 1] != '\n') {
            plain[kept++] = plain[i];
        }
    }
    plain.resize(kept);
    return plain;
}

/// The first message id of a header: what stands between < and >.
std::string first_id(std::string_view header)
{
    const size_t begin = header.find('<');
    const size_t end = header.find('>', begin);
    return end == std::string_view::npos ? std::string() : std::string(header.substr(begin + 1, end - begin - 1));
}

}  // namespace

Result<PatchMail> parse_mail(std::string_view text)
{
    const std::string plain = plain_text(text);
    size_t pos = 0;
    std::string_view key;
    std::string_view value;
    if (!split_field(take_line(plain, pos), key, value)) {
        return Error{ErrorKind::corrupt, "it has no mail headers"};
    }
    const auto loaded = library();
    if (!loaded) {
        return loaded.error();
    }
    const Library& lib = **loaded;
    const auto stream = lib.owned(lib.g_mime_stream_mem_new_with_buffer(plain.data(), plain.size()));
    const auto parser = lib.owned(lib.g_mime_parser_new_with_stream(stream.get()));
    const auto message = lib.owned(lib.g_mime_parser_construct_message(parser.get(), nullptr));
    if (!message) {
        return Error{ErrorKind::corrupt, "it cannot be read as a mail"};
    }
    PatchMail mail;
    if (const char* subject = lib.g_mime_message_get_subject(message.get())) {
        set_subject(subject, mail);
    }
    mail.author = first_person(lib, lib.g_mime_message_get_from(message.get()));
    const char* date = lib.g_mime_object_get_header(reinterpret_cast<GMimeObject*>(message.get()), "Date");
    mail.date = read_date(lib, date ? date : "");
    if (const char* id = lib.g_mime_message_get_message_id(message.get())) {
        mail.message_id = id;
    }
    if (const char* id = lib.g_mime_object_get_header(reinterpret_cast<GMimeObject*>(message.get()), "In-Reply-To")) {
        mail.in_reply_to = first_id(id);
    }
    BodyFacts facts;
    const std::string body = decode_body(lib, message.get(), facts);
    set_body(lib, body, facts.charset, mail);
    mail.flowed = facts.flowed;
    mail.delete_space = facts.delete_space;
    if (const size_t begin = find_body(text); begin > 0 && !is_encoded(text, begin)) {
        mail.diff_line += static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(begin), '\n'));
    }
    return mail;
}

}  // namespace rogate::mail
