// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "series/series.h"

namespace rogate::series {

struct FormatOptions {
    std::string prefix = "PATCH";  ///< the word in the subject's brackets
    unsigned version = 1;          ///< "v2" and so on from 2 on
    bool cover = false;            ///< a mail 0/m before the others
    std::string base_commit;       ///< 40 digits; stands at the end of the first mail
    std::string change_id;         ///< what all versions of the series share; stands there too
    std::string in_reply_to;       ///< a message id that the first mail answers, without < >
    std::vector<std::string> to;
    std::vector<std::string> cc;
};

struct FormattedMail {
    std::string file_name;
    std::string text;
};

/// Writes the series as mails for git send-email: numbered, one thread (all answer the first), with the same message
/// ids whenever nothing has changed. The cover letter is the series' file `cover-letter` (subject, empty line, text);
/// without one it has the slots that git send-email refuses to send unfilled. A list of the patches follows it.
/// Errors: corrupt, for a patch without subject or author.
Result<std::vector<FormattedMail>> format_series(const Series& series, const FormatOptions& options);

/// Writes the mails into a new folder, all or nothing. With `force` a folder that holds nothing but mails is replaced.
/// Errors: usage, when it is there; environment.
Result<void> write_mails(const std::filesystem::path& folder, const std::vector<FormattedMail>& mails, bool force);

}  // namespace rogate::series
