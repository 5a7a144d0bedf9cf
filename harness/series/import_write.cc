// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/file.h"
#include "series/import.h"
#include "series/series.h"

namespace rogate::series {
namespace {

namespace fs = std::filesystem;

bool is_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// RFC 2047's Q encoding, in words of at most 75 characters that end at a character's end.
std::string encoded_words(std::string_view text)
{
    std::string out;
    std::string word;
    const auto close = [&] {
        out += (out.empty() ? "" : "\n ") + ("=?UTF-8?q?" + word + "?=");
        word.clear();
    };
    for (size_t i = 0; i < text.size();) {
        size_t end = i + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) {
            ++end;
        }
        std::string coded;
        for (; i < end; ++i) {
            const bool plain = std::isalnum(static_cast<unsigned char>(text[i])) != 0;
            coded += plain ? std::string(1, text[i]) : fmt::format("={:02X}", static_cast<unsigned char>(text[i]));
        }
        if (word.size() + coded.size() > 60) {
            close();
        }
        word += coded;
    }
    close();
    return out;
}

/// The files of an old series folder that are not its patches: they stay.
Result<void> keep_others(const fs::path& old_folder, const fs::path& new_folder)
{
    auto order = read_file(old_folder / "series");
    auto entries = order ? parse_series_file(*order, (old_folder / "series").string()) : Result<std::vector<SeriesEntry>>(order.error());
    if (!entries) {
        return Error{ErrorKind::usage, fmt::format("'{}' is there and is no series", old_folder.string()),
                     "name another folder, or remove it"};
    }
    std::set<std::string> patches{"series", "cover-letter"};
    for (const SeriesEntry& entry : *entries) {
        patches.insert(entry.file_name);
    }
    std::error_code err;
    for (const auto& entry : fs::directory_iterator(old_folder, err)) {
        const std::string name = entry.path().filename().string();
        if (!patches.contains(name) && !fs::exists(new_folder / name, err)) {
            fs::copy(entry.path(), new_folder / name, fs::copy_options::recursive | fs::copy_options::copy_symlinks, err);
            if (err) {
                return errno_error("keep", entry.path().string(), err.value());
            }
        }
    }
    return {};
}

}  // namespace

std::string patch_file_name(size_t number, std::string_view subject)
{
    constexpr size_t kStem = 57;  // git's limit of 64 with the ending
    std::string name = fmt::format("{:04}-", number);
    for (const char c : subject) {
        const bool kept = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_';
        if (kept && !(c == '.' && name.back() == '.')) {
            name += c;
        } else if (!kept && name.back() != '-') {
            name += '-';
        }
    }
    while (name.size() > 5 && (name.back() == '-' || name.back() == '.')) {
        name.pop_back();
    }
    return name.substr(0, kStem) + ".patch";
}

std::string header_line(const std::string& name, const std::string& value)
{
    if (!is_ascii(value)) {
        return name + ": " + encoded_words(value) + "\n";
    }
    std::string out = name + ":";
    size_t column = out.size();
    for (size_t pos = 0; pos < value.size();) {
        const size_t end = std::min(value.find(' ', pos), value.size());
        const bool fold = column + 1 + end - pos > 78 && column > name.size() + 1;
        out += (fold ? "\n " : " ") + value.substr(pos, end - pos);
        column = fold ? 1 + end - pos : column + 1 + end - pos;
        pos = end + 1;
    }
    return out + "\n";
}

std::string mailbox_text(const mail::Person& person)
{
    if (person.name.empty()) {
        return person.email;
    }
    const auto special = [](char c) { return std::string_view("()<>[]:;@\\,.\"").find(c) != std::string_view::npos; };
    std::string name = person.name;
    if (!is_ascii(name)) {
        name = encoded_words(name);
    } else if (std::any_of(name.begin(), name.end(), special)) {
        std::string quoted;
        for (const char c : name) {
            quoted += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
        }
        name = '"' + quoted + '"';
    }
    return name + " <" + person.email + ">";
}

Result<void> write_series(const fs::path& folder, const Imported& imported, bool force)
{
    std::error_code err;
    const fs::path target = fs::absolute(folder / "").parent_path();
    const bool there = fs::exists(target, err);
    if (there && !force) {
        return Error{ErrorKind::usage, fmt::format("the folder '{}' is there already", folder.string()),
                     "name another, or replace its patches with --force"};
    }
    fs::create_directories(target.parent_path(), err);
    auto fresh = TempDir::make(target.parent_path(), ".rogate-series-");
    if (!fresh) {
        return fresh.error();
    }
    std::string order;
    for (const ImportedPatch& patch : imported.patches) {
        order += patch.file_name + "\n";
        if (auto written = write_file(fresh->path() / patch.file_name, patch.text); !written) {
            return written;
        }
    }
    if (auto written = write_file(fresh->path() / "series", order); !written) {
        return written;
    }
    if (!imported.cover.empty()) {
        if (auto written = write_file(fresh->path() / "cover-letter", imported.cover); !written) {
            return written;
        }
    }
    ::chmod(fresh->path().c_str(), 0755);
    if (there) {
        if (auto kept = keep_others(target, fresh->path()); !kept) {
            return kept;
        }
    }
    // Exchanged, the old folder is the temporary one, and goes with it; nobody ever sees neither.
    if (::renameat2(AT_FDCWD, fresh->path().c_str(), AT_FDCWD, target.c_str(), there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
        return errno_error("put the series into", target.string(), errno);
    }
    if (!there) {
        fresh->release();
    }
    return {};
}

}  // namespace rogate::series
