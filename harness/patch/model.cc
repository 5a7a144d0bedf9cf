// SPDX-License-Identifier: GPL-2.0-or-later
#include "patch/model.h"

#include <utility>

namespace rogate::patch {
namespace {

LineKind opposite(LineKind kind)
{
    switch (kind) {
    case LineKind::removed:
        return LineKind::added;
    case LineKind::added:
        return LineKind::removed;
    case LineKind::context:
        break;
    }
    return LineKind::context;
}

ChangeKind opposite(ChangeKind kind)
{
    switch (kind) {
    case ChangeKind::created:
        return ChangeKind::removed;
    case ChangeKind::removed:
        return ChangeKind::created;
    case ChangeKind::copied:
        return ChangeKind::removed;
    case ChangeKind::modified:
    case ChangeKind::renamed:
        break;
    }
    return kind;
}

}  // namespace

FilePatch reversed(const FilePatch& change)
{
    FilePatch back = change;
    back.kind = opposite(change.kind);
    std::swap(back.old_path, back.new_path);
    std::swap(back.old_mode, back.new_mode);
    std::swap(back.old_blob, back.new_blob);
    if (change.kind == ChangeKind::copied) {
        back.new_path.clear();
        back.hunks.clear();
    }
    for (Hunk& hunk : back.hunks) {
        std::swap(hunk.old_start, hunk.new_start);
        std::swap(hunk.old_count, hunk.new_count);
        for (Line& line : hunk.lines) {
            line.kind = opposite(line.kind);
        }
    }
    return back;
}

}  // namespace rogate::patch
