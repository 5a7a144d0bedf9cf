// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "git/merge.h"
#include "series/invariant.h"

namespace rogate::series {
namespace {

using git::Entry;
using States = std::vector<Entry>;

/// Lines that need not be kept, in the old base and in the old tip.
struct Exempt {
    std::vector<LineRange> base;
    std::vector<LineRange> tip;
};

bool meet(const LineRange& a, const LineRange& b)
{
    return a.begin <= b.end && b.begin <= a.end;
}

/// The hunks of `path` that were resolved or are upstream's, in the coordinates of the chain's first and last state.
Result<Exempt> exempt_lines(const Series& series, const SeriesOutcome& outcome, const std::string& path, const States& states)
{
    Exempt exempt;
    size_t place = 0;  // in the file's chain
    for (size_t p = 0; p < series.patches.size(); ++p) {
        for (size_t f = 0; f < series.patches[p].changes.size(); ++f) {
            const patch::FilePatch& change = series.patches[p].changes[f];
            if (change.old_path != path || change.kind != patch::ChangeKind::modified || place + 1 >= states.size()) {
                continue;
            }
            const std::string& state = *states[place++].content;
            auto from_base = git::diff_lines(*states.front().content, state);
            auto from_tip = git::diff_lines(*states.back().content, state);
            if (!from_base || !from_tip) {
                return from_base ? from_tip.error() : from_base.error();
            }
            const FileOutcome& file = outcome.patches[p].files[f];
            for (size_t h = 0; h < file.hunks.size(); ++h) {
                const bool whole = file.outcome == Outcome::resolved;
                if (!whole && file.hunks[h].outcome != Outcome::resolved && file.hunks[h].outcome != Outcome::upstream) {
                    continue;
                }
                const patch::Hunk& hunk = change.hunks[h];
                const size_t begin = hunk.old_count == 0 ? hunk.old_start : hunk.old_start - 1;
                const LineRange range{begin, begin + hunk.old_count};
                exempt.base.push_back(map_back(*from_base, range));
                exempt.tip.push_back(map_back(*from_tip, range));
            }
        }
    }
    return exempt;
}

}  // namespace

Result<CarryCheck> check_carry(const Series& series, Carrier& carrier, const FindAncestors& ancestors, const git::Tree& base,
                               const SeriesOutcome& outcome, const LoadBlob& load)
{
    CarryCheck check;
    for (const std::string& path : touched_paths(series)) {
        const auto new_base = base.find(path);
        const auto new_tip = outcome.states.back().find(path);
        if (new_base == base.end() || new_tip == outcome.states.back().end()) {
            continue;  // made or removed by the series
        }
        auto versions = ancestors ? ancestors(path) : Result<std::vector<Entry>>(std::vector<Entry>());
        auto states = versions && !versions->empty() ? carrier.chain(path, versions->front()) : Result<std::shared_ptr<const States>>(nullptr);
        if (!versions || !states) {
            return versions ? states.error() : versions.error();
        }
        if (!*states) {
            ++check.unchecked;
            continue;
        }
        const auto text_of = [&](const Entry& entry) {
            return entry.content ? Result<std::shared_ptr<const std::string>>(entry.content) : load(*entry.id);
        };
        auto base_text = text_of(new_base->second);
        auto tip_text = base_text ? text_of(new_tip->second) : base_text;
        if (!tip_text) {
            return tip_text.error();
        }
        auto exempt = exempt_lines(series, outcome, path, **states);
        auto broken = exempt ? check_corners({*(*states)->front().content, *(*states)->back().content, **base_text, **tip_text})
                             : Result<std::vector<Difference>>(exempt.error());
        if (!broken) {
            return broken.error();
        }
        ++check.checked;
        for (Difference& one : *broken) {
            const std::vector<LineRange>& ranges = one.in_bases ? exempt->base : exempt->tip;
            if (std::none_of(ranges.begin(), ranges.end(), [&](const LineRange& range) { return meet(range, one.lines); })) {
                check.broken.emplace_back(path, std::move(one));
            }
        }
    }
    return check;
}

}  // namespace rogate::series
