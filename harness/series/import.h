// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/tree.h"
#include "mail/mail.h"
#include "series/repair.h"

namespace rogate::series {

/// One mail, diff or page, as it was found.
struct Source {
    std::string origin;     ///< file it comes from, for messages
    std::string text;
    size_t first_line = 1;  ///< of the text in that file
};

/// Reads what a person may have: an mbox file, one mail, a diff, a page's text; a folder: a maildir, a quilt folder (in
/// the order of its series file), `git format-patch` output (*.patch, *.diff, *.eml, *.mbox by name). Files are not changed.
/// Errors: not_found, environment; usage when a folder holds none of these.
Result<std::vector<Source>> read_sources(const std::vector<std::filesystem::path>& paths);

struct ImportOptions {
    const git::Tree* base = nullptr;  ///< what the first patch is for, with contents
    bool guess = false;               ///< take likely repairs
    bool partial = false;             ///< patches of a numbered series may be missing
    unsigned version = 0;             ///< of the mails to take; 0 = the highest there is
    int strip = -1;                   ///< as MendOptions
    std::string author;               ///< "Name <address>" for patches that name none
};

struct ImportedPatch {
    std::string file_name;
    std::string text;  ///< as `git format-patch` writes it, without a signature
    std::string origin;
    std::vector<Repair> repairs;  ///< lines are those of `origin`
    bool fits_base = false;       ///< with a base: it applies to it and the patches before
};

struct Imported {
    std::vector<ImportedPatch> patches;  ///< in order
    std::string cover;                   ///< the cover letter's subject, an empty line, its text; empty = none
    std::vector<std::string> notes;      ///< what was left out, and why
};

/// Turns mails into a series: sorts them by their numbers, mends their diffs (each against the base with the patches
/// before it), keeps author, date, message id, in-reply-to, version, number and trailers.
/// Errors: conflict, "'mbox' line 12: ..." for damage that cannot be repaired for certain, for a number that is missing
/// or comes twice; corrupt when there is no patch at all.
Result<Imported> import_series(const std::vector<Source>& sources, const ImportOptions& options);

/// Writes the series as a folder that quilt, git am and load_series() read. All or nothing: it is made beside `folder`
/// and renamed. With `force` an existing folder's patches are replaced and its other files kept.
/// Errors: usage when the folder is there and not `force`, or is no series; environment.
Result<void> write_series(const std::filesystem::path& folder, const Imported& imported, bool force);

/// "0003-x-y-z.patch": the name git format-patch gives to a patch.
std::string patch_file_name(size_t number, std::string_view subject);

/// A header's value as a mail may hold it: encoded where it is not ASCII, folded. Source: RFC 2047, RFC 5322.
std::string header_line(const std::string& name, const std::string& value);

/// "Name <address>", the name quoted where it must be.
std::string mailbox_text(const mail::Person& person);

}  // namespace rogate::series
