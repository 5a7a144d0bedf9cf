// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/parse.h"

#include <algorithm>

#include <fmt/format.h>

#include "patch/parser.h"
#include "patch/path.h"

namespace rogate::patch {
namespace {

enum class Begins { nothing, git, plain, binary, stray_hunk, combined };

/// What begins at the cursor.
Begins look(const Cursor& cursor)
{
    const std::string_view line = cursor.content();
    if (line.empty() || (line[0] != 'd' && line[0] != '-' && line[0] != '@' && line[0] != 'B')) {
        return Begins::nothing;  // most lines of a message
    }
    if (line.starts_with("diff --git ")) {
        return Begins::git;
    }
    if (line.starts_with("diff --cc ") || line.starts_with("diff --combined ")) {
        return Begins::combined;
    }
    if (line.starts_with("--- ") && cursor.ahead(1).starts_with("+++ ") && is_hunk_header(cursor.ahead(2))) {
        return Begins::plain;
    }
    if (line.starts_with("Binary files ") && line.ends_with(" differ")) {
        return Begins::binary;
    }
    return is_hunk_header(line) ? Begins::stray_hunk : Begins::nothing;
}

Result<FilePatch> read_header(Cursor& cursor, Begins begins, unsigned strip)
{
    switch (begins) {
    case Begins::git:
        return read_git_header(cursor, strip);
    case Begins::plain:
        return read_plain_header(cursor, strip);
    case Begins::binary:
        return read_binary_notice(cursor, strip);
    case Begins::combined:
        return cursor.corrupt("a combined diff of a merge cannot be applied");
    case Begins::stray_hunk:
    case Begins::nothing:
        break;
    }
    return cursor.corrupt("a hunk without '---' and '+++' lines before it");
}

/// What the kind of change demands of the hunks.
Result<void> check_hunks(const Cursor& cursor, const FilePatch& change)
{
    const bool changes = change.kind != ChangeKind::modified || change.binary || change.old_mode != change.new_mode;
    if (change.hunks.empty() && !changes) {
        return cursor.corrupt(fmt::format("the change of '{}' has no hunks", printable(change.path())));
    }
    const auto has_old = [](const Hunk& hunk) { return hunk.old_count > 0; };
    const auto has_new = [](const Hunk& hunk) { return hunk.new_count > 0; };
    if (change.kind == ChangeKind::created &&
        (change.hunks.size() > 1 || std::any_of(change.hunks.begin(), change.hunks.end(), has_old))) {
        return cursor.corrupt(fmt::format("new file '{}' has old lines", printable(change.path())));
    }
    if (change.kind == ChangeKind::removed &&
        (change.hunks.size() > 1 || std::any_of(change.hunks.begin(), change.hunks.end(), has_new))) {
        return cursor.corrupt(fmt::format("removed file '{}' has new lines", printable(change.path())));
    }
    return {};
}

}  // namespace

Result<std::vector<FilePatch>> parse_diff(std::shared_ptr<const std::string> source, const ParseOptions& options)
{
    std::vector<FilePatch> changes;
    Cursor cursor(*source, options.offset_bytes);
    while (!cursor.at_end()) {
        const Begins begins = look(cursor);
        if (begins == Begins::nothing) {
            cursor.next();
            continue;
        }
        auto change = read_header(cursor, begins, options.strip);
        if (!change) {
            return change.error();
        }
        auto hunks = read_hunks(cursor);
        if (!hunks) {
            return hunks.error();
        }
        change->hunks = *std::move(hunks);
        if (auto checked = check_hunks(cursor, *change); !checked) {
            return checked.error();
        }
        change->source = source;
        changes.push_back(*std::move(change));
    }
    return changes;
}

}  // namespace rogate::patch
