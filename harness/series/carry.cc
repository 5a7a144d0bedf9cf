// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/carry.h"

#include <fmt/format.h>
#include <set>
#include <tuple>

#include "patch/path.h"
#include "series/chain.h"

namespace rogate::series {
namespace {

using git::Entry;
using patch::ChangeKind;
using patch::FilePatch;

std::string quoted(const std::string& path)
{
    return "'" + patch::printable(path) + "'";
}

FileOutcome file_conflict(const FilePatch& change, std::string why)
{
    return {.path = change.path(), .outcome = Outcome::conflict, .why = std::move(why)};
}

/// A patch on its way into a tree.
class PatchWork {
public:
    PatchWork(ChangeBook& book, git::Tree& tree, const Patch& patch, const FindAncestors& ancestors)
        : book_(book), before_(tree), tree_(tree), ancestors_(ancestors)
    {
        for (const FilePatch& change : patch.changes) {
            if (change.kind == ChangeKind::removed || change.kind == ChangeKind::renamed) {
                leaving_.insert(change.old_path);
            }
        }
    }

    Result<FileOutcome> carry(const FilePatch& change)
    {
        if (change.binary) {
            return file_conflict(change, "it is a binary change, which cannot be applied");
        }
        switch (change.kind) {
        case ChangeKind::created:
            return create(change);
        case ChangeKind::removed:
            return remove(change);
        case ChangeKind::renamed:
        case ChangeKind::copied:
            return move(change);
        case ChangeKind::modified:
            break;
        }
        return modify(change);
    }

private:
    [[nodiscard]] bool in_the_way(const std::string& path) const
    {
        const auto there = tree_.find(path);
        return there != tree_.end() && !(leaving_.contains(path) && before_.contains(path));
    }

    Result<FileOutcome> create(const FilePatch& change)
    {
        auto made = book_.made(change);
        if (!made) {
            return made.error();
        }
        if (!*made) {
            return file_conflict(change, fmt::format("the patch does not tell the whole of {}, which it creates", quoted(change.new_path)));
        }
        const auto there = tree_.find(change.new_path);
        if (there != tree_.end() && there->second.id == (*made)->id) {
            return FileOutcome{.path = change.path(), .outcome = Outcome::upstream, .hunks = std::vector<HunkOutcome>(change.hunks.size(), {Outcome::upstream})};
        }
        if (in_the_way(change.new_path)) {
            return file_conflict(change, fmt::format("it creates {}, which is there already", quoted(change.new_path)));
        }
        tree_[change.new_path] = **made;
        return FileOutcome{.path = change.path(), .hunks = std::vector<HunkOutcome>(change.hunks.size(), {Outcome::exact, 1})};
    }

    Result<FileOutcome> remove(const FilePatch& change)
    {
        const auto there = tree_.find(change.old_path);
        if (there == tree_.end()) {
            return FileOutcome{.path = change.path(), .outcome = Outcome::upstream, .hunks = std::vector<HunkOutcome>(change.hunks.size(), {Outcome::upstream})};
        }
        auto done = book_.plainly(there->second, change);
        if (!done) {
            return done.error();
        }
        const bool gone = *done && (*done)->outcome.outcome <= Outcome::offset && (*done)->entry.content->empty();
        if (!gone) {
            return file_conflict(change, fmt::format("it removes {}, which is not what the patch knows", quoted(change.old_path)));
        }
        FileOutcome outcome = (*done)->outcome;
        tree_.erase(there);
        return outcome;
    }

    Result<FileOutcome> move(const FilePatch& change)
    {
        const bool renames = change.kind == ChangeKind::renamed;
        const auto source = before_.find(change.old_path);
        if (source == before_.end()) {
            return file_conflict(change, fmt::format("it {} {}, which is not there", renames ? "renames" : "copies", quoted(change.old_path)));
        }
        if (in_the_way(change.new_path)) {
            return file_conflict(change, fmt::format("it makes {}, which is there already", quoted(change.new_path)));
        }
        auto done = book_.carry(source->second, change, {});
        if (!done) {
            return done.error();
        }
        if ((*done)->outcome.outcome == Outcome::conflict) {
            return (*done)->outcome;
        }
        if (renames) {
            tree_.erase(change.old_path);
        }
        tree_[change.new_path] = (*done)->entry;
        return (*done)->outcome;
    }

    Result<FileOutcome> modify(const FilePatch& change)
    {
        const auto there = tree_.find(change.old_path);
        if (there == tree_.end()) {
            return file_conflict(change, fmt::format("it changes {}, which is not there", quoted(change.old_path)));
        }
        auto done = book_.carry(there->second, change, ancestors_);
        if (!done) {
            return done.error();
        }
        there->second = (*done)->entry;
        return (*done)->outcome;
    }

    ChangeBook& book_;
    const git::Tree before_;
    git::Tree& tree_;
    const FindAncestors& ancestors_;
    std::set<std::string, std::less<>> leaving_;  ///< files that the patch removes or renames, now or later
};

}  // namespace

struct Carrier::State {
    const Series& series;
    CarryOptions options;
    ChangeBook book;
};

Carrier::Carrier(const Series& series, const Resolutions& resolutions, CarryOptions options, LoadBlob load)
    : state_(std::make_unique<State>(State{series, options, ChangeBook(series, resolutions, options.fuzz_lines, std::move(load))}))
{
}

Carrier::~Carrier() = default;

Result<SeriesOutcome> Carrier::carry(const git::Tree& base, const FindAncestors& ancestors)
{
    SeriesOutcome result;
    git::Tree tree = base;
    git::fill_ids(tree);
    std::set<std::string, std::less<>> disputed;
    if (state_->options.keep_states) {
        result.states.push_back(tree);
    }
    for (const Patch& patch : state_->series.patches) {
        PatchWork work(state_->book, tree, patch, ancestors);
        PatchOutcome& outcome = result.patches.emplace_back();
        for (const FilePatch& change : patch.changes) {
            auto file = work.carry(change);
            if (!file) {
                return file.error().while_doing(fmt::format("'{}'", patch.file_name));
            }
            file->follows = file->outcome == Outcome::conflict && disputed.contains(change.old_path);
            outcome.files.push_back(*std::move(file));
            if (outcome.files.back().outcome == Outcome::conflict) {
                disputed.insert(change.path());
            }
        }
        if (state_->options.keep_states) {
            result.states.push_back(tree);
        }
    }
    if (!state_->options.keep_states) {
        result.states.push_back(std::move(tree));
    }
    return result;
}

Result<bool> Carrier::applies_to(const std::string& path, const Entry& version)
{
    auto states = state_->book.chain(path, version);
    return states ? Result<bool>(*states != nullptr) : Result<bool>(states.error());
}

Result<std::shared_ptr<const std::vector<Entry>>> Carrier::chain(const std::string& path, const Entry& version)
{
    return state_->book.chain(path, version);
}

std::string Carrier::stated_ancestor(const std::string& path) const
{
    return state_->book.stated_ancestor(path);
}

Error conflict_error(const Series& series, const SeriesOutcome& outcome)
{
    for (size_t p = 0; p < outcome.patches.size(); ++p) {
        for (const FileOutcome& file : outcome.patches[p].files) {
            if (file.outcome != Outcome::conflict) {
                continue;
            }
            std::string why = file.why;
            for (const HunkOutcome& hunk : file.hunks) {
                why = why.empty() && hunk.outcome == Outcome::conflict ? hunk.why : why;
            }
            return {ErrorKind::conflict, fmt::format("cannot apply '{}': {}", patch::printable(series.patches[p].file_name), why), ""};
        }
    }
    return {ErrorKind::conflict, fmt::format("the series '{}' is in conflict", series.name), ""};
}

}  // namespace rogate::series
