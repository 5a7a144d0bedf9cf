// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/evidence.h"
#include "report/forms.h"
#include "report/shard.h"
#include "report/table.h"

namespace rogate::cli {
namespace {

struct ReportOptions {
    std::vector<std::string> files;
    std::string against;
    std::string output;
    bool mail = false;
    bool html = false;
    bool junit = false;
    bool tap = false;
    bool json = false;
    bool markdown = false;
};

Result<report::Results> load_all(const std::vector<std::string>& files)
{
    std::vector<report::Results> parts;
    for (const std::string& file : files) {
        auto results = load_results(file);
        if (!results) {
            return results.error();
        }
        parts.push_back(std::move(*results));
    }
    return report::merge(std::move(parts), files);
}

/// What stands on the terminal when no form is asked for.
std::string plain(const report::Document& document)
{
    const report::Results& results = *document.results;
    const bool colour = report::use_colour(STDOUT_FILENO);
    std::string text =
        report::table(results, report::TableForm::automatic, colour, report::table_width(STDOUT_FILENO)) +
        report::unexpected_details(results);
    if (document.against) {
        for (const report::Change& one : document.against->changed) {
            text += fmt::format("{}: {} at {}: {} -> {}\n", report::to_string(one.direction), one.after->one.id(),
                                one.after->at, matrix::to_string(one.before->outcome.verdict.kind),
                                matrix::to_string(one.after->outcome.verdict.kind));
        }
        text += fmt::format("{} changed, {} the same, {} there only, {} here only\n", document.against->changed.size(),
                            document.against->same, document.against->only_before.size(),
                            document.against->only_after.size());
    }
    return text + report::summary(results);
}

std::string render(const ReportOptions& options, const report::Document& document)
{
    return options.mail       ? report::mail(document)
           : options.html     ? report::html(document)
           : options.junit    ? report::junit(*document.results)
           : options.tap      ? report::tap_lines(*document.results)
           : options.markdown ? report::markdown(document)
           : !options.json    ? plain(document)
           : document.against ? report::write_comparison(*document.against)
                              : report::write_results(*document.results);
}

/// A reader that goes away early (head, a pager) is no failure; a full disk is one.
Result<ExitCode> printed(const std::string& text, const report::Results& results)
{
    const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!whole && errno != EPIPE) {
        return errno_error("write", "standard output", errno);
    }
    return exit_code_of(results);
}

Result<ExitCode> report_results(const ReportOptions& options)
{
    if (!options.against.empty() && (options.junit || options.tap)) {
        return Error{ErrorKind::usage,
                     fmt::format("{} has no place for a comparison", options.junit ? "--junit" : "--tap"),
                     "use --against with --mail, --html, --markdown or --json"};
    }
    auto results = load_all(options.files);
    if (!results) {
        return results.error();
    }
    report::Document document;
    document.results = &*results;
    Result<report::Results> before{report::Results{}};
    if (!options.against.empty()) {
        before = load_all({options.against});
        if (!before) {
            return before.error();
        }
        document.against = report::compare(*before, *results);
    }
    const std::string text = render(options, document);
    if (options.output.empty() || options.output == "-") {
        return printed(text, *results);
    } else if (auto written = write_file(options.output, text); !written) {
        return written.error();
    }
    return exit_code_of(*results);
}

}  // namespace

Action declare_report(CLI::App& app, const Global&)
{
    auto options = std::make_shared<ReportOptions>();
    app.add_option("file", options->files,
                   "Results files of 'rogate run --json'; those of all parts of a plan, or of runs of\n"
                   "different cases, are merged; '-' = stdin")
        ->required()
        ->type_name("FILE");
    app.add_option("--against", options->against, "Tell what changed since the run whose results are in FILE")
        ->type_name("FILE");
    app.add_option("-o,--output", options->output, "Write to FILE instead of stdout")->type_name("FILE");
    auto* form = app.add_option_group("form", "One form; without any, the tables and a summary");
    form->add_flag("--mail", options->mail, "Plain text of at most 72 columns, for a cover letter");
    form->add_flag("--html", options->html, "One HTML page with all evidence");
    form->add_flag("--markdown", options->markdown, "For a comment on a merge request");
    form->add_flag("--junit", options->junit, "JUnit's XML, as Jenkins and GitLab read it");
    form->add_flag("--tap", options->tap, "Test Anything Protocol, version 13");
    form->add_flag("--json", options->json, "One results file, or with --against the comparison");
    form->require_option(0, 1);
    app.footer("The exit status is that of the results: 0 as expected, 1 an unexpected verdict or nothing ran, 5 the "
               "machine was\n"
               "in the way. A part of a plan that is missing, and a case that is there twice, are wrong usage (2).");
    return [options] { return report_results(*options); };
}

}  // namespace rogate::cli
