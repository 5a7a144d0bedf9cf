// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/apply.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "patch/path.h"

namespace rogate::series {
namespace {

using patch::ChangeKind;
using patch::FilePatch;

/// One patch at work: the tree before it, and what it has made of it so far.
class Application {
public:
    Application(const git::Tree& before, const Patch& patch, const patch::PlaceOptions& options);

    /// Applies one file's change; a conflict, or nothing when it went well.
    std::optional<PatchConflict> apply(const FilePatch& change);
    AppliedPatch finish() &&;

private:
    /// The file as the patch has left it so far; null when there is none.
    [[nodiscard]] const git::Entry* now(const std::string& path) const;
    [[nodiscard]] const git::Entry* source_of(const FilePatch& change) const;
    [[nodiscard]] bool in_the_way(const std::string& path) const;
    [[nodiscard]] std::optional<PatchConflict> check(const FilePatch& change) const;
    [[nodiscard]] PatchConflict reject(const FilePatch& change, const std::string& content,
                                       const patch::Conflict& conflict) const;

    const git::Tree& before_;
    const patch::PlaceOptions& options_;
    std::map<std::string, std::optional<git::Entry>, std::less<>> after_;  ///< nothing = removed
    std::set<std::string, std::less<>> leaving_;  ///< files that the patch removes or renames, now or later
    std::vector<FileReport> reports_;
};

Application::Application(const git::Tree& before, const Patch& patch, const patch::PlaceOptions& options)
    : before_(before), options_(options)
{
    for (const FilePatch& change : patch.changes) {
        if (change.kind == ChangeKind::removed || change.kind == ChangeKind::renamed) {
            leaving_.insert(change.old_path);
        }
    }
}

const git::Entry* Application::now(const std::string& path) const
{
    if (const auto changed = after_.find(path); changed != after_.end()) {
        return changed->second ? &*changed->second : nullptr;
    }
    const auto known = before_.find(path);
    return known == before_.end() ? nullptr : &known->second;
}

const git::Entry* Application::source_of(const FilePatch& change) const
{
    if (change.kind == ChangeKind::renamed || change.kind == ChangeKind::copied) {
        if (const auto known = before_.find(change.old_path); known != before_.end()) {
            return &known->second;
        }
    }
    return now(change.old_path);
}

bool Application::in_the_way(const std::string& path) const
{
    const auto changed = after_.find(path);
    return changed != after_.end() ? changed->second.has_value() : before_.contains(path) && !leaving_.contains(path);
}

std::optional<PatchConflict> Application::check(const FilePatch& change) const
{
    const bool fresh = change.kind != ChangeKind::modified && change.kind != ChangeKind::removed;
    if (change.binary) {
        patch::Conflict conflict;
        conflict.reason = patch::Conflict::Reason::binary;
        return PatchConflict{change.path(), patch::describe(conflict, change.path()), conflict};
    }
    if (fresh && change.new_path != change.old_path && in_the_way(change.new_path)) {
        const git::Entry* there = now(change.new_path);
        const auto made = patch::apply_hunks("", change);
        const auto* text = std::get_if<patch::Applied>(&made);
        PatchConflict conflict{
            change.new_path, fmt::format("it creates '{}', which is there already", patch::printable(change.new_path))};
        conflict.already_applied =
            change.kind == ChangeKind::created && text && there && there->content && *there->content == text->text;
        return conflict;
    }
    if (change.kind == ChangeKind::created) {
        return std::nullopt;
    }
    const git::Entry* source = source_of(change);
    if (!source) {
        constexpr const char* kVerbs[] = {"changes", "creates", "removes", "renames", "copies"};
        return PatchConflict{change.old_path,
                             fmt::format("it {} '{}', which is not there", kVerbs[static_cast<int>(change.kind)],
                                         patch::printable(change.old_path)),
                             {},
                             change.kind == ChangeKind::removed};
    }
    if (!source->content && !change.hunks.empty()) {
        return PatchConflict{change.old_path,
                             fmt::format("the content of '{}' is not known", patch::printable(change.old_path))};
    }
    return std::nullopt;
}

PatchConflict Application::reject(const FilePatch& change, const std::string& content,
                                  const patch::Conflict& conflict) const
{
    PatchConflict rejected{change.old_path, patch::describe(conflict, change.old_path), conflict};
    if (change.kind == ChangeKind::modified) {
        rejected.already_applied =
            std::holds_alternative<patch::Applied>(patch::apply_hunks(content, patch::reversed(change), options_));
    }
    return rejected;
}

std::optional<PatchConflict> Application::apply(const FilePatch& change)
{
    if (auto conflict = check(change)) {
        return conflict;
    }
    static const auto kEmpty = std::make_shared<const std::string>();
    git::Entry entry = change.kind == ChangeKind::created ? git::Entry{git::kModeFile, kEmpty, {}} : *source_of(change);
    FileReport report{change.path(), {}};
    if (!change.hunks.empty()) {
        auto outcome = patch::apply_hunks(*entry.content, change, options_);
        if (const auto* conflict = std::get_if<patch::Conflict>(&outcome)) {
            return reject(change, *entry.content, *conflict);
        }
        auto& applied = std::get<patch::Applied>(outcome);
        report.hunks = std::move(applied.placements);
        entry.content = std::make_shared<const std::string>(std::move(applied.text));
        entry.id.reset();
    }
    if (change.kind == ChangeKind::removed && entry.content && !entry.content->empty()) {
        return PatchConflict{change.old_path, fmt::format("it removes '{}', which has more lines than the patch knows",
                                                          patch::printable(change.old_path))};
    }
    if (change.kind == ChangeKind::removed || change.kind == ChangeKind::renamed) {
        // A file that an earlier change of this patch put in this one's place stays.
        if (change.kind == ChangeKind::removed || !after_.contains(change.old_path)) {
            after_[change.old_path] = std::nullopt;
        }
    }
    if (change.kind != ChangeKind::removed) {
        entry.mode = change.new_mode != 0 ? change.new_mode : entry.mode;
        after_[change.new_path] = std::move(entry);
    }
    reports_.push_back(std::move(report));
    return std::nullopt;
}

AppliedPatch Application::finish() &&
{
    AppliedPatch applied{before_, std::move(reports_)};
    for (auto& [path, entry] : after_) {
        if (entry) {
            applied.tree.insert_or_assign(path, *std::move(entry));
        } else {
            applied.tree.erase(path);
        }
    }
    return applied;
}

}  // namespace

std::variant<AppliedPatch, PatchConflict> apply_patch(const git::Tree& tree, const Patch& patch,
                                                      const patch::PlaceOptions& options)
{
    Application application(tree, patch, options);
    for (const FilePatch& change : patch.changes) {
        if (auto conflict = application.apply(change)) {
            return *std::move(conflict);
        }
    }
    return std::move(application).finish();
}

Error conflict_error(const std::string& file_name, const PatchConflict& conflict)
{
    const char* hint = "the base has changed since the patch was made: refresh the patch";
    if (conflict.already_applied) {
        hint = "the base seems to have this change already: drop it from the patch";
    } else if (conflict.hunk && conflict.hunk->reason == patch::Conflict::Reason::ambiguous) {
        hint = "refresh the patch with more lines of context, so that one place is left";
    } else if (conflict.hunk && conflict.hunk->reason == patch::Conflict::Reason::binary) {
        hint = "take the binary file out of the patch";
    }
    return {ErrorKind::conflict, fmt::format("cannot apply '{}': {}", patch::printable(file_name), conflict.text),
            hint};
}

Result<AppliedSeries> apply_series(const git::Tree& base, const Series& series, const patch::PlaceOptions& options)
{
    AppliedSeries result;
    result.states.reserve(series.patches.size() + 1);
    result.states.push_back(base);
    for (const Patch& patch : series.patches) {
        auto outcome = apply_patch(result.states.back(), patch, options);
        if (const auto* conflict = std::get_if<PatchConflict>(&outcome)) {
            return conflict_error(patch.file_name, *conflict);
        }
        auto& applied = std::get<AppliedPatch>(outcome);
        result.states.push_back(std::move(applied.tree));
        result.patches.push_back(std::move(applied.files));
    }
    return result;
}

}  // namespace rogate::series
