// SPDX-License-Identifier: GPL-2.0-or-later
// Mails inside larger texts: mailbox files and web pages.
#include <algorithm>
#include <array>

#include "mail/mail.h"
#include "mail/text.h"

namespace rogate::mail {
namespace {

size_t lines_before(std::string_view text, size_t pos)
{
    return static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(pos), '\n'));
}

/// True when "From " at `pos` begins a mail: a header line follows.
bool begins_mail(std::string_view text, size_t pos)
{
    std::string_view key;
    std::string_view value;
    take_line(text, pos);
    return pos < text.size() && split_field(take_line(text, pos), key, value) && text[pos - 1] == '\n';
}

/// The headers of a page that a mail needs, in the order of PageHeader's fields.
constexpr std::array<std::string_view, 5> kWanted{"From", "Date", "Subject", "Message-Id", "In-Reply-To"};

/// A run of header lines on a page.
struct PageHeader {
    std::array<std::string, kWanted.size()> values;
    size_t end = 0;  ///< where the body begins

    [[nodiscard]] bool complete() const { return !values[0].empty() && !values[1].empty() && !values[2].empty(); }
};

/// Reads the run of header lines that begins at `pos`; continued ones begin with a blank.
PageHeader read_run(std::string_view text, size_t pos)
{
    PageHeader header;
    std::string ignored;
    std::string* last = nullptr;
    std::string_view key;
    std::string_view value;
    while (pos < text.size()) {
        header.end = pos;
        const std::string_view line = take_line(text, pos);
        if (last && !line.empty() && (line[0] == ' ' || line[0] == '\t') && !trimmed(line).empty()) {
            *last += " " + std::string(trimmed(line));
            continue;
        }
        if (!split_field(line, key, value)) {
            return header;
        }
        const auto known =
            std::find_if(kWanted.begin(), kWanted.end(), [&](auto name) { return equal_ignoring_case(name, key); });
        last = known == kWanted.end() ? &ignored : &header.values[static_cast<size_t>(known - kWanted.begin())];
        *last = value;
    }
    header.end = text.size();
    return header;
}

}  // namespace

std::vector<MailboxPart> split_mailbox(std::string_view text)
{
    std::vector<size_t> starts{0};
    for (size_t at = text.find("\nFrom "); at != std::string_view::npos; at = text.find("\nFrom ", at + 1)) {
        const bool after_blank = at == 0 || text[at - 1] == '\n' || (at > 1 && text[at - 1] == '\r' && text[at - 2] == '\n');
        if (after_blank && text.starts_with("From ") && begins_mail(text, at + 1)) {
            starts.push_back(at + 1);
        }
    }
    std::vector<MailboxPart> parts;
    for (size_t i = 0; i < starts.size(); ++i) {
        const size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
        parts.push_back({text.substr(starts[i], end - starts[i]), 1 + lines_before(text, starts[i])});
    }
    return parts;
}

Result<PatchMail> parse_page(std::string_view text)
{
    for (size_t pos = 0; pos < text.size();) {
        const size_t begin = pos;
        std::string_view key;
        std::string_view value;
        if (!split_field(take_line(text, pos), key, value)) {
            continue;
        }
        const PageHeader header = read_run(text, begin);
        if (!header.complete()) {
            pos = std::max(pos, header.end);
            continue;
        }
        std::string mail;
        for (size_t i = 0; i < kWanted.size(); ++i) {
            mail += header.values[i].empty() ? "" : std::string(kWanted[i]) + ": " + header.values[i] + "\n";
        }
        const size_t written = lines_before(mail, mail.size()) + 1;
        mail += "\n" + std::string(text.substr(header.end));
        auto parsed = parse_mail(mail);
        if (parsed) {
            parsed->diff_line += lines_before(text, header.end) - written;
        }
        return parsed;
    }
    return Error{ErrorKind::corrupt, "it has no mail headers"};
}

}  // namespace rogate::mail
