// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/view.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unordered_map>

#include "report/text.h"

namespace rogate::report {
namespace {

std::string verdict_of(const Finding& finding)
{
    return std::string(matrix::to_string(finding.outcome.verdict.kind));
}

using Parts = std::array<std::string, 5>;

Parts parts_of(const matrix::Case& one)
{
    return {one.format, one.bus, std::string(matrix::to_string(one.mode)), one.configuration, one.shape};
}

/// Words in the order they came.
class Words {
public:
    void add(const std::string& word)
    {
        if (std::find(words_.begin(), words_.end(), word) == words_.end()) {
            words_.push_back(word);
        }
    }
    [[nodiscard]] const std::vector<std::string>& list() const { return words_; }
    bool operator==(const Words&) const = default;

private:
    std::vector<std::string> words_;
};

/// The cases of one format and mode that share a transition: on which buses each configuration/shape shows it.
struct Group {
    std::string transition;
    size_t cases = 0;
    bool as_expected = true;
    std::vector<std::pair<std::string, Words>> places;
};

void add_to_group(std::vector<Group>& groups, const Row& row)
{
    const std::string change = transition(row);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) { return one.transition == change; });
    if (group == groups.end()) {
        group = groups.insert(groups.end(), Group{change, 0, true, {}});
    }
    ++group->cases;
    group->as_expected &= row.as_expected();
    const std::string place = row.one->configuration + "/" + row.one->shape;
    auto& places = group->places;
    auto found = std::find_if(places.begin(), places.end(), [&](const auto& one) { return one.first == place; });
    if (found == places.end()) {
        found = places.insert(places.end(), {place, {}});
    }
    found->second.add(row.one->bus);
}

std::string where_text(const Group& group, const std::map<std::string, Words>& all_buses)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> by_buses;
    for (const auto& [place, buses] : group.places) {
        const std::string prefix = buses.list().size() == all_buses.at(place).list().size()
                                       ? ""
                                       : fmt::format("{}: ", fmt::join(buses.list(), ","));
        auto found =
            std::find_if(by_buses.begin(), by_buses.end(), [&](const auto& one) { return one.first == prefix; });
        if (found == by_buses.end()) {
            found = by_buses.insert(by_buses.end(), {prefix, {}});
        }
        found->second.push_back(place);
    }
    std::string text;
    for (const auto& [prefix, places] : by_buses) {
        text += fmt::format("{}{}{}", text.empty() ? "" : "; ", prefix, fmt::join(places, " "));
    }
    return text;
}

void add_change(PatchEffect& effect, const Row& row, const Finding& before, const Finding& after)
{
    effect.rows.push_back(&row);
    effect.by_change[verdict_of(before) + " -> " + verdict_of(after)].push_back(&row);
}

}  // namespace

bool Row::as_expected() const
{
    return std::all_of(by_state.begin(), by_state.end(),
                       [](const Finding* finding) { return !finding || finding->as_expected(); });
}

const Finding& Row::first() const
{
    return **std::find_if(by_state.begin(), by_state.end(), [](const Finding* finding) { return finding != nullptr; });
}

const Finding& Row::last() const
{
    return **std::find_if(by_state.rbegin(), by_state.rend(),
                          [](const Finding* finding) { return finding != nullptr; });
}

States states_of(const Results& results)
{
    States states;
    for (const Finding& finding : results.findings) {
        states.emplace(finding.patches, finding.at);
    }
    return states;
}

std::vector<Row> rows_of(const Results& results)
{
    const States states = states_of(results);
    std::unordered_map<size_t, size_t> column;
    for (const auto& [patches, name] : states) {
        column.emplace(patches, column.size());
    }
    std::vector<Row> rows;
    for (const Finding& finding : results.findings) {
        // The findings of a case stand together, and no two of its states have the same number of patches.
        if (rows.empty() || !(*rows.back().one == finding.one)) {
            rows.push_back({&finding.one, std::vector<const Finding*>(states.size())});
        }
        rows.back().by_state[column.at(finding.patches)] = &finding;
    }
    return rows;
}

std::string transition(const Row& row)
{
    std::string text;
    std::string last;
    for (const Finding* finding : row.by_state) {
        if (finding && verdict_of(*finding) != last) {
            last = verdict_of(*finding);
            text += (text.empty() ? "" : " -> ") + last;
        }
    }
    return text;
}

Totals totals_of(const Results& results)
{
    Totals totals;
    std::string last_skipped;
    for (const Finding& finding : results.findings) {
        if (finding.skipped()) {
            const std::string id = finding.one.id();
            totals.skipped += id == last_skipped ? 0 : 1;
            last_skipped = id;
            continue;
        }
        ++totals.run;
        totals.unchanged += finding.unchanged ? 1 : 0;
        ++totals.verdicts[verdict_of(finding)];
        totals.unexpected += finding.as_expected() ? 0 : 1;
        totals.errors += !finding.as_expected() && finding.outcome.verdict.kind == matrix::VerdictKind::error ? 1 : 0;
    }
    return totals;
}

std::string verdicts_text(const Totals& totals)
{
    std::string text;
    for (const auto& [verdict, count] : totals.verdicts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verdict);
    }
    return text;
}

std::string outcome_text(const Totals& totals)
{
    return totals.run == 0          ? "nothing ran"
           : totals.unexpected == 0 ? "all as expected"
                                    : fmt::format("{} UNEXPECTED", totals.unexpected);
}

std::vector<Alike> alike(const std::vector<Row>& rows, matrix::Mode mode)
{
    std::map<std::string, Words> all_buses;
    std::vector<std::pair<std::string, std::vector<Group>>> formats;
    for (const Row& row : rows) {
        if (row.skipped() || row.one->mode != mode) {
            continue;
        }
        all_buses[row.one->configuration + "/" + row.one->shape].add(row.one->bus);
        if (formats.empty() || formats.back().first != row.one->format) {
            formats.emplace_back(row.one->format, std::vector<Group>());
        }
        add_to_group(formats.back().second, row);
    }
    std::vector<Alike> all;
    for (const auto& [format, groups] : formats) {
        Alike one{{format}, {}};
        for (const Group& group : groups) {
            one.lines.push_back({group.transition, where_text(group, all_buses), group.cases, group.as_expected});
        }
        const auto same = std::find_if(all.begin(), all.end(), [&](const Alike& other) {
            return std::equal(one.lines.begin(), one.lines.end(), other.lines.begin(), other.lines.end(),
                              [](const Alike::Line& a, const Alike::Line& b) {
                                  return a.transition == b.transition && a.where == b.where &&
                                         a.as_expected == b.as_expected;
                              });
        });
        if (same == all.end()) {
            all.push_back(std::move(one));
            continue;
        }
        same->formats.push_back(format);
        for (size_t i = 0; i < one.lines.size(); ++i) {
            same->lines[i].cases += one.lines[i].cases;
        }
    }
    return all;
}

std::vector<PatchEffect> patch_effects(const Results& results, const std::vector<Row>& rows)
{
    const States states = states_of(results);
    std::vector<size_t> order;
    for (const auto& [patches, name] : states) {
        order.push_back(patches);
    }
    std::vector<PatchEffect> effects;
    std::unordered_map<std::string, size_t> by_name;
    for (size_t i = 0; i < results.facts.patches.size(); ++i) {
        by_name.emplace(results.facts.patches[i], i);
        effects.push_back({results.facts.patches[i], i + 1, states.count(i) != 0 && states.count(i + 1) != 0, {}, {}});
    }
    for (const Row& row : rows) {
        if (row.skipped()) {
            continue;
        }
        for (size_t i = 1; i < row.by_state.size(); ++i) {
            const Finding* before = row.by_state[i - 1];
            const Finding* after = row.by_state[i];
            const size_t number = order[i];
            const bool neighbours = number == order[i - 1] + 1 && number <= effects.size();
            if (neighbours && before && after && before->outcome.verdict.kind != after->outcome.verdict.kind) {
                add_change(effects[number - 1], row, *before, *after);
            }
        }
        const auto closing = by_name.find(row.last().closed_by);
        if (closing != by_name.end() && !effects[closing->second].seen) {
            add_change(effects[closing->second], row, row.first(), row.last());
        }
    }
    return effects;
}

std::map<std::string, std::vector<const matrix::Case*>> gaps(const std::vector<Row>& rows)
{
    std::map<std::string, std::vector<const matrix::Case*>> all;
    for (const Row& row : rows) {
        if (row.skipped()) {
            all[row.one->skip].push_back(row.one);
        }
    }
    return all;
}

std::string covering_pattern(const std::vector<const matrix::Case*>& cases, const std::vector<Row>& rows)
{
    std::array<Words, 5> known;
    for (const Row& row : rows) {
        const Parts parts = parts_of(*row.one);
        for (size_t i = 0; i < parts.size(); ++i) {
            known[i].add(parts[i]);
        }
    }
    std::array<Words, 5> used;
    for (const matrix::Case* one : cases) {
        const Parts parts = parts_of(*one);
        for (size_t i = 0; i < parts.size(); ++i) {
            used[i].add(parts[i]);
        }
    }
    std::string pattern;
    for (size_t i = 0; i < used.size(); ++i) {
        const auto& words = used[i].list();
        pattern += i == 0 ? "" : "/";
        pattern += words.size() == 1                        ? words.front()
                   : words.size() == known[i].list().size() ? "*"
                                                            : fmt::format("{{{}}}", fmt::join(words, ","));
    }
    return pattern;
}

}  // namespace rogate::report
