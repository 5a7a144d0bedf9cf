// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "report/pool.h"
#include "report/shard.h"

namespace rogate::report {
namespace {

Error refusal(const std::string& text, const std::string& hint)
{
    return {ErrorKind::usage, "cannot merge: " + text, hint};
}

/// The places of `parts` in the order of the plan. Errors: as merge().
Result<std::vector<size_t>> order_of_shards(const std::vector<Results>& parts, const std::vector<std::string>& names)
{
    const RunFacts& first = parts.front().facts;
    const size_t count = first.shard->count;
    std::vector<size_t> order(count, parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
        const RunFacts& facts = parts[i].facts;
        if (!facts.shard) {
            return refusal(fmt::format("'{}' is a part of a plan, '{}' is not", names.front(), names[i]),
                           "merge the parts of one plan by themselves");
        }
        if (facts.plan != first.plan || facts.shard->count != count) {
            return refusal(fmt::format("'{}' and '{}' are parts of different plans", names.front(), names[i]),
                           "every part must come from the same cases, series, trees and number of parts");
        }
        size_t& place = order[facts.shard->index - 1];
        if (place != parts.size()) {
            return refusal(
                fmt::format("'{}' and '{}' are both part {} of {}", names[place], names[i], facts.shard->index, count),
                "name the file of each part once");
        }
        place = i;
    }
    std::string missing;
    for (size_t i = 0; i < count; ++i) {
        missing += order[i] == parts.size() ? fmt::format("{}{}/{}", missing.empty() ? "" : ", ", i + 1, count) : "";
    }
    if (!missing.empty()) {
        return refusal(fmt::format("parts of the plan are missing: {}", missing),
                       "a report of a part of the cases would look like one of all; name the file of every part");
    }
    return order;
}

/// Adds what `more` has of named values to `all`; where both have one and it differs, `differs` decides.
template <class Differs>
Result<void> unite(std::vector<std::pair<std::string, std::string>>& all,
                   const std::vector<std::pair<std::string, std::string>>& more, Differs differs)
{
    for (const auto& [key, value] : more) {
        const auto found =
            std::find_if(all.begin(), all.end(), [&name = key](const auto& one) { return one.first == name; });
        if (found == all.end()) {
            all.emplace_back(key, value);
        } else if (found->second != value) {
            if (Result<void> fine = differs(key, found->second, value); !fine) {
                return fine;
            }
        }
    }
    return {};
}

Result<void> add_facts(RunFacts& all, const RunFacts& more, const std::string& first, const std::string& name)
{
    if (all.series != more.series || all.patches != more.patches) {
        return refusal(fmt::format("'{}' and '{}' are of different series", first, name),
                       "use --against to compare them");
    }
    all.seconds += more.seconds;
    const auto other_tree = [&](const std::string& state, std::string& have, const std::string& other) -> Result<void> {
        return refusal(fmt::format("the tree of {} is {} in '{}' and {} in '{}'", state, have.substr(0, 12), first,
                                   other.substr(0, 12), name),
                       "use --against to compare them");
    };
    if (auto trees = unite(all.trees, more.trees, other_tree); !trees) {
        return trees;
    }
    return unite(all.tools, more.tools,
                 [](const std::string&, std::string& have, const std::string& other) -> Result<void> {
                     if (have.find(other) == std::string::npos) {
                         have += "; elsewhere " + other;
                     }
                     return {};
                 });
}

/// Findings of one case stand together, by state; cases in the order of their first one.
void put_in_order(std::vector<Finding>& findings)
{
    std::unordered_map<std::string, size_t> place;
    for (const Finding& one : findings) {
        place.emplace(one.one.id(), place.size());
    }
    std::vector<std::pair<size_t, size_t>> key(findings.size());
    std::vector<size_t> order(findings.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::transform(findings.begin(), findings.end(), key.begin(),
                   [&](const Finding& one) { return std::pair(place.at(one.one.id()), one.patches); });
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key[a] < key[b]; });
    std::vector<Finding> sorted;
    sorted.reserve(findings.size());
    for (const size_t i : order) {
        sorted.push_back(std::move(findings[i]));
    }
    findings = std::move(sorted);
}

Result<void> no_case_twice(const std::vector<Finding>& findings)
{
    for (size_t i = 1; i < findings.size(); ++i) {
        const Finding& a = findings[i - 1];
        const Finding& b = findings[i];
        if (a.one == b.one && (a.patches == b.patches || a.one.skip != b.one.skip)) {
            return refusal(fmt::format("'{}' at {} is in more than one file", a.one.id(), a.at),
                           "each case may be there once at each state; use --against to compare two runs");
        }
    }
    return {};
}

}  // namespace

Result<Results> merge(std::vector<Results> parts, const std::vector<std::string>& names)
{
    if (parts.size() == 1 && !parts.front().facts.shard) {
        return std::move(parts.front());
    }
    std::vector<size_t> order(parts.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const bool sharded =
        std::any_of(parts.begin(), parts.end(), [](const Results& one) { return one.facts.shard.has_value(); });
    if (sharded) {
        if (!parts.front().facts.shard) {
            return refusal(fmt::format("'{}' is not a part of a plan, another file is", names.front()),
                           "merge the parts of one plan by themselves");
        }
        auto shards = order_of_shards(parts, names);
        if (!shards) {
            return shards.error();
        }
        order = *shards;
    }
    Results all;
    all.facts = parts[order.front()].facts;
    all.facts.shard.reset();
    Pools pools(all);
    for (const size_t i : order) {
        if (i != order.front()) {
            if (auto added = add_facts(all.facts, parts[i].facts, names[order.front()], names[i]); !added) {
                return added.error();
            }
        }
        Mover mover(parts[i], pools);
        for (const Finding& finding : parts[i].findings) {
            all.findings.push_back(mover.move(finding));
        }
    }
    put_in_order(all.findings);
    if (auto unique = no_case_twice(all.findings); !unique) {
        return unique.error();
    }
    if (parts.size() > 1 && !sharded) {
        std::vector<matrix::Case> cases;
        for (const Finding& one : all.findings) {
            if (cases.empty() || !(cases.back() == one.one)) {
                cases.push_back(one.one);
            }
        }
        all.facts.plan = plan_id(all.facts, cases);
    }
    return all;
}

}  // namespace rogate::report
