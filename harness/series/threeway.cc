// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/threeway.h"

#include <algorithm>

#include "git/merge.h"
#include "series/dispute.h"
#include "series/marked.h"

namespace rogate::series {
namespace {

using patch::Applied;
using patch::FilePatch;

constexpr size_t kWholeText = std::numeric_limits<size_t>::max();

Outcome worst_of(const std::vector<HunkOutcome>& hunks)
{
    Outcome worst = Outcome::exact;
    for (const HunkOutcome& hunk : hunks) {
        worst = std::max(worst, hunk.outcome);
    }
    return worst;
}

HunkOutcome placed(const patch::Placement& at)
{
    const Outcome outcome = at.fuzz_lines > 0     ? Outcome::fuzz
                            : at.offset_lines != 0 ? Outcome::offset
                                                   : Outcome::exact;
    return {outcome, at.line, at.offset_lines, at.fuzz_lines};
}

CarriedText carried(const FilePatch& change, Applied applied)
{
    CarriedText result{{.path = change.path()}, std::move(applied.text)};
    for (const patch::Placement& at : applied.placements) {
        result.outcome.hunks.push_back(placed(at));
    }
    result.outcome.outcome = worst_of(result.outcome.hunks);
    return result;
}

std::optional<Applied> place_all(std::string_view text, const FilePatch& change, unsigned fuzz = 0)
{
    auto outcome = patch::apply_hunks(text, change, {kWholeText, fuzz});
    auto* applied = std::get_if<Applied>(&outcome);
    return applied ? std::optional(std::move(*applied)) : std::nullopt;
}

/// Those hunks of `change` for which `keep` has true.
FilePatch subset(const FilePatch& change, const std::vector<bool>& keep)
{
    FilePatch part;
    part.old_path = part.new_path = change.path();
    part.source = change.source;
    for (size_t i = 0; i < keep.size(); ++i) {
        if (keep[i]) {
            part.hunks.push_back(change.hunks[i]);
        }
    }
    return part;
}

std::vector<bool> only(size_t hunk, size_t count)
{
    std::vector<bool> keep(count);
    keep[hunk] = true;
    return keep;
}

/// What becomes of each hunk by itself, without a merge: exact, offset, upstream or conflict.
std::vector<HunkOutcome> each_alone(std::string_view text, const FilePatch& change)
{
    std::vector<HunkOutcome> hunks;
    for (size_t i = 0; i < change.hunks.size(); ++i) {
        const FilePatch one = subset(change, only(i, change.hunks.size()));
        auto forward = patch::apply_hunks(text, one);
        if (const auto* applied = std::get_if<Applied>(&forward)) {
            hunks.push_back(placed(applied->placements[0]));
            continue;
        }
        const auto& conflict = std::get<patch::Conflict>(forward);
        const auto back = one.hunks[0].new_count > 0 ? place_all(text, patch::reversed(one)) : std::nullopt;
        if (back) {
            hunks.push_back({Outcome::upstream, back->placements[0].line});
            continue;
        }
        patch::Conflict told = conflict;
        told.hunk = i + 1;
        hunks.push_back({Outcome::conflict, conflict.line, 0, 0, patch::describe(told, change.path())});
    }
    return hunks;
}

/// A merge of texts; nothing when they cannot be merged at all (binary).
Result<std::optional<git::MergedText>> merge(std::string_view before, std::string_view text, std::string_view after)
{
    auto merged = git::merge_text(before, text, after);
    if (!merged && merged.error().kind != ErrorKind::conflict) {
        return merged.error();
    }
    return merged ? std::optional(*std::move(merged)) : std::optional<git::MergedText>();
}

/// Hunks that have no place alone but can be merged alone are no part of the conflict.
Result<void> merge_each(std::string_view text, const FilePatch& change, const Step& step, std::vector<HunkOutcome>& hunks)
{
    bool any = false;
    std::vector<HunkOutcome> told = hunks;
    for (size_t i = 0; i < hunks.size(); ++i) {
        if (hunks[i].outcome != Outcome::conflict) {
            continue;
        }
        const auto after = place_all(step.before, subset(change, only(i, hunks.size())));
        auto merged = after ? merge(step.before, text, after->text) : Result<std::optional<git::MergedText>>(std::nullopt);
        if (!merged) {
            return merged.error();
        }
        if (*merged && (*merged)->clean) {
            told[i] = {(*merged)->text == text ? Outcome::upstream : Outcome::three_way, change.hunks[i].old_start};
        } else {
            any = true;
        }
    }
    if (any) {  // else they only conflict together: all of them are part of it
        hunks = std::move(told);
    }
    return {};
}

/// `text` with those hunks that are in no dispute.
Result<std::string> carry_rest(std::string_view text, const FilePatch& change, const std::vector<Step>& steps,
                               const std::vector<HunkOutcome>& hunks)
{
    std::vector<bool> merged_keep;
    std::vector<bool> plain_keep;
    for (const HunkOutcome& hunk : hunks) {
        merged_keep.push_back(hunk.outcome != Outcome::conflict);
        plain_keep.push_back(hunk.outcome == Outcome::exact || hunk.outcome == Outcome::offset);
    }
    if (!steps.empty()) {
        const auto after = place_all(steps.back().before, subset(change, merged_keep));
        auto merged = after ? merge(steps.back().before, text, after->text) : Result<std::optional<git::MergedText>>(std::nullopt);
        if (!merged) {
            return merged.error();
        }
        if (*merged && (*merged)->clean) {
            return std::move((*merged)->text);
        }
    }
    auto applied = place_all(text, subset(change, plain_keep));
    return applied ? std::move(applied->text) : std::string(text);
}

/// Puts remembered resolutions in the place of regions; those regions are left that have none.
Marked resolve(const Marked& marked, const Resolutions& resolutions, std::vector<std::string>& used)
{
    Marked left{{marked.agreed[0]}, {}};
    for (size_t i = 0; i < marked.regions.size(); ++i) {
        if (auto found = resolutions.find(marked.regions[i])) {
            left.agreed.back() += found->resolved + marked.agreed[i + 1];
            used.push_back(std::move(found->file_name));
        } else {
            left.regions.push_back(marked.regions[i]);
            left.agreed.push_back(marked.agreed[i + 1]);
        }
    }
    return left;
}

/// One change at work on one text, to which plain placing does not apply.
class Attempt {
public:
    Attempt(std::string_view text, const FilePatch& change, const std::vector<Step>& steps, const Resolutions& resolutions)
        : text_(text), change_(change), steps_(steps), resolutions_(resolutions), hunks_(each_alone(text, change))
    {
    }

    Result<std::optional<CarriedText>> merge_cleanly()
    {
        for (const Step& step : steps_) {
            auto merged = merge(step.before, text_, step.after);
            if (!merged) {
                return merged.error();
            }
            if (*merged && (*merged)->clean) {
                return std::optional(merged_text(std::move((*merged)->text)));
            }
            if (*merged) {
                if (auto marked = parse_marked((*merged)->text, (*merged)->marker_size)) {
                    disputes_.push_back(*std::move(marked));
                }
            }
        }
        return std::optional<CarriedText>();
    }

    std::optional<CarriedText> leave_out_known() const
    {
        std::vector<bool> keep;
        for (const HunkOutcome& hunk : hunks_) {
            if (hunk.outcome == Outcome::conflict) {
                return std::nullopt;
            }
            keep.push_back(hunk.outcome != Outcome::upstream);
        }
        const bool some_known = std::find(keep.begin(), keep.end(), false) != keep.end();
        auto applied = some_known ? place_all(text_, subset(change_, keep)) : std::nullopt;
        return applied ? std::optional(told(std::move(applied->text))) : std::nullopt;
    }

    Result<std::optional<CarriedText>> use_resolutions()
    {
        if (disputes_.empty()) {
            const auto rest = carry_rest(text_, change_, steps_, hunks_);
            if (!rest) {
                return rest.error();
            }
            disputes_.push_back(dispute_without_ancestor(*rest, change_, hunks_));
        }
        for (Marked& dispute : disputes_) {
            std::vector<std::string> used;
            Marked left = resolve(dispute, resolutions_, used);
            if (left.regions.empty() && !used.empty()) {
                CarriedText result = told(left.agreed[0]);
                for (HunkOutcome& hunk : result.outcome.hunks) {
                    if (hunk.outcome == Outcome::conflict) {
                        hunk = {Outcome::resolved, hunk.line};
                    }
                }
                // A dispute of hunks that each have a place alone is one all the same.
                result.outcome.outcome = Outcome::resolved;
                result.outcome.marked = std::make_shared<const Marked>(std::move(dispute));
                result.outcome.resolutions = std::move(used);
                return std::optional(std::move(result));
            }
        }
        return std::optional<CarriedText>();
    }

    Result<CarriedText> give_up()
    {
        if (!steps_.empty()) {
            if (auto merged = merge_each(text_, change_, steps_.back(), hunks_); !merged) {
                return merged.error();
            }
        }
        auto rest = carry_rest(text_, change_, steps_, hunks_);
        if (!rest) {
            return rest.error();
        }
        CarriedText result = told(*std::move(rest));
        result.outcome.outcome = Outcome::conflict;
        if (worst_of(hunks_) != Outcome::conflict) {
            result.outcome.why = "its hunks have a place each, but not together";
        }
        std::vector<std::string> used;
        result.outcome.marked = std::make_shared<const Marked>(resolve(disputes_.back(), resolutions_, used));
        return result;
    }

private:
    CarriedText told(std::string text) const
    {
        CarriedText result{{.path = change_.path(), .outcome = worst_of(hunks_), .hunks = hunks_}, std::move(text)};
        return result;
    }

    CarriedText merged_text(std::string text) const
    {
        CarriedText result = told(std::move(text));
        for (size_t i = 0; i < hunks_.size(); ++i) {
            HunkOutcome& hunk = result.outcome.hunks[i];
            if (result.text == text_) {
                hunk = {Outcome::upstream, hunk.line};
            } else if (hunk.outcome == Outcome::conflict) {
                hunk = {Outcome::three_way, change_.hunks[i].old_start};
            }
        }
        // Even when each hunk has a place alone, it was the merge that brought them together.
        result.outcome.outcome = std::max(worst_of(result.outcome.hunks), Outcome::three_way);
        return result;
    }

    std::string_view text_;
    const FilePatch& change_;
    const std::vector<Step>& steps_;
    const Resolutions& resolutions_;
    std::vector<HunkOutcome> hunks_;
    std::vector<Marked> disputes_;
};

}  // namespace

std::optional<CarriedText> carry_plainly(std::string_view text, const FilePatch& change)
{
    if (auto applied = place_all(text, change)) {
        return carried(change, *std::move(applied));
    }
    const bool shows = std::all_of(change.hunks.begin(), change.hunks.end(), [](const patch::Hunk& hunk) { return hunk.new_count > 0; });
    const auto back = shows ? place_all(text, patch::reversed(change)) : std::nullopt;
    if (!back) {
        return std::nullopt;
    }
    CarriedText result{{.path = change.path(), .outcome = Outcome::upstream}, std::string(text)};
    for (const patch::Placement& at : back->placements) {
        result.outcome.hunks.push_back({Outcome::upstream, at.line});
    }
    return result;
}

Result<CarriedText> carry_by_merge(std::string_view text, const FilePatch& change, const std::vector<Step>& steps,
                                   const Resolutions& resolutions, unsigned fuzz)
{
    Attempt attempt(text, change, steps, resolutions);
    auto merged = attempt.merge_cleanly();
    if (!merged) {
        return merged.error();
    }
    if (*merged) {
        return **std::move(merged);
    }
    if (auto part = attempt.leave_out_known()) {
        return *std::move(part);
    }
    auto resolved = attempt.use_resolutions();
    if (!resolved) {
        return resolved.error();
    }
    if (*resolved) {
        return **std::move(resolved);
    }
    if (auto applied = fuzz > 0 ? place_all(text, change, fuzz) : std::nullopt) {
        return carried(change, *std::move(applied));
    }
    return attempt.give_up();
}

}  // namespace rogate::series
