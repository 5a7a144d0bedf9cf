// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/compare.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "report/json.h"

namespace rogate::report {
namespace {

using matrix::VerdictKind;

std::string key_of(const Finding& finding)
{
    return finding.one.id() + " " + finding.at;
}

bool is_right(const Finding& finding)
{
    return finding.outcome.verdict.kind ==
           (finding.one.mode == matrix::Mode::ro ? VerdictKind::sealed : VerdictKind::writes);
}

Direction direction_of(const Finding& before, const Finding& after)
{
    return is_right(after) ? Direction::better : is_right(before) ? Direction::worse : Direction::other;
}

Json run_json(const RunFacts& facts)
{
    Json json{{"series", facts.series}, {"upstream", facts.upstream}, {"plan", facts.plan}, {"trees", Json::object()}};
    for (const auto& [state, tree] : facts.trees) {
        json["trees"][state] = tree;
    }
    return json;
}

Json finding_json(const Finding& finding)
{
    return {
        {"case", finding.one.id()}, {"at", finding.at}, {"verdict", matrix::to_string(finding.outcome.verdict.kind)}};
}

}  // namespace

std::string_view to_string(Direction direction)
{
    return direction == Direction::better ? "better" : direction == Direction::worse ? "worse" : "other";
}

Comparison compare(const Results& before, const Results& after)
{
    Comparison comparison;
    comparison.before = &before;
    comparison.after = &after;
    std::unordered_map<std::string, const Finding*> old;
    for (const Finding& finding : before.findings) {
        if (!finding.skipped()) {
            old.emplace(key_of(finding), &finding);
        }
    }
    for (const Finding& finding : after.findings) {
        if (finding.skipped()) {
            continue;
        }
        const auto found = old.find(key_of(finding));
        if (found == old.end()) {
            comparison.only_after.push_back(&finding);
            continue;
        }
        if (found->second->outcome.verdict.kind == finding.outcome.verdict.kind) {
            ++comparison.same;
        } else {
            comparison.changed.push_back({found->second, &finding, direction_of(*found->second, finding)});
        }
        old.erase(found);
    }
    for (const Finding& finding : before.findings) {
        if (!finding.skipped() && old.count(key_of(finding)) != 0) {
            comparison.only_before.push_back(&finding);
        }
    }
    return comparison;
}

std::vector<Comparison::Group> Comparison::groups() const
{
    std::vector<Group> all;
    for (const Change& one : changed) {
        const std::string change = fmt::format("{} -> {}", matrix::to_string(one.before->outcome.verdict.kind),
                                               matrix::to_string(one.after->outcome.verdict.kind));
        auto group = std::find_if(all.begin(), all.end(), [&](const Group& known) {
            return known.at == one.after->at && known.change == change && known.direction == one.direction;
        });
        if (group == all.end()) {
            group = all.insert(all.end(), Group{one.after->at, change, one.direction, {}});
        }
        group->cases.push_back(&one.after->one);
    }
    // What got worse is read first.
    std::stable_sort(all.begin(), all.end(), [](const Group& a, const Group& b) {
        return (a.direction == Direction::worse) > (b.direction == Direction::worse);
    });
    return all;
}

std::string write_comparison(const Comparison& comparison)
{
    Json changed = Json::array();
    for (const Change& one : comparison.changed) {
        changed.push_back({{"case", one.after->one.id()},
                           {"at", one.after->at},
                           {"before", matrix::to_string(one.before->outcome.verdict.kind)},
                           {"after", matrix::to_string(one.after->outcome.verdict.kind)},
                           {"direction", to_string(one.direction)}});
    }
    const auto list = [](const std::vector<const Finding*>& findings) {
        Json json = Json::array();
        for (const Finding* finding : findings) {
            json.push_back(finding_json(*finding));
        }
        return json;
    };
    const Json json{{"version", kComparisonVersion},
                    {"before", run_json(comparison.before->facts)},
                    {"after", run_json(comparison.after->facts)},
                    {"same", comparison.same},
                    {"changed", changed},
                    {"only_before", list(comparison.only_before)},
                    {"only_after", list(comparison.only_after)}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rogate::report
