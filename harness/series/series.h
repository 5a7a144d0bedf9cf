// SPDX-License-Identifier: GPL-2.0-or-later
// series: ordered patches on a base: reads a folder of them and applies them in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mail/mail.h"
#include "patch/model.h"

namespace rogate::series {

/// One patch file, parsed for applying; its mail is read only when asked for.
struct Patch {
    std::string file_name;  ///< as the series file names it
    unsigned strip = 1;
    std::shared_ptr<const std::string> text;  ///< the file as it is
    std::vector<patch::FilePatch> changes;
};

struct Series {
    std::filesystem::path folder;
    std::string name;  ///< the folder's
    std::vector<Patch> patches;
    std::vector<std::string> unlisted;  ///< *.patch and *.diff files of the folder that `series` does not name, sorted
};

/// One line of a series file that names a patch.
struct SeriesEntry {
    std::string file_name;
    unsigned strip = 1;
    size_t line = 0;  ///< counted from 1
};

/// Reads quilt's order file: one patch a line, `-pN` after it, comments from '#' on, blank lines.
/// `origin` names the file in errors. Errors: corrupt, with the line: an unknown option, a path that leaves the folder,
/// a patch named twice. Source: quilt(1); -R is refused, since a series to submit has no reversed patches.
Result<std::vector<SeriesEntry>> parse_series_file(std::string_view text, const std::string& origin);

/// Reads `folder`/series and all patches it names. Does not load GMime, except for a mail whose body is encoded.
/// Errors: not_found (no such folder or series file; a listed patch that is missing: with the series file's line and
/// the nearest spelling); corrupt (a patch without a diff or with a broken one: with file and line); environment.
Result<Series> load_series(const std::filesystem::path& folder);

/// One patch from its text. `origin` names it in errors. Errors: as load_series().
Result<Patch> parse_patch(std::string file_name, std::shared_ptr<const std::string> text, unsigned strip,
                          const std::string& origin);

/// Subject, author, message and trailers of a patch. Loads GMime. Errors: corrupt when the file is no mail.
Result<mail::PatchMail> read_mail(const Patch& patch);

/// Every path that a patch of the series reads or writes, sorted, each once: enough of a base to apply it to.
std::vector<std::string> touched_paths(const Series& series);

}  // namespace rogate::series
