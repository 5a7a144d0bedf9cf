// SPDX-License-Identifier: GPL-2.0-or-later
#include "mail/body.h"

#include <algorithm>

#include "mail/text.h"

namespace rogate::mail {
namespace {

std::string decode_part(const Library& lib, GMimePart* part)
{
    GMimeDataWrapper* content = lib.g_mime_part_get_content(part);
    const auto stream = lib.owned(lib.g_mime_stream_mem_new());
    if (!content || lib.g_mime_data_wrapper_write_to_stream(content, stream.get()) < 0) {
        return {};
    }
    const GByteArray* bytes = lib.g_mime_stream_mem_get_byte_array(reinterpret_cast<GMimeStreamMem*>(stream.get()));
    return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

/// `text` in UTF-8; as it is when the charset is unknown or does not fit.
std::string to_utf8(const Library& lib, std::string_view text, const std::string& charset)
{
    if (charset.empty() || text.empty()) {
        return std::string(text);
    }
    gsize length = 0;
    gchar* converted = lib.g_convert(text.data(), static_cast<gssize>(text.size()), "UTF-8", charset.c_str(), nullptr,
                                     &length, nullptr);
    if (!converted) {
        return std::string(text);
    }
    std::string result(converted, length);
    lib.g_free(converted);
    return result;
}

/// "From: A <a@b>" at the very beginning of a body, up to a blank line: the author when somebody else sent the mail.
std::string_view take_in_body_headers(const Library& lib, std::string_view message, PatchMail& mail)
{
    size_t pos = 0;
    size_t end = 0;
    std::string_view key;
    std::string_view value;
    while (pos < message.size()) {
        const std::string_view line = take_line(message, pos);
        if (!split_field(line, key, value) || (key != "From" && key != "Date" && key != "Subject")) {
            return line.empty() ? message.substr(end) : message;
        }
        if (key == "From") {
            if (InternetAddressList* list = lib.internet_address_list_parse(nullptr, std::string(value).c_str())) {
                mail.author = first_person(lib, lib.owned(list).get());
            }
        } else if (key == "Subject") {
            set_subject(value, mail);
        } else {
            mail.date = read_date(lib, std::string(value));
        }
        end = pos;
    }
    return message.substr(end);
}

}  // namespace

Person first_person(const Library& lib, InternetAddressList* list)
{
    for (int i = 0; list && i < lib.internet_address_list_length(list); ++i) {
        InternetAddress* address = lib.internet_address_list_get_address(list, i);
        if (!lib.is_a(address, lib.internet_address_mailbox_get_type())) {
            continue;
        }
        const char* name = lib.internet_address_get_name(address);
        const char* email = lib.internet_address_mailbox_get_addr(reinterpret_cast<InternetAddressMailbox*>(address));
        return {name ? name : "", email ? email : ""};
    }
    return {};
}

Date read_date(const Library& lib, const std::string& text)
{
    Date date{text, 0, 0};
    if (GDateTime* moment = lib.g_mime_utils_header_decode_date(text.c_str())) {
        date.seconds = lib.g_date_time_to_unix(moment);
        date.utc_offset_minutes = static_cast<int>(lib.g_date_time_get_utc_offset(moment) / 60'000'000);
        lib.g_date_time_unref(moment);
    }
    return date;
}

std::string decode_body(const Library& lib, GMimeMessage* message, BodyFacts& facts)
{
    std::string body;
    GMimePartIter* parts = lib.g_mime_part_iter_new(reinterpret_cast<GMimeObject*>(message));
    bool first = true;
    do {
        GMimeObject* part = lib.g_mime_part_iter_get_current(parts);
        if (!lib.is_a(part, lib.g_mime_text_part_get_type())) {
            continue;
        }
        if (first) {
            const auto stated = [&](const char* name) {
                const char* value = lib.g_mime_object_get_content_type_parameter(part, name);
                return std::string(value ? value : "");
            };
            facts = {stated("charset"), equal_ignoring_case(stated("format"), "flowed"),
                     equal_ignoring_case(stated("delsp"), "yes")};
        }
        first = false;
        body += decode_part(lib, reinterpret_cast<GMimePart*>(part));
    } while (lib.g_mime_part_iter_next(parts));
    lib.g_mime_part_iter_free(parts);
    return body;
}

void set_body(const Library& lib, std::string_view body, const std::string& charset, PatchMail& mail)
{
    const size_t split = std::min(find_patch(body), body.size());
    mail.diff = body.substr(split);
    mail.diff_line = 1 + static_cast<size_t>(std::count(body.begin(), body.begin() + static_cast<ptrdiff_t>(split), '\n'));
    std::string message = to_utf8(lib, body.substr(0, split), charset);
    message.erase(std::remove(message.begin(), message.end(), '\r'), message.end());
    const std::string_view text =
        std::string_view(message).substr(std::min(message.find_first_not_of('\n'), message.size()));
    const std::string_view rest = take_in_body_headers(lib, text, mail);
    mail.body = rest.substr(std::min(rest.find_first_not_of('\n'), rest.size()));
    mail.body.erase(mail.body.find_last_not_of(" \t\n") + 1);
    mail.trailers = find_trailers(mail.body);
}

}  // namespace rogate::mail
