// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/parser.h"

#include <charconv>

#include <fmt/format.h>

#include "patch/names.h"
#include "patch/path.h"

namespace rogate::patch {
namespace {

/// What git's header lines say, before it is checked that they agree.
struct GitHeader {
    FilePatch change;
    std::optional<Name> minus;  ///< of "---"
    std::optional<Name> plus;   ///< of "+++"
    bool binary_body = false;
};

Result<uint32_t> read_mode(const Cursor& cursor, std::string_view digits)
{
    uint32_t mode = 0;
    const auto [end, err] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
    if (err == std::errc() && end == digits.data() + digits.size()) {
        switch (mode & 0170000) {
        case 0100000:
            return (mode & 0111) != 0 ? 0100755U : 0100644U;
        case 0120000:
        case 0160000:
            return mode & 0170000;
        default:
            break;
        }
    }
    return cursor.corrupt(fmt::format("unknown file mode '{}'", printable(digits)));
}

/// "index 1a2b3c4..5d6e7f8 100644"
Result<void> read_index(const Cursor& cursor, std::string_view text, FilePatch& change)
{
    const size_t dots = text.find("..");
    const size_t blank = text.find(' ');
    if (dots == std::string_view::npos || blank < dots) {
        return cursor.corrupt(fmt::format("bad index line '{}'", printable(text)));
    }
    change.old_blob = text.substr(0, dots);
    change.new_blob = text.substr(dots + 2, blank == std::string_view::npos ? blank : blank - dots - 2);
    if (blank != std::string_view::npos) {
        auto mode = read_mode(cursor, text.substr(blank + 1));
        if (!mode) {
            return mode.error();
        }
        change.old_mode = change.new_mode = *mode;
    }
    return {};
}

/// Git's extended header lines that hold a mode, by their first words.
Result<bool> read_mode_line(const Cursor& cursor, FilePatch& change)
{
    struct ModeLine {
        std::string_view word;
        uint32_t FilePatch::*mode;
        ChangeKind kind;
    };
    constexpr ModeLine kLines[] = {
        {"old mode ", &FilePatch::old_mode, ChangeKind::modified},
        {"new mode ", &FilePatch::new_mode, ChangeKind::modified},
        {"deleted file mode ", &FilePatch::old_mode, ChangeKind::removed},
        {"new file mode ", &FilePatch::new_mode, ChangeKind::created},
    };
    for (const ModeLine& line : kLines) {
        if (!cursor.content().starts_with(line.word)) {
            continue;
        }
        auto mode = read_mode(cursor, cursor.content().substr(line.word.size()));
        if (!mode) {
            return mode.error();
        }
        change.*line.mode = *mode;
        if (line.kind != ChangeKind::modified) {
            change.kind = line.kind;
        }
        return true;
    }
    return false;
}

/// "rename from x": these paths have no a/ or b/ in front.
Result<bool> read_rename_line(const Cursor& cursor, unsigned strip, FilePatch& change)
{
    struct RenameLine {
        std::string_view word;
        std::string FilePatch::*path;
        ChangeKind kind;
    };
    constexpr RenameLine kLines[] = {
        {"rename from ", &FilePatch::old_path, ChangeKind::renamed},
        {"rename to ", &FilePatch::new_path, ChangeKind::renamed},
        {"copy from ", &FilePatch::old_path, ChangeKind::copied},
        {"copy to ", &FilePatch::new_path, ChangeKind::copied},
    };
    for (const RenameLine& line : kLines) {
        if (!cursor.content().starts_with(line.word)) {
            continue;
        }
        auto name = read_name(cursor, cursor.content().substr(line.word.size()), strip > 0 ? strip - 1 : 0);
        if (!name) {
            return name.error();
        }
        if (!name->path) {
            return cursor.corrupt("a rename cannot be from or to /dev/null");
        }
        change.*line.path = *name->path;
        change.kind = line.kind;
        return true;
    }
    return false;
}

/// One line of the header; false when it is not one.
Result<bool> read_header_line(const Cursor& cursor, unsigned strip, GitHeader& header)
{
    const std::string_view line = cursor.content();
    if (line.starts_with("--- ") || line.starts_with("+++ ")) {
        if (line[0] == '-' && !cursor.ahead(1).starts_with("+++ ")) {
            return false;
        }
        auto name = read_name(cursor, line.substr(4), strip);
        if (!name) {
            return name.error();
        }
        (line[0] == '-' ? header.minus : header.plus) = *name;
        return true;
    }
    if (line.starts_with("index ")) {
        auto read = read_index(cursor, line.substr(6), header.change);
        return read ? Result<bool>(true) : Result<bool>(read.error());
    }
    if (line.starts_with("similarity index ") || line.starts_with("dissimilarity index ")) {
        return true;
    }
    if (line.starts_with("GIT binary patch") || (line.starts_with("Binary files ") && line.ends_with(" differ"))) {
        header.change.binary = true;
        return true;
    }
    auto mode = read_mode_line(cursor, header.change);
    return !mode || *mode ? mode : read_rename_line(cursor, strip, header.change);
}

/// Gives the change its paths and checks that all header lines mean the same.
Result<FilePatch> settle(const Cursor& cursor, GitHeader header, const std::optional<std::string>& common)
{
    FilePatch& change = header.change;
    const bool moved = change.kind == ChangeKind::renamed || change.kind == ChangeKind::copied;
    if (header.minus && !header.minus->path && change.kind == ChangeKind::modified) {
        change.kind = ChangeKind::created;
    }
    if (header.plus && !header.plus->path && change.kind == ChangeKind::modified) {
        change.kind = ChangeKind::removed;
    }
    const std::optional<std::string> minus = header.minus ? header.minus->path : std::nullopt;
    const std::optional<std::string> plus = header.plus ? header.plus->path : std::nullopt;
    if (!moved) {
        const auto& named = plus ? plus : (minus ? minus : common);
        if (!named) {
            return cursor.corrupt("the header above names no file");
        }
        change.old_path = change.kind == ChangeKind::created ? "" : *named;
        change.new_path = change.kind == ChangeKind::removed ? "" : *named;
    }
    const bool agree = !header.minus || (minus ? *minus == change.old_path : change.old_path.empty());
    const bool also = !header.plus || (plus ? *plus == change.new_path : change.new_path.empty());
    if (!agree || !also || (moved && (change.old_path.empty() || change.new_path.empty())) ||
        (common && *common != change.path())) {
        return cursor.corrupt("the header lines above contradict each other");
    }
    return std::move(change);
}

}  // namespace

Result<FilePatch> read_git_header(Cursor& cursor, unsigned strip)
{
    GitHeader header;
    header.change.patch_line = cursor.number();
    const std::string_view names = cursor.content().substr(std::string_view("diff --git ").size());
    const auto common = common_path(names, strip);
    if (common) {
        if (auto checked = check_path(*common); !checked || names.starts_with("/")) {
            return cursor.corrupt(checked ? check_path(names).error().text : checked.error().text);
        }
    }
    for (cursor.next(); !cursor.at_end() && !header.plus && !header.change.binary; cursor.next()) {
        auto read = read_header_line(cursor, strip, header);
        if (!read) {
            return read.error();
        }
        if (!*read) {
            break;
        }
    }
    return settle(cursor, std::move(header), common);
}

Result<FilePatch> read_plain_header(Cursor& cursor, unsigned strip)
{
    FilePatch change;
    change.patch_line = cursor.number();
    auto minus = read_name(cursor, cursor.content().substr(4), strip);
    if (!minus) {
        return minus.error();
    }
    cursor.next();
    auto plus = read_name(cursor, cursor.content().substr(4), strip);
    if (!plus) {
        return plus.error();
    }
    cursor.next();
    const std::string_view hunk = cursor.content();
    if ((!minus->path || minus->epoch) && hunk.starts_with("@@ -0,0 ")) {
        minus->path.reset();
        change.kind = ChangeKind::created;
    } else if ((!plus->path || plus->epoch) && hunk.find(" +0,0 @@") != std::string_view::npos) {
        plus->path.reset();
        change.kind = ChangeKind::removed;
    }
    if ((!minus->path && change.kind != ChangeKind::created) || (!plus->path && change.kind != ChangeKind::removed)) {
        return cursor.corrupt("the header above names no file");
    }
    // "--- x.orig" and "+++ x": the shorter of two names of one file is the file's, as git-apply(1) takes it.
    const bool shorter_old = minus->path && plus->path && minus->path->size() < plus->path->size();
    const std::string path = !plus->path || shorter_old ? *minus->path : *plus->path;
    change.old_path = minus->path ? path : "";
    change.new_path = plus->path ? path : "";
    return change;
}

Result<FilePatch> read_binary_notice(Cursor& cursor, unsigned strip)
{
    std::string_view names = cursor.content().substr(std::string_view("Binary files ").size());
    names.remove_suffix(std::string_view(" differ").size());
    const size_t middle = names.find(" and ");
    if (middle == std::string_view::npos || names.find(" and ", middle + 1) != std::string_view::npos) {
        return cursor.corrupt(fmt::format("cannot tell the files of '{}'", printable(cursor.content())));
    }
    auto minus = read_name(cursor, names.substr(0, middle), strip);
    auto plus = read_name(cursor, names.substr(middle + 5), strip);
    if (!minus || !plus) {
        return !minus ? minus.error() : plus.error();
    }
    FilePatch change;
    change.patch_line = cursor.number();
    change.binary = true;
    change.old_path = minus->path.value_or("");
    change.new_path = plus->path.value_or("");
    change.kind = !minus->path ? ChangeKind::created : (!plus->path ? ChangeKind::removed : ChangeKind::modified);
    if (change.path().empty()) {
        return cursor.corrupt("the line names no file");
    }
    if (change.kind == ChangeKind::modified) {
        change.old_path = change.new_path;
    }
    cursor.next();
    return change;
}

}  // namespace rogate::patch
