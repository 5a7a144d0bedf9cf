// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <set>

#include "report/read_evidence.h"

namespace rogate::report {
namespace {

/// The members of an object whose names are data: states, programs.
std::vector<std::pair<std::string, std::string>> read_pairs(JsonObject& object, const char* key)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    const JsonValue* json = object.object(key);
    if (!json) {
        return pairs;
    }
    for (const auto& item : json->GetObject()) {
        if (!item.value.IsString()) {
            object.problem(key, fmt::format("'{}' must be a text", text_of(item.name)));
            return pairs;
        }
        pairs.emplace_back(text_of(item.name), text_of(item.value));
    }
    return pairs;
}

std::optional<Shard> read_shard(JsonObject& object)
{
    const JsonValue* json = object.object("shard", true);
    if (!json) {
        return std::nullopt;
    }
    JsonObject inner(*json, object.at("shard"), object.problems());
    Shard shard{inner.number("index"), inner.number("count")};
    inner.finish();
    if (shard.index < 1 || shard.index > shard.count) {
        object.problem("shard", fmt::format("there is no part {} of {}", shard.index, shard.count));
    }
    return shard;
}

RunFacts read_facts(JsonObject& object)
{
    RunFacts facts;
    facts.rogate_version = object.text("rogate");
    facts.series = object.text("series");
    facts.upstream = object.text("upstream");
    facts.command = object.texts("command");
    facts.patches = object.texts("patches");
    facts.trees = read_pairs(object, "trees");
    facts.tools = read_pairs(object, "tools");
    facts.seconds = object.real("seconds");
    facts.plan = object.text("plan");
    facts.shard = read_shard(object);
    return facts;
}

matrix::Case read_case(JsonObject& object)
{
    const std::string id = object.text("case");
    std::vector<std::string> parts;
    for (size_t from = 0; from <= id.size();) {
        const size_t slash = std::min(id.find('/', from), id.size());
        parts.push_back(id.substr(from, slash - from));
        from = slash + 1;
    }
    const bool whole = parts.size() == 5 && std::find(parts.begin(), parts.end(), "") == parts.end();
    if (!whole || (parts[2] != "ro" && parts[2] != "rw")) {
        object.problem("case", fmt::format("'{}' is no case id", id));
        return {};
    }
    return {parts[0], parts[1], parts[2] == "ro" ? matrix::Mode::ro : matrix::Mode::rw, parts[3], parts[4]};
}

void read_expectation(JsonObject& object, Finding& finding)
{
    if (const JsonValue* expected = object.member("expected"); expected && !expected->IsNull()) {
        finding.expected = expected->IsString() ? matrix::verdict_kind(text_of(*expected)) : std::nullopt;
        if (!finding.expected) {
            object.problem("expected", "it must be null or a verdict");
        }
    }
    finding.why = object.text_if_any("why");
    finding.missing_patch = object.text_if_any("missing_patch");
    finding.closed_by = object.text_if_any("closed_by");
}

void read_also(JsonObject& object, const Results& results, Finding& finding)
{
    for (const bool alone : {true, false}) {
        const char* key = alone ? "alone" : "in_company";
        if (const JsonValue* json = object.object(key, true)) {
            JsonObject inner(*json, object.at(key), object.problems());
            finding.also = read_outcome(inner, results);
            finding.also_is_alone = alone;
            inner.finish();
        }
    }
}

Finding read_finding(const JsonValue& json, const JsonPlace& place, JsonProblems& problems, const Results& results)
{
    JsonObject object(json, place, problems);
    Finding finding;
    finding.one = read_case(object);
    finding.at = object.text("at");
    finding.patches = object.number("patches");
    const bool has_verdict = json.IsObject() && json.HasMember("verdict") && json["verdict"].IsString();
    if (has_verdict && text_of(json["verdict"]) == "skip") {
        finding.outcome.verdict = {read_verdict(object, "verdict"), object.texts("reasons")};
        finding.one.skip = finding.outcome.verdict.reasons.empty() ? "" : finding.outcome.verdict.reasons.front();
        if (finding.one.skip.empty()) {
            object.problem("reasons", "a case that is skipped has a reason");
        }
    } else {
        read_expectation(object, finding);
        const bool as_expected = object.flag("as_expected");
        finding.unchanged = object.flag_if_any("unchanged");
        finding.outcome = read_outcome(object, results);
        read_also(object, results, finding);
        if (as_expected != finding.as_expected()) {
            object.problem("as_expected", "it does not follow from 'verdict' and 'expected'");
        }
    }
    object.finish();
    return finding;
}

void read_lists(JsonObject& object, Results& results)
{
    JsonProblems& problems = object.problems();
    for_each(object, "machines", [&](const JsonValue& json, const JsonPlace& place) {
        results.machines.push_back(read_machine(json, place, problems));
    });
    for_each(object, "guests", [&](const JsonValue& json, const JsonPlace& place) {
        results.guests.push_back(read_guest(json, place, problems));
    });
    for_each(object, "checksums", [&](const JsonValue& json, const JsonPlace& place) {
        results.checksums.push_back(read_checksums(json, place, problems));
    });
    for_each(object, "wires", [&](const JsonValue& json, const JsonPlace& place) {
        results.wires.push_back(read_wire(json, place, problems));
    });
    std::set<std::pair<std::string, std::string>> seen;
    for_each(object, "results", [&](const JsonValue& json, const JsonPlace& place) {
        Finding finding = read_finding(json, place, problems, results);
        if (!seen.emplace(finding.one.id(), finding.at).second) {
            problems.add(place, fmt::format("'{}' at {} is there twice", finding.one.id(), finding.at));
        }
        results.findings.push_back(std::move(finding));
    });
}

}  // namespace

Result<Results> read_results(std::string_view text, const std::string& name)
{
    auto json = parse_json(text, name);
    if (!json) {
        return json.error();
    }
    JsonProblems problems(name);
    const JsonPlace top;
    JsonObject object(*json, top, problems);
    const uint64_t version = object.number("version");
    if (!problems.any() && version != kResultsVersion) {
        return Error{
            ErrorKind::usage,
            fmt::format("cannot read '{}': its version is {}, this rogate reads {}", name, version, kResultsVersion),
            "run the cases again with 'rogate run --json FILE', or use the rogate that wrote the file"};
    }
    Results results;
    results.facts = read_facts(object);
    read_lists(object, results);
    object.finish();
    if (problems.any()) {
        return problems.first();
    }
    return results;
}

}  // namespace rogate::report
