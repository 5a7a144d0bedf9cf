// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/import.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "patch/path.h"
#include "series/apply.h"
#include "series/repair_text.h"
#include "series/series.h"

namespace rogate::series {
namespace {

/// A source that was read.
struct Letter {
    const Source* source;
    mail::PatchMail mail;
    bool has_diff = false;
};

Error about(const Source& source, const Error& error)
{
    std::string text = error.text;
    return {error.kind, fmt::format("'{}' {}", source.origin, text), error.hint};
}

/// A diff without a mail around it: what stands before it is its message, its file's name the subject.
mail::PatchMail bare_diff(const Source& source)
{
    mail::PatchMail mail;
    const size_t split = std::min(mail::find_patch(source.text), source.text.size());
    mail.diff = source.text.substr(split);
    mail.diff_line = 1 + static_cast<size_t>(std::count(source.text.begin(), source.text.begin() + static_cast<ptrdiff_t>(split), '\n'));
    mail.body = source.text.substr(0, split);
    mail.body.erase(mail.body.find_last_not_of(" \t\r\n") + 1);
    mail.subject = std::filesystem::path(source.origin).stem().string();
    return mail;
}

bool holds_diff(std::string_view text)
{
    return text.find("@@ -") != std::string_view::npos || text.find("diff --git ") != std::string_view::npos;
}

Result<Letter> read_letter(const Source& source)
{
    Letter letter{&source, {}, false};
    auto mail = mail::find_body(source.text) > 0 ? mail::parse_mail(source.text) : mail::parse_page(source.text);
    if (!mail && mail.error().kind != ErrorKind::corrupt) {
        return mail.error();
    }
    letter.mail = mail ? *std::move(mail) : bare_diff(source);
    letter.has_diff = holds_diff(letter.mail.diff);
    return letter;
}

/// The message as it was written: what mailers do to text is undone where it is certain.
void mend_message(mail::PatchMail& mail, bool quoted_printable)
{
    std::vector<RawLine> lines = raw_lines(mail.body);
    if (quoted_printable) {
        if (auto decoded = undo_quoted_printable(lines)) {
            lines = *std::move(decoded);
        }
    }
    std::string body;
    bool goes_on = false;
    for (RawLine& line : lines) {
        if (mail.flowed && line.text.starts_with(' ')) {
            line.text.erase(0, 1);
        }
        if (line.text.starts_with(">From ")) {
            line.text.erase(0, 1);
        }
        body += goes_on || body.empty() ? "" : "\n";
        goes_on = mail.flowed && line.text.ends_with(' ');
        if (goes_on && mail.delete_space) {
            line.text.pop_back();
        }
        body += goes_on ? line.text : std::string(without_trail(line.text));
    }
    mail.body = body;
    mail.trailers = mail::find_trailers(body);
}

/// The mail's part between "---" and the diff, with its frame put right.
std::string between(const std::string& before)
{
    std::string out = "---\n";
    for (const RawLine& line : raw_lines(before)) {
        const std::string_view text = without_trail(line.text);
        if (text != "---" || out.size() > 4) {
            out += std::string(text) + "\n";
        }
    }
    while (out.ends_with("\n\n")) {
        out.pop_back();
    }
    return out + "\n";
}

std::string render(const mail::PatchMail& mail, const Mended& mended, size_t number, size_t total, const std::string& author)
{
    std::string text = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n";
    if (!mail.author.email.empty()) {
        text += "From: " + mailbox_text(mail.author) + "\n";
    } else if (!author.empty()) {
        text += header_line("From", author);
    }
    text += mail.date.text.empty() ? "" : header_line("Date", mail.date.text);
    const std::string version = mail.version > 1 ? fmt::format(" v{}", mail.version) : "";
    const std::string place = total > 1 ? fmt::format(" {:0{}}/{}", number, std::to_string(total).size(), total) : "";
    text += header_line("Subject", fmt::format("[PATCH{}{}] {}", version, place, mail.subject));
    text += mail.message_id.empty() ? "" : header_line("Message-Id", "<" + mail.message_id + ">");
    text += mail.in_reply_to.empty() ? "" : header_line("In-Reply-To", "<" + mail.in_reply_to + ">");
    const auto foreign = [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; };
    if (std::any_of(mail.body.begin(), mail.body.end(), foreign) ||
        std::any_of(mended.diff.begin(), mended.diff.end(), foreign)) {
        text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";
    }
    return text + "\n" + mail.body + (mail.body.empty() ? "" : "\n") + between(mended.before) + mended.diff;
}

/// Takes the version that is wanted, and the numbers in order. Errors: conflict.
Result<void> sort_letters(std::vector<Letter>& letters, const ImportOptions& options, std::vector<std::string>& notes)
{
    unsigned newest = 0;
    for (const Letter& letter : letters) {
        newest = std::max(newest, letter.mail.version);
    }
    const unsigned wanted = options.version != 0 ? options.version : newest;
    const size_t all = std::erase_if(letters, [&](const Letter& letter) { return letter.mail.version != wanted; });
    if (all > 0) {
        notes.push_back(fmt::format("{} mails of other versions than v{} are left out", all, wanted));
    }
    const bool numbered = std::all_of(letters.begin(), letters.end(), [](const Letter& letter) { return letter.mail.number > 0; });
    if (!numbered || letters.empty()) {
        return {};
    }
    std::stable_sort(letters.begin(), letters.end(),
                     [](const Letter& a, const Letter& b) { return a.mail.number < b.mail.number; });
    for (size_t i = 1; i < letters.size(); ++i) {
        if (letters[i].mail.number == letters[i - 1].mail.number) {
            return Error{ErrorKind::conflict,
                         fmt::format("two mails are number {}: '{}' ('{}' line {}) and '{}' ('{}' line {})", letters[i].mail.number,
                                     letters[i - 1].mail.subject, letters[i - 1].source->origin, letters[i - 1].source->first_line,
                                     letters[i].mail.subject, letters[i].source->origin, letters[i].source->first_line),
                         "give the mails of one series only"};
        }
    }
    const unsigned total = letters.front().mail.total;
    for (unsigned number = 1; number <= total && !options.partial; ++number) {
        if (number > letters.size() || letters[number - 1].mail.number != number) {
            return Error{ErrorKind::conflict, fmt::format("patch {}/{} is missing", number, total),
                         "give all mails, or import what there is with --partial"};
        }
    }
    return {};
}

/// Mends one mail's diff and writes it as a patch; `state` becomes the tree after it.
Result<ImportedPatch> import_one(Letter& letter, size_t number, size_t total, const ImportOptions& options, git::Tree& state)
{
    const size_t first = letter.source->first_line + letter.mail.diff_line - 1;
    auto mended = mend_diff(raw_lines(letter.mail.diff, first), {.base = options.base ? &state : nullptr,
                                                                 .guess = options.guess,
                                                                 .flowed = letter.mail.flowed,
                                                                 .delete_space = letter.mail.delete_space,
                                                                 .strip = options.strip});
    if (!mended) {
        return about(*letter.source, mended.error());
    }
    mend_message(letter.mail, std::any_of(mended->repairs.begin(), mended->repairs.end(), [](const Repair& repair) {
                     return repair.what.starts_with("quoted-printable");
                 }));
    ImportedPatch patch{patch_file_name(number, letter.mail.subject), render(letter.mail, *mended, number, total, options.author),
                        letter.source->origin, std::move(mended->repairs), false};
    auto parsed = parse_patch(patch.file_name, std::make_shared<const std::string>(patch.text), 1, patch.origin);
    if (!parsed) {
        return parsed.error();
    }
    if (options.base) {
        auto applied = apply_patch(state, *parsed);
        if (auto* done = std::get_if<AppliedPatch>(&applied)) {
            state = std::move(done->tree);
            patch.fits_base = true;
        } else {
            for (const patch::FilePatch& change : parsed->changes) {  // nobody knows what they look like from here on
                state.erase(change.old_path);
                state.erase(change.new_path);
            }
        }
    }
    return patch;
}

}  // namespace

Result<Imported> import_series(const std::vector<Source>& sources, const ImportOptions& options)
{
    Imported imported;
    std::vector<Letter> letters;
    for (const Source& source : sources) {
        auto letter = read_letter(source);
        if (!letter) {
            return about(source, letter.error());
        }
        if (letter->has_diff) {
            letters.push_back(*std::move(letter));
        } else if (!letter->mail.reply && letter->mail.number == 0 && letter->mail.total > 0 && imported.cover.empty()) {
            mend_message(letter->mail, false);
            imported.cover = letter->mail.subject + "\n\n" + letter->mail.body + "\n";
        } else {
            imported.notes.push_back(fmt::format("'{}' line {}: '{}' holds no diff and is left out", source.origin, source.first_line,
                                                 patch::printable(letter->mail.subject)));
        }
    }
    if (auto sorted = sort_letters(letters, options, imported.notes); !sorted) {
        return sorted.error();
    }
    if (letters.empty()) {
        return Error{ErrorKind::corrupt, "there is no patch in it",
                     "mails, mbox files, maildirs, diffs, quilt folders and pages' texts are read"};
    }
    git::Tree state = options.base ? *options.base : git::Tree();
    for (size_t i = 0; i < letters.size(); ++i) {
        auto patch = import_one(letters[i], i + 1, letters.size(), options, state);
        if (!patch) {
            return patch.error();
        }
        if (letters[i].mail.author.email.empty() && options.author.empty()) {
            imported.notes.push_back(fmt::format("'{}' names no author, which git am wants; give one with --author", patch->file_name));
        }
        imported.patches.push_back(*std::move(patch));
    }
    return imported;
}

}  // namespace rogate::series
