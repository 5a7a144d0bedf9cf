// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/sweep.h"

#include <algorithm>
#include <set>

namespace rogate::series {
namespace {

using git::Commit;
using git::Entry;
using git::ObjectId;

/// What is known of a commit; commits whose files are alike share it.
struct State {
    UpstreamFiles files;
    std::map<std::string, Entry, std::less<>> ancestors;  ///< the newest version of each file that the changes apply to
    std::shared_ptr<AncestorFinder> before;               ///< looks before the range for what is not in `ancestors`
    std::vector<Outcome> hunks;
    std::vector<Outcome> patches;
};
using StatePtr = std::shared_ptr<const State>;

bool same_files(const UpstreamFiles& a, const UpstreamFiles& b)
{
    return a.renamed == b.renamed && std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.id == y.second.id && x.second.mode == y.second.mode;
    });
}

class Sweeper {
public:
    Sweeper(Upstream& upstream, const Series& series, const Resolutions& resolutions, const SweepOptions& options)
        : upstream_(upstream), series_(series), options_(options),
          carrier_(series, resolutions, {options.carry.fuzz_lines, false}, upstream.loader())
    {
        for (size_t p = 0; p < series.patches.size(); ++p) {
            for (size_t f = 0; f < series.patches[p].changes.size(); ++f) {
                const size_t count = series.patches[p].changes[f].hunks.size();
                for (size_t h = count == 0 ? 0 : 1; h <= count; ++h) {
                    sweep_.hunks.push_back({p, f, h});
                }
            }
        }
        sweep_.history.resize(sweep_.hunks.size());
    }

    Result<Sweep> run(const std::string& from, const std::string& to)
    {
        auto begin = from.empty() ? Result<Commit>(Commit{}) : upstream_.commit(from);
        auto end = begin ? upstream_.commit(to) : Result<Commit>(begin.error());
        if (!end) {
            return end.error();
        }
        auto ids = upstream_.history().list(from.empty() ? std::nullopt : std::optional(begin->id), end->id);
        if (!ids) {
            return ids.error();
        }
        sweep_.commits_in_range = ids->size();
        for (const ObjectId& id : *ids) {
            if (auto visited = visit(id); !visited) {
                return visited.error();
            }
        }
        auto last = states_.find(end->id);
        if (last == states_.end()) {  // an empty range
            if (auto made = visit_boundary(end->id); !made) {
                return made.error();
            }
            last = states_.find(end->id);
        }
        sweep_.end = last->second->patches;
        return std::move(sweep_);
    }

private:
    Result<void> visit(const ObjectId& id)
    {
        auto commit = upstream_.history().commit(id);
        if (!commit) {
            return commit.error();
        }
        std::vector<StatePtr> parents;
        for (const ObjectId& parent : commit->parents) {
            auto state = states_.find(parent);
            if (state == states_.end()) {
                if (auto made = visit_boundary(parent); !made) {
                    return made.error();
                }
                state = states_.find(parent);
            }
            parents.push_back(state->second);
        }
        auto files = files_at(*commit, parents);
        if (!files) {
            return files.error();
        }
        for (const StatePtr& parent : parents) {
            if (same_files(parent->files, *files)) {
                states_[id] = parent;
                if (heals(*parent, parents)) {
                    record(*std::move(commit), *parent, parents);
                }
                return {};
            }
        }
        auto state = std::make_shared<State>();
        state->files = *std::move(files);
        inherit(*state, parents);
        if (auto carried = carry(*state, &*commit); !carried) {
            return carried.error();
        }
        states_[id] = state;
        record(*std::move(commit), *state, parents);
        return {};
    }

    /// A commit that the range starts from.
    Result<void> visit_boundary(const ObjectId& id)
    {
        auto commit = upstream_.history().commit(id);
        auto files = commit ? upstream_.files(*commit) : Result<UpstreamFiles>(commit.error());
        if (!files) {
            return files.error();
        }
        auto state = std::make_shared<State>();
        state->files = *std::move(files);
        state->before = std::make_shared<AncestorFinder>(upstream_, carrier_, *commit, state->files.renamed);
        if (auto carried = carry(*state, nullptr); !carried) {
            return carried.error();
        }
        for (size_t i = 0; i < state->hunks.size(); ++i) {
            sweep_.history[i].conflicts_before |= state->hunks[i] == Outcome::conflict;
        }
        states_[id] = std::move(state);
        return {};
    }

    /// The commit's files; one that is gone and was there at a parent is looked for where upstream has moved it.
    Result<UpstreamFiles> files_at(const Commit& commit, const std::vector<StatePtr>& parents)
    {
        auto ids = upstream_.ids(commit);
        if (!ids) {
            return ids.error();
        }
        UpstreamFiles files;
        for (size_t i = 0; i < upstream_.paths().size(); ++i) {
            const std::string& path = upstream_.paths()[i];
            if (const auto& file = (**ids)[i]) {
                files.files[path] = {file->mode, nullptr, file->id};
                continue;
            }
            for (size_t p = 0; p < parents.size() && !files.files.contains(path); ++p) {
                if (parents[p]->files.files.contains(path)) {
                    if (auto followed = follow(commit, p, *parents[p], path, files); !followed) {
                        return followed.error();
                    }
                }
            }
        }
        return files;
    }

    Result<void> follow(const Commit& commit, size_t parent_number, const State& parent, const std::string& path, UpstreamFiles& files)
    {
        const auto renamed = parent.files.renamed.find(path);
        std::string name = renamed == parent.files.renamed.end() ? path : renamed->second;
        auto file = upstream_.file(commit, upstream_.in_repository(name));
        if (file && !*file) {
            auto parent_commit = upstream_.history().commit(commit.parents[parent_number]);
            if (!parent_commit) {
                return parent_commit.error();
            }
            auto now = upstream_.history().renamed_to(parent_commit->tree, commit.tree, upstream_.in_repository(name));
            if (!now) {
                return now.error();
            }
            name = *now ? upstream_.in_series(**now) : std::string();
            if (!name.empty()) {
                file = upstream_.file(commit, **now);
            }
        }
        if (!file) {
            return file.error();
        }
        if (*file) {
            files.files[path] = {(*file)->mode, nullptr, (*file)->id};
            files.renamed[path] = name;
        }
        return {};
    }

    static void inherit(State& state, const std::vector<StatePtr>& parents)
    {
        for (const StatePtr& parent : parents) {
            state.ancestors.insert(parent->ancestors.begin(), parent->ancestors.end());  // the first parent's come first
            if (!state.before) {
                state.before = parent->before;
            }
        }
    }

    Result<void> carry(State& state, const Commit* commit)
    {
        for (const auto& [path, entry] : state.files.files) {
            auto applies = carrier_.applies_to(path, entry);
            if (!applies) {
                return applies.error();
            }
            if (*applies) {
                state.ancestors[path] = entry;
            }
        }
        auto outcome = carrier_.carry(state.files.files, [&](const std::string& path) { return ancestors(state, path); });
        if (!outcome) {
            return outcome.error();
        }
        for (const HunkName& name : sweep_.hunks) {
            const FileOutcome& file = outcome->patches[name.patch].files[name.file];
            const bool whole = name.hunk == 0 || file.hunks.size() < name.hunk || !file.why.empty();
            state.hunks.push_back(whole ? file.outcome : file.hunks[name.hunk - 1].outcome);
        }
        for (const PatchOutcome& patch : outcome->patches) {
            state.patches.push_back(patch.worst());
        }
        if (commit && options_.on_state) {
            options_.on_state(*commit, *outcome, state.files);
        }
        return {};
    }

    Result<std::vector<Entry>> ancestors(const State& state, const std::string& path)
    {
        auto stated = stated_.find(path);
        if (stated == stated_.end()) {
            auto found = stated_version(upstream_, carrier_, path);
            if (!found) {
                return found.error();
            }
            stated = stated_.emplace(path, *std::move(found)).first;
        }
        std::vector<Entry> all;
        if (stated->second) {
            all.push_back(*stated->second);
        }
        if (const auto newest = state.ancestors.find(path); newest != state.ancestors.end()) {
            if (all.empty() || all[0].id != newest->second.id) {
                all.push_back(newest->second);
            }
        } else if (state.before) {
            return state.before->find(path);
        }
        return all;
    }

    static bool heals(const State& state, const std::vector<StatePtr>& parents)
    {
        for (size_t i = 0; i < state.hunks.size(); ++i) {
            for (const StatePtr& parent : parents) {
                if (state.hunks[i] != Outcome::conflict && parent->hunks[i] == Outcome::conflict) {
                    return true;
                }
            }
        }
        return false;
    }

    void record(Commit commit, const State& state, const std::vector<StatePtr>& parents)
    {
        const size_t number = sweep_.commits.size();
        const auto conflicts = [](const StatePtr& parent, size_t i) { return parent->hunks[i] == Outcome::conflict; };
        for (size_t i = 0; i < state.hunks.size(); ++i) {
            const bool now = state.hunks[i] == Outcome::conflict;
            const bool before = std::any_of(parents.begin(), parents.end(), [&](const StatePtr& parent) { return conflicts(parent, i); });
            if (now && !before) {
                sweep_.history[i].breaks.push_back(number);
            } else if (!now && before) {
                sweep_.history[i].heals.push_back(number);
            }
        }
        sweep_.commits.push_back({std::move(commit), state.hunks, state.patches, state.files.renamed});
    }

    Upstream& upstream_;
    const Series& series_;
    const SweepOptions& options_;
    Carrier carrier_;
    std::map<ObjectId, StatePtr> states_;
    std::map<std::string, std::optional<Entry>> stated_;
    Sweep sweep_;
};

}  // namespace

bool SweptCommit::applies() const
{
    return std::find(patches.begin(), patches.end(), Outcome::conflict) == patches.end();
}

Result<Sweep> sweep(Upstream& upstream, const Series& series, const Resolutions& resolutions, const std::string& from,
                    const std::string& to, const SweepOptions& options)
{
    return Sweeper(upstream, series, resolutions, options).run(from, to);
}

}  // namespace rogate::series
