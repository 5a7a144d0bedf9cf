// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/format.h"

#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "git/repository.h"

namespace rogate::cli {
namespace {

struct FormatWords {
    std::string series = "drv_read_only";
    std::string folder;
    std::string tree;
    std::string rev = "HEAD";
    bool force = false;
    series::FormatOptions options;
};

Result<ExitCode> format(const Global& global, FormatWords& words)
{
    auto series = load_named_series(global, words.series);
    if (!series) {
        return series.error();
    }
    if (!words.tree.empty()) {
        auto repository = git::Repository::open(words.tree);
        if (!repository) {
            return repository.error();
        }
        auto commit = repository->resolve(words.rev);
        if (!commit) {
            return commit.error();
        }
        words.options.base_commit = commit->hex();
    }
    auto mails = series::format_series(*series, words.options);
    if (!mails) {
        return mails.error();
    }
    if (auto written = series::write_mails(words.folder, *mails, words.force); !written) {
        return written.error();
    }
    for (const series::FormattedMail& mail : *mails) {
        fmt::print("{}\n", (std::filesystem::path(words.folder) / mail.file_name).string());
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_format(CLI::App& app, const Global& global)
{
    auto words = std::make_shared<FormatWords>();
    app.add_option("--series", words->series, "The series: a name below patches/, or a path")->capture_default_str();
    app.add_option("-o,--output", words->folder, "The folder to write")->required()->type_name("DIR");
    app.add_option("-v,--reroll", words->options.version, "The version of the series")->capture_default_str();
    app.add_option("--prefix", words->options.prefix, "The word in the subjects' brackets")->capture_default_str();
    app.add_flag("--cover-letter", words->options.cover, "Write a mail 0/m, of the series' file 'cover-letter' if there is one");
    app.add_option("--tree", words->tree, "The git repository whose commit is told as base-commit")->type_name("REPO");
    app.add_option("--rev", words->rev, "That commit")->capture_default_str();
    app.add_option("--change-id", words->options.change_id, "What all versions of the series share");
    app.add_option("--in-reply-to", words->options.in_reply_to, "The message id that the first mail answers, without < >");
    app.add_option("--to", words->options.to, "Whom to send it to")->type_name("ADDRESS...");
    app.add_option("--cc", words->options.cc, "Who else gets it")->type_name("ADDRESS...");
    app.add_flag("--force", words->force, "Replace the mails of a folder that is there");
    return [words, &global] { return format(global, *words); };
}

}  // namespace rogate::cli
