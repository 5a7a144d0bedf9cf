// SPDX-License-Identifier: GPL-2.0-or-later
// Versions of a series from where they are kept: folders, mailboxes, branches.
#include <limits>

#include <fmt/format.h>

#include "base/file.h"
#include "process/group.h"
#include "series/rangediff.h"

namespace rogate::series {
namespace {

Result<VersionPatch> as_version(Patch patch)
{
    auto mail = read_mail(patch);
    if (!mail && mail.error().kind != ErrorKind::corrupt) {
        return mail.error();
    }
    VersionPatch one{patch.file_name, {}, std::move(patch)};
    if (mail) {  // a diff without a mail around it is known by its file's name
        one.subject = mail->subject;
        one.message = mail->body;
    }
    return one;
}

Result<Version> from_mailbox(std::string_view text, const std::string& origin)
{
    Version version;
    for (const mail::MailboxPart& part : mail::split_mailbox(text)) {
        if (part.text.find("@@ -") == std::string_view::npos && part.text.find("\ndiff --git ") == std::string_view::npos) {
            continue;  // a cover letter, a reply
        }
        auto patch = parse_patch(origin, std::make_shared<const std::string>(part.text), 1, origin);
        if (!patch) {
            return patch.error();
        }
        auto one = as_version(*std::move(patch));
        if (!one) {
            return one.error();
        }
        version.push_back(*std::move(one));
    }
    return version;
}

}  // namespace

Result<Version> read_version(const std::filesystem::path& path)
{
    std::error_code err;
    if (!std::filesystem::is_directory(path, err)) {
        auto text = read_file(path);
        if (!text) {
            return text.error();
        }
        auto version = from_mailbox(*text, path.string());
        if (version && version->empty()) {
            return Error{ErrorKind::corrupt, fmt::format("'{}' holds no patch", path.string())};
        }
        return version;
    }
    auto series = load_series(path);
    if (!series) {
        return series.error();
    }
    Version version;
    for (Patch& patch : series->patches) {
        auto one = as_version(std::move(patch));
        if (!one) {
            return one.error();
        }
        version.push_back(*std::move(one));
    }
    return version;
}

Result<Version> read_range(const std::filesystem::path& repository, const std::string& range,
                           const std::vector<std::string>& paths)
{
    if (range.starts_with('-') || range.find("..") == std::string::npos) {
        return Error{ErrorKind::usage, fmt::format("'{}' is no range of commits", range), "write it as A..B"};
    }
    process::Spec spec{.argv = {"git", "-C", repository.string(), "--literal-pathspecs", "format-patch", "--stdout", "--no-signature",
                                "--no-renames", "--no-attach", "--no-cover-letter", "--no-color", "--full-index", range, "--"},
                       .env = {{"GIT_OPTIONAL_LOCKS", "0"}},
                       .output_limit_bytes = std::numeric_limits<int32_t>::max()};
    spec.argv.insert(spec.argv.end(), paths.begin(), paths.end());
    auto outcome = process::run(std::move(spec));
    if (!outcome) {
        return outcome.error();
    }
    if (!outcome->ok() || outcome->output_cut) {
        return Error{ErrorKind::usage, fmt::format("git cannot read '{}' of '{}': {}", range, repository.string(),
                                                   outcome->err.substr(0, outcome->err.find('\n')))};
    }
    return outcome->out.empty() ? Result<Version>(Version()) : from_mailbox(outcome->out, range);
}

}  // namespace rogate::series
