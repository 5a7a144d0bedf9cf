// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "series/carry.h"

namespace rogate::series {

/// A file after one change was carried into it.
struct CarriedFile {
    FileOutcome outcome;
    git::Entry entry;  ///< with content and id
};

/// Carries single changes and remembers every answer by the content's id and the change. Knows for each file the chain of
/// changes that a series makes to it, so that an old version of it can be brought to any point of the series.
class ChangeBook {
public:
    using States = std::vector<git::Entry>;  ///< a file before each change of its chain, and after the last

    ChangeBook(const Series& series, const Resolutions& resolutions, unsigned fuzz_lines, LoadBlob load);

    /// `change` carried without doubt; null when that does not work. Errors: of loading.
    Result<std::shared_ptr<const CarriedFile>> plainly(const git::Entry& file, const patch::FilePatch& change);
    /// `change` carried as well as can be, with ancestors where they are needed and known.
    Result<std::shared_ptr<const CarriedFile>> carry(const git::Entry& file, const patch::FilePatch& change,
                                                     const FindAncestors& ancestors);
    /// What a change of kind created makes; nothing when its hunks do not make a whole file.
    Result<std::optional<git::Entry>> made(const patch::FilePatch& change);
    /// The states of `path` from an upstream version on; null when a change of its chain does not apply plainly.
    Result<std::shared_ptr<const States>> chain(const std::string& path, const git::Entry& version);
    [[nodiscard]] std::string stated_ancestor(const std::string& path) const;

private:
    using Change = const patch::FilePatch*;
    struct Chain {
        std::vector<Change> changes;  ///< of kind modified, in the series' order
        Change maker = nullptr;       ///< the change that creates the file, if the series does
        bool ended = false;           ///< renamed or removed: what comes after is another file
    };

    Result<git::Entry> loaded(const git::Entry& file);
    Result<std::vector<std::shared_ptr<const States>>> candidates(const std::string& path, const FindAncestors& ancestors);

    const Resolutions& resolutions_;
    unsigned fuzz_lines_;
    LoadBlob load_;
    std::map<std::string, Chain, std::less<>> chains_;
    std::map<Change, size_t> places_;  ///< a change's place in its chain
    std::map<std::pair<git::ObjectId, Change>, std::shared_ptr<const CarriedFile>> plain_;
    std::map<std::tuple<git::ObjectId, Change, std::vector<git::ObjectId>>, std::shared_ptr<const CarriedFile>> merged_;
    std::map<std::pair<std::string, git::ObjectId>, std::shared_ptr<const States>> states_;
    std::map<git::ObjectId, std::shared_ptr<const std::string>> contents_;
};

}  // namespace rogate::series
