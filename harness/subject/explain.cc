// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "subject/symbols.h"

namespace rogate::subject {
namespace {

Error explain_header(const BuildFailure& failure, const Source& source)
{
    Error error = failure.error;
    std::vector<std::string> places;
    for (const auto& [path, entry] : source.whole ? *source.whole : git::Tree()) {
        if (path == failure.missing_header || path.ends_with("/" + failure.missing_header)) {
            places.push_back(path);
        }
    }
    error.hint =
        places.empty()
            ? std::string("the tree has no such file: install the package that has it, or write one beside the profile "
                          "and name "
                          "it in build.stubs")
            : fmt::format("the tree has it as '{}': name that in tree.headers, and in build.include the folder that "
                          "'{}' is relative to",
                          fmt::join(places, "', '"), failure.missing_header);
    return error;
}

Error explain_symbols(const BuildFailure& failure, const Source& source)
{
    git::Tree c_files;
    for (const auto& [path, entry] : *source.whole) {
        if (path.ends_with(".c") && (entry.mode == git::kModeFile || entry.mode == git::kModeExecutable)) {
            c_files.emplace(path, entry);
        }
    }
    if (auto loaded = source.load(c_files); !loaded) {
        return loaded.error();
    }
    Error error = failure.error;
    std::vector<std::string> nowhere;
    std::string list;
    for (const auto& [symbol, paths] : find_definitions(failure.missing_symbols, c_files)) {
        if (paths.empty()) {
            nowhere.push_back(symbol);
        } else {
            list += fmt::format("\n  {:<32} defined in {}", symbol, fmt::join(paths, ", "));
        }
    }
    for (const std::string& symbol : nowhere) {
        list += fmt::format("\n  {:<32} defined in no C file of the tree", symbol);
    }
    error.text += list;
    error.hint =
        "add those files to tree.sources; for the others, or where a file brings too much with it, write a stub and "
        "name it in build.stubs";
    return error;
}

}  // namespace

Error explain_failure(const BuildFailure& failure, const Source& source)
{
    if (!failure.missing_symbols.empty()) {
        return explain_symbols(failure, source);
    }
    return failure.missing_header.empty() ? failure.error : explain_header(failure, source);
}

}  // namespace rogate::subject
