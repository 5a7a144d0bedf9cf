// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <memory>

#include "cli/series.h"
#include "report/json.h"
#include "series/import.h"

namespace rogate::cli {
namespace {

struct ImportWords {
    std::vector<std::string> files;
    std::string folder;
    BaseOptions base;
    bool with_base = false;
    bool force = false;
    bool json = false;
    series::ImportOptions options;
};

report::Json to_json(const series::Imported& imported)
{
    report::Json all{{"patches", report::Json::array()}, {"notes", imported.notes}};
    for (const series::ImportedPatch& patch : imported.patches) {
        report::Json repairs = report::Json::array();
        for (const series::Repair& repair : patch.repairs) {
            repairs.push_back({{"line", repair.line}, {"what", repair.what}, {"certainty", series::to_string(repair.how)}});
        }
        all["patches"].push_back(
            {{"patch", patch.file_name}, {"origin", patch.origin}, {"fits_base", patch.fits_base}, {"repairs", repairs}});
    }
    return all;
}

void print(const series::Imported& imported, bool with_base)
{
    for (const series::ImportedPatch& patch : imported.patches) {
        fmt::print("{}{}\n", patch.file_name, with_base && !patch.fits_base ? "  (does not fit the base)" : "");
        for (const series::Repair& repair : patch.repairs) {
            fmt::print("    {} line {}: {} ({})\n", patch.origin, repair.line, repair.what, series::to_string(repair.how));
        }
    }
    for (const std::string& note : imported.notes) {
        fmt::print(stderr, "note: {}\n", note);
    }
}

Result<ExitCode> import(const Global& global, ImportWords& words)
{
    git::Tree base;
    const bool with_base = words.with_base || !words.base.tree.empty();
    if (with_base) {
        auto loaded = load_base(global, words.base);
        if (!loaded) {
            return loaded.error();
        }
        base = *std::move(loaded);
        words.options.base = &base;
    }
    auto sources = series::read_sources({words.files.begin(), words.files.end()});
    if (!sources) {
        return sources.error();
    }
    auto imported = series::import_series(*sources, words.options);
    if (!imported) {
        return imported.error();
    }
    if (auto written = series::write_series(words.folder, *imported, words.force); !written) {
        return written.error();
    }
    if (words.json) {
        fmt::print("{}\n", to_json(*imported).dump(1, ' ', false, report::Json::error_handler_t::replace));
    } else {
        print(*imported, with_base);
    }
    return ExitCode::as_expected;
}

}  // namespace

Action declare_series_import(CLI::App& app, const Global& global)
{
    auto words = std::make_shared<ImportWords>();
    app.add_option("file", words->files, "Mails, mbox files, maildirs, diffs, quilt folders, a page's text")
        ->required()
        ->type_name("FILE...");
    app.add_option("--series", words->folder, "The folder to write")->required()->type_name("DIR");
    app.add_flag("--base", words->with_base, "Repair with the text of the in-tree sources");
    add_base_options(app, words->base);
    app.add_flag("--guess", words->options.guess, "Take repairs that are only likely");
    app.add_flag("--partial", words->options.partial, "Import a numbered series of which patches are missing");
    app.add_option("--version-number", words->options.version, "The version of the series to take (default: the newest)");
    app.add_option("--strip", words->options.strip, "Folders before the names of plain diffs (default: found out)");
    app.add_option("--author", words->options.author, "'Name <address>' for patches that name nobody");
    app.add_flag("--force", words->force, "Replace the patches of a series that is there");
    app.add_flag("--json", words->json, "Print JSON");
    return [words, &global] { return import(global, *words); };
}

}  // namespace rogate::cli
