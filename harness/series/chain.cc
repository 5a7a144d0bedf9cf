// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/chain.h"

#include <algorithm>

namespace rogate::series {

using git::Entry;
using patch::ChangeKind;
using patch::FilePatch;

namespace {

Entry entry_of(uint32_t mode, std::string text)
{
    Entry entry{mode, std::make_shared<const std::string>(std::move(text)), {}};
    entry.id = git::hash_blob(*entry.content);
    return entry;
}

/// An index line states the mode of a file that keeps it: then the file's own one stays.
uint32_t mode_after(const Entry& file, const FilePatch& change)
{
    return change.new_mode != 0 && change.new_mode != change.old_mode ? change.new_mode : file.mode;
}

/// A change of mode that the file has already made is upstream's; it counts only when there is nothing else.
Outcome mode_outcome(const Entry& file, const FilePatch& change)
{
    return change.new_mode != 0 && change.new_mode != change.old_mode && file.mode == change.new_mode ? Outcome::upstream : Outcome::exact;
}

std::shared_ptr<const CarriedFile> carried(const Entry& file, const FilePatch& change, CarriedText text)
{
    auto result = std::make_shared<CarriedFile>();
    const uint32_t mode = mode_after(file, change);
    result->entry = text.text == *file.content ? Entry{mode, file.content, file.id} : entry_of(mode, std::move(text.text));
    result->outcome = std::move(text.outcome);
    return result;
}

}  // namespace

ChangeBook::ChangeBook(const Series& series, const Resolutions& resolutions, unsigned fuzz_lines, LoadBlob load)
    : resolutions_(resolutions), fuzz_lines_(fuzz_lines), load_(std::move(load))
{
    for (const Patch& patch : series.patches) {
        for (const FilePatch& change : patch.changes) {
            Chain& chain = chains_[change.old_path.empty() ? change.new_path : change.old_path];
            if (change.kind == ChangeKind::created && chain.changes.empty() && !chain.ended) {
                chain.maker = &change;
            } else if (change.kind == ChangeKind::modified && !change.binary && !chain.ended) {
                places_[&change] = chain.changes.size();
                chain.changes.push_back(&change);
            } else if (change.kind != ChangeKind::copied) {
                chain.ended = true;
            }
            if (change.kind == ChangeKind::renamed || change.kind == ChangeKind::copied) {
                chains_[change.new_path].ended = true;
            }
        }
    }
}

std::string ChangeBook::stated_ancestor(const std::string& path) const
{
    const auto chain = chains_.find(path);
    const bool known = chain != chains_.end() && !chain->second.maker && !chain->second.changes.empty();
    return known ? chain->second.changes.front()->old_blob : std::string();
}

Result<Entry> ChangeBook::loaded(const Entry& file)
{
    if (file.content) {
        Entry entry = file;
        entry.id = file.id ? file.id : git::hash_blob(*file.content);
        return entry;
    }
    std::shared_ptr<const std::string>& content = contents_[*file.id];
    if (!content) {
        auto loaded = load_(*file.id);
        if (!loaded) {
            return loaded.error();
        }
        content = *std::move(loaded);
    }
    return Entry{file.mode, content, file.id};
}

Result<std::shared_ptr<const CarriedFile>> ChangeBook::plainly(const Entry& file, const FilePatch& change)
{
    // The mode is no part of the key: it is put right for every answer.
    const git::ObjectId id = file.id ? *file.id : git::hash_blob(*file.content);
    const auto key = std::pair(id, &change);
    auto known = plain_.find(key);
    if (known == plain_.end()) {
        auto whole = loaded(file);
        if (!whole) {
            return whole.error();
        }
        auto text = carry_plainly(*whole->content, change);
        known = plain_.emplace(key, text ? carried(*whole, change, *std::move(text)) : nullptr).first;
    }
    const uint32_t mode = mode_after(file, change);
    if (!known->second || (known->second->entry.mode == mode && !change.hunks.empty())) {
        return known->second;
    }
    auto other = std::make_shared<CarriedFile>(*known->second);
    other->entry.mode = mode;
    other->outcome.outcome = change.hunks.empty() ? mode_outcome(file, change) : other->outcome.outcome;
    return std::shared_ptr<const CarriedFile>(std::move(other));
}

Result<std::optional<Entry>> ChangeBook::made(const FilePatch& change)
{
    static const Entry kEmpty = entry_of(git::kModeFile, "");
    auto done = plainly(kEmpty, change);
    if (!done) {
        return done.error();
    }
    const bool whole = *done && (*done)->outcome.outcome <= Outcome::offset;
    return whole ? std::optional((*done)->entry) : std::optional<Entry>();
}

Result<std::shared_ptr<const ChangeBook::States>> ChangeBook::chain(const std::string& path, const Entry& version)
{
    const git::ObjectId id = version.id ? *version.id : git::hash_blob(*version.content);
    const auto key = std::pair(path, id);
    if (const auto known = states_.find(key); known != states_.end()) {
        return known->second;
    }
    auto whole = loaded(version);
    if (!whole) {
        return whole.error();
    }
    auto states = std::make_shared<States>(States{*std::move(whole)});
    for (const Change change : chains_[path].changes) {
        auto next = plainly(states->back(), *change);
        if (!next) {
            return next.error();
        }
        if (!*next || (*next)->outcome.outcome > Outcome::offset) {
            states.reset();
            break;
        }
        states->push_back((*next)->entry);
    }
    return states_.emplace(key, std::move(states)).first->second;
}

Result<std::vector<std::shared_ptr<const ChangeBook::States>>> ChangeBook::candidates(const std::string& path,
                                                                                      const FindAncestors& ancestors)
{
    std::vector<Entry> versions;
    const auto known = chains_.find(path);
    if (known != chains_.end() && known->second.maker) {
        auto entry = made(*known->second.maker);
        if (!entry) {
            return entry.error();
        }
        if (*entry) {
            versions.push_back(**std::move(entry));
        }
    } else if (ancestors) {
        auto found = ancestors(path);
        if (!found) {
            return found.error();
        }
        versions = *std::move(found);
    }
    std::vector<std::shared_ptr<const States>> all;
    for (const Entry& version : versions) {
        auto states = chain(path, version);
        if (!states) {
            return states.error();
        }
        if (*states) {
            all.push_back(*std::move(states));
        }
    }
    return all;
}

Result<std::shared_ptr<const CarriedFile>> ChangeBook::carry(const Entry& file, const FilePatch& change,
                                                             const FindAncestors& ancestors)
{
    auto plain = plainly(file, change);
    if (!plain || *plain) {
        return plain;
    }
    std::vector<std::shared_ptr<const States>> states;
    if (const auto place = places_.find(&change); place != places_.end()) {
        auto found = candidates(change.old_path, ancestors);
        if (!found) {
            return found.error();
        }
        states = *std::move(found);
    }
    std::vector<Step> steps;
    std::vector<git::ObjectId> ids;
    for (const auto& one : states) {
        const size_t place = places_.at(&change);
        steps.push_back({*(*one)[place].content, *(*one)[place + 1].content});
        ids.push_back(*(*one)[place].id);
    }
    auto whole = loaded(file);
    if (!whole) {
        return whole.error();
    }
    const auto key = std::tuple(*whole->id, &change, std::move(ids));
    auto known = merged_.find(key);
    if (known == merged_.end()) {
        auto text = carry_by_merge(*whole->content, change, steps, resolutions_, fuzz_lines_);
        if (!text) {
            return text.error();
        }
        known = merged_.emplace(key, carried(*whole, change, *std::move(text))).first;
    }
    return known->second;
}

}  // namespace rogate::series
