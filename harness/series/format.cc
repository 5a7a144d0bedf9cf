// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/format.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/file.h"
#include "git/object_id.h"
#include "series/import.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

/// The text of one mail before its headers are known.
struct Draft {
    size_t number;
    mail::Person author;
    std::string date;
    std::string subject;
    std::string body;
};

std::string join_list(const std::vector<std::string>& words)
{
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : ", ") + word;
    }
    return out;
}

bool is_foreign(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

/// Stays the same as long as the mail does, so that a second run makes the same mails.
std::string message_id(const Draft& draft, const FormatOptions& options)
{
    const std::string hash = git::hash_blob(options.change_id + draft.subject + draft.body).hex().substr(0, 16);
    const size_t at = draft.author.email.find('@');
    const std::string domain = at == std::string::npos ? "localhost" : draft.author.email.substr(at + 1);
    return fmt::format("{}.v{}.{}@{}", hash, options.version, draft.number, domain);
}

std::string render(const Draft& draft, size_t total, const std::string& answers, const FormatOptions& options)
{
    const std::string version = options.version > 1 ? fmt::format(" v{}", options.version) : "";
    const std::string place =
        total > 1 || options.cover ? fmt::format(" {:0{}}/{}", draft.number, std::to_string(total).size(), total) : "";
    std::string text = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n";
    text += "From: " + mailbox_text(draft.author) + "\n" + header_line("Date", draft.date);
    text += header_line("Subject", fmt::format("[{}{}{}] {}", options.prefix, version, place, draft.subject));
    text += "Message-Id: <" + message_id(draft, options) + ">\n";
    if (!answers.empty()) {
        text += "In-Reply-To: <" + answers + ">\nReferences: <" + answers + ">\n";
    }
    text += options.to.empty() ? "" : header_line("To", join_list(options.to));
    text += options.cc.empty() ? "" : header_line("Cc", join_list(options.cc));
    if (is_foreign(draft.body)) {
        text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";
    }
    return text + "\n" + draft.body;
}

/// What git and b4 look for at the end of the first mail.
std::string ending(const FormatOptions& options)
{
    std::string text;
    text += options.base_commit.empty() ? "" : "base-commit: " + options.base_commit + "\n";
    text += options.change_id.empty() ? "" : "change-id: " + options.change_id + "\n";
    return text.empty() ? text : "\n" + text;
}

Draft cover_draft(const Series& series, const std::vector<Draft>& patches)
{
    Draft cover{0, patches.front().author, patches.back().date, "*** SUBJECT HERE ***", "*** BLURB HERE ***\n"};
    if (const auto text = read_file(series.folder / "cover-letter")) {
        const size_t end = std::min(text->find('\n'), text->size());
        cover.subject = text->substr(0, end);
        cover.body = text->substr(std::min(text->find_first_not_of('\n', end), text->size()));
    }
    cover.body += fmt::format("\n{} ({}):\n", patches.front().author.name, patches.size());
    for (const Draft& patch : patches) {
        cover.body += "  " + patch.subject + "\n";
    }
    return cover;
}

}  // namespace

Result<std::vector<FormattedMail>> format_series(const Series& series, const FormatOptions& options)
{
    std::vector<Draft> drafts;
    for (const Patch& patch : series.patches) {
        auto mail = read_mail(patch);
        if (!mail) {
            return mail.error();
        }
        if (mail->subject.empty() || mail->author.email.empty()) {
            return Error{ErrorKind::corrupt, fmt::format("'{}' has no {}", patch.file_name, mail->subject.empty() ? "subject" : "author"),
                         "give it a 'From:' and a 'Subject:' line, then an empty one"};
        }
        std::string diff = mail->diff;
        if (const size_t signature = diff.rfind("\n-- \n"); signature != std::string::npos) {
            diff.erase(signature + 1);
        }
        drafts.push_back({drafts.size() + 1, mail->author, mail->date.text, mail->subject,
                          mail->body + (mail->body.empty() ? "" : "\n") + (diff.starts_with("---\n") ? "" : "---\n\n") + diff});
    }
    if (drafts.empty()) {
        return Error{ErrorKind::corrupt, fmt::format("the series '{}' has no patches", series.name)};
    }
    const size_t total = drafts.size();
    if (options.cover) {
        drafts.insert(drafts.begin(), cover_draft(series, drafts));
    }
    drafts.front().body += ending(options);
    std::vector<FormattedMail> mails;
    const std::string first = message_id(drafts.front(), options);
    const std::string version = options.version > 1 ? fmt::format("v{}-", options.version) : "";
    for (const Draft& draft : drafts) {
        const std::string& answers = mails.empty() ? options.in_reply_to : first;
        mails.push_back({version + (draft.number == 0 ? "0000-cover-letter.patch" : patch_file_name(draft.number, draft.subject)),
                         render(draft, total, answers, options) + "-- \nrogate\n\n"});
    }
    return mails;
}

Result<void> write_mails(const fs::path& folder, const std::vector<FormattedMail>& mails, bool force)
{
    std::error_code err;
    const fs::path target = fs::absolute(folder / "").parent_path();
    const bool there = fs::exists(target, err);
    for (fs::directory_iterator it(target, err), end; there && !err && it != end; it.increment(err)) {
        if (force && it->path().extension() != ".patch") {
            return Error{ErrorKind::usage, fmt::format("'{}' holds more than mails: '{}'", folder.string(), it->path().filename().string()),
                         "name another folder"};
        }
    }
    if (there && !force) {
        return Error{ErrorKind::usage, fmt::format("the folder '{}' is there already", folder.string()),
                     "name another, or replace its mails with --force"};
    }
    fs::create_directories(target.parent_path(), err);
    auto fresh = TempDir::make(target.parent_path(), ".rogate-mails-");
    if (!fresh) {
        return fresh.error();
    }
    for (const FormattedMail& mail : mails) {
        if (auto written = write_file(fresh->path() / mail.file_name, mail.text); !written) {
            return written;
        }
    }
    ::chmod(fresh->path().c_str(), 0755);
    if (::renameat2(AT_FDCWD, fresh->path().c_str(), AT_FDCWD, target.c_str(), there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
        return errno_error("put the mails into", target.string(), errno);
    }
    if (!there) {
        fresh->release();
    }
    return {};
}

}  // namespace rogate::series
