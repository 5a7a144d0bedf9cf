// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "patch/parse.h"
#include "patch/path.h"
#include "series/series.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMaxStrip = 100;

std::string_view take_word(std::string_view& rest)
{
    constexpr std::string_view kBlank = " \t\r";
    rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(kBlank));
    rest.remove_prefix(word.size());
    return word;
}

/// "-p1"; quilt also writes "-pab" for a strip of 1 whose folders are named a and b.
bool read_option(std::string_view option, unsigned& strip)
{
    if (option == "-pab") {
        strip = 1;
        return true;
    }
    if (!option.starts_with("-p")) {
        return false;
    }
    const char* end = option.data() + option.size();
    const auto [at, err] = std::from_chars(option.data() + 2, end, strip);
    return err == std::errc() && at == end && strip <= kMaxStrip;
}

Error at_line(ErrorKind kind, const std::string& origin, size_t line, const std::string& what)
{
    return {kind, fmt::format("'{}' line {}: {}", origin, line, what)};
}

/// Names of the patch files in a folder, sorted.
std::vector<std::string> patch_files(const fs::path& folder)
{
    std::vector<std::string> names;
    std::error_code err;
    for (fs::directory_iterator it(folder, err), end; !err && it != end; it.increment(err)) {
        const std::string extension = it->path().extension().string();
        if (extension == ".patch" || extension == ".diff") {
            names.push_back(it->path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<Patch> load_patch(const fs::path& folder, const SeriesEntry& entry, const std::string& origin)
{
    const fs::path path = folder / entry.file_name;
    auto text = read_file(path);
    if (!text && text.error().kind == ErrorKind::not_found) {
        Error error = at_line(ErrorKind::not_found, origin, entry.line,
                              fmt::format("there is no patch '{}'", patch::printable(entry.file_name)));
        error.hint = did_you_mean(entry.file_name, patch_files(folder)) + "correct the line, or take it out";
        return error;
    }
    if (!text) {
        return text.error().while_doing(fmt::format("'{}' line {}", origin, entry.line));
    }
    return parse_patch(entry.file_name, std::make_shared<const std::string>(*std::move(text)), entry.strip,
                       path.string());
}

}  // namespace

Result<std::vector<SeriesEntry>> parse_series_file(std::string_view text, const std::string& origin)
{
    std::vector<SeriesEntry> entries;
    std::set<std::string, std::less<>> seen;
    for (size_t pos = 0, line = 1; pos < text.size(); ++line) {
        const size_t end = std::min(text.find('\n', pos), text.size());
        std::string_view rest = text.substr(pos, end - pos);
        pos = end + 1;
        const std::string_view name = take_word(rest);
        if (name.empty() || name.front() == '#') {
            continue;
        }
        SeriesEntry entry{std::string(name), 1, line};
        if (auto checked = patch::check_path(name); !checked) {
            return at_line(ErrorKind::corrupt, origin, line, checked.error().text);
        }
        if (!seen.insert(entry.file_name).second) {
            return at_line(ErrorKind::corrupt, origin, line,
                           fmt::format("'{}' is named twice", patch::printable(name)));
        }
        for (std::string_view option = take_word(rest); !option.empty() && option.front() != '#';
             option = take_word(rest)) {
            if (!read_option(option, entry.strip)) {
                Error error = at_line(ErrorKind::corrupt, origin, line,
                                      fmt::format("unknown option '{}'", patch::printable(option)));
                error.hint = "after a patch's name only -pN may stand, with N from 0 to 100";
                return error;
            }
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<Patch> parse_patch(std::string file_name, std::shared_ptr<const std::string> text, unsigned strip,
                          const std::string& origin)
{
    Patch patch{std::move(file_name), strip, text, {}};
    const std::string_view all = *text;
    const size_t body = mail::find_body(all);
    size_t begin = mail::find_patch(all.substr(body));
    begin = begin == std::string_view::npos ? body : body + begin;
    if (mail::is_encoded(all, body)) {
        auto decoded = mail::parse_mail(all);
        if (!decoded) {
            return decoded.error().while_doing(fmt::format("'{}'", origin));
        }
        text = std::make_shared<const std::string>(std::move(decoded->diff));
        begin = 0;
    }
    auto changes = patch::parse_diff(text, {.strip = strip, .offset_bytes = begin});
    if (!changes) {
        return Error{changes.error().kind, fmt::format("'{}' {}", origin, changes.error().text), changes.error().hint};
    }
    if (changes->empty()) {
        return Error{ErrorKind::corrupt, fmt::format("'{}' holds no diff", origin)};
    }
    patch.changes = *std::move(changes);
    return patch;
}

Result<Series> load_series(const fs::path& folder)
{
    const fs::path file = folder / "series";
    auto text = read_file(file);
    if (!text && text.error().kind == ErrorKind::not_found) {
        std::error_code err;
        return Error{ErrorKind::not_found, fs::is_directory(folder, err)
                                               ? fmt::format("'{}' has no file 'series'", folder.string())
                                               : fmt::format("there is no folder '{}'", folder.string())};
    }
    if (!text) {
        return text.error();
    }
    const std::string origin = file.string();
    auto entries = parse_series_file(*text, origin);
    if (!entries) {
        return entries.error();
    }
    Series series;
    series.folder = folder;
    series.name = (folder / "").parent_path().filename().string();
    std::set<std::string, std::less<>> listed;
    for (const SeriesEntry& entry : *entries) {
        auto patch = load_patch(folder, entry, origin);
        if (!patch) {
            return patch.error();
        }
        series.patches.push_back(*std::move(patch));
        listed.insert(entry.file_name);
    }
    for (std::string& name : patch_files(folder)) {
        if (!listed.contains(name)) {
            series.unlisted.push_back(std::move(name));
        }
    }
    return series;
}

Result<mail::PatchMail> read_mail(const Patch& patch)
{
    auto mail = mail::parse_mail(*patch.text);
    return mail ? std::move(mail) : Result<mail::PatchMail>(mail.error().while_doing("'" + patch.file_name + "'"));
}

std::vector<std::string> touched_paths(const Series& series)
{
    std::set<std::string> paths;
    for (const Patch& patch : series.patches) {
        for (const patch::FilePatch& change : patch.changes) {
            paths.insert(change.old_path);
            paths.insert(change.new_path);
        }
    }
    paths.erase("");
    return {paths.begin(), paths.end()};
}

}  // namespace rogate::series
