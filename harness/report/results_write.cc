// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/guest_report.h"
#include "report/json.h"
#include "report/results.h"
#include <fmt/format.h>

namespace rogate::report {
namespace {

void put(Json& json, const char* key, const std::string& text)
{
    if (!text.empty()) {
        json[key] = text;
    }
}

void put(Json& json, const char* key, const Place& place)
{
    if (place) {
        json[key] = *place;
    }
}

Json ranges(const std::vector<image::SectorRange>& list)
{
    Json all = Json::array();
    for (const image::SectorRange& range : list) {
        all.push_back(Json::array({range.first, range.count}));
    }
    return all;
}

Json process(const lab::ProcessEvidence& evidence)
{
    return {{"argv", evidence.argv},     {"ending", evidence.ending},       {"exit_status", evidence.exit_status},
            {"signal", evidence.signal}, {"timed_out", evidence.timed_out}, {"stderr", evidence.stderr_text}};
}

Json machine(const Machine& one)
{
    Json json{{"nonce", one.nonce},
              {"subject", one.subject},
              {"cases", one.cases},
              {"microseconds", one.duration_us},
              {"device_model", process(one.device_model)},
              {"qemu", process(one.qemu)}};
    put(json, "console", one.console);
    return json;
}

Json command(const lab::GuestCommand& one)
{
    Json json{{"name", one.name},
              {"class", lab::to_string(one.command_class)},
              {"kind", one.kind},
              {"protocol", one.protocol},
              {"opcode", fmt::format("{:02x}", one.opcode)},
              {"lba", one.lba},
              {"sectors", one.sectors},
              {"status", fmt::format("{:02x}", one.status)},
              {"error", fmt::format("{:02x}", one.error)},
              {"accepted", one.accepted()}};
    put(json, "sense", one.sense);
    if (one.bus_master) {
        json["bus_master"] = fmt::format("{:02x}", *one.bus_master);
    }
    if (one.timed_out) {
        json["timed_out"] = true;
    }
    put(json, "read_back", one.read_back);
    return json;
}

Json guest(const std::vector<lab::GuestCommand>& commands)
{
    Json json = Json::array();
    for (const lab::GuestCommand& one : commands) {
        json.push_back(command(one));
    }
    return json;
}

Json checksums(const std::vector<std::optional<uint32_t>>& list)
{
    Json json = Json::array();
    for (const std::optional<uint32_t>& one : list) {
        json.push_back(one ? Json(fmt::format("{:08x}", *one)) : Json());
    }
    return json;
}

Json wire(const std::vector<lab::WireRequest>& requests)
{
    Json json = Json::array();
    for (const lab::WireRequest& one : requests) {
        json.push_back({{"operation", one.operation},
                        {"offset", one.offset_bytes},
                        {"count", one.count_bytes},
                        {"result", !one.answered       ? "no answer"
                                   : one.error.empty() ? "ok"
                                                       : one.error}});
    }
    return json;
}

void put_witnesses(Json& json, const Outcome& outcome)
{
    put(json, "guest", outcome.guest);
    put(json, "checksums", outcome.checksums);
    put(json, "wire", outcome.wire);
    json["descriptor"] = Json::array();
    for (const lab::OpenFile& one : outcome.open_files) {
        json["descriptor"].push_back(
            {{"file", one.file}, {"writable", one.writable}, {"mapping", one.mapping}, {"how", one.detail}});
    }
    json["kernel"] = Json::array();
    for (const lab::KernelEvent& one : outcome.events) {
        json["kernel"].push_back({{"file", one.file}, {"event", one.what}});
    }
    json["files"] = Json::array();
    for (const lab::FileEvidence& one : outcome.files) {
        json["files"].push_back({{"file", one.file},
                                 {"backing", one.backing},
                                 {"digest_before", one.digest_before},
                                 {"digest_after", one.digest_after},
                                 {"changed", ranges(one.changed)},
                                 {"stat", one.stat_changes}});
    }
    if (outcome.reader) {
        json["reader"] = {{"command", outcome.reader->command},
                          {"failure", outcome.reader->failure},
                          {"wrong", ranges(outcome.reader->wrong)}};
    }
}

void put_outcome(Json& json, const Outcome& outcome)
{
    json["verdict"] = matrix::to_string(outcome.verdict.kind);
    json["reasons"] = outcome.verdict.reasons;
    Json evidence = Json::object();
    put(evidence, "machine", outcome.machine);
    put(evidence, "disk", outcome.disk);
    put(evidence, "export", outcome.export_name);
    evidence["wish_expressible"] = outcome.wish_expressible;
    evidence["guest_complete"] = outcome.guest_complete;
    put(evidence, "environment_error", outcome.environment_error);
    put(evidence, "environment_hint", outcome.environment_hint);
    put(evidence, "subject_refusal", outcome.subject_refusal);
    put(evidence, "guest_problem", outcome.guest_problem);
    put_witnesses(evidence, outcome);
    json["evidence"] = std::move(evidence);
}

Json finding(const Finding& one)
{
    Json json{{"case", one.one.id()}, {"at", one.at}, {"patches", one.patches}};
    if (one.skipped()) {
        json["verdict"] = matrix::to_string(matrix::VerdictKind::skip);
        json["reasons"] = {one.one.skip};
        return json;
    }
    json["expected"] = one.expected ? Json(matrix::to_string(*one.expected)) : Json();
    json["as_expected"] = one.as_expected();
    put(json, "why", one.why);
    put(json, "missing_patch", one.missing_patch);
    put(json, "closed_by", one.closed_by);
    put_outcome(json, one.outcome);
    if (one.also) {
        put_outcome(json[one.also_is_alone ? "alone" : "in_company"], *one.also);
    }
    return json;
}

Json head(const RunFacts& facts)
{
    Json json{{"version", kResultsVersion}, {"rogate", facts.rogate_version}, {"series", facts.series},
              {"upstream", facts.upstream}, {"command", facts.command},       {"patches", facts.patches}};
    json["trees"] = Json::object();
    for (const auto& [state, id] : facts.trees) {
        json["trees"][state] = id;
    }
    json["tools"] = Json::object();
    for (const auto& [tool, version] : facts.tools) {
        json["tools"][tool] = version;
    }
    json["seconds"] = facts.seconds;
    json["plan"] = facts.plan;
    if (facts.shard) {
        json["shard"] = {{"index", facts.shard->index}, {"count", facts.shard->count}};
    }
    return json;
}

/// Guests and file names may hold bytes that are no UTF-8; JSON has no word for them.
std::string dump(const Json& json, int indent = -1)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

template <class List, class Writer>
void add_list(std::string& text, const char* key, const List& list, Writer writer)
{
    text += fmt::format(",\n \"{}\": [", key);
    for (size_t i = 0; i < list.size(); ++i) {
        text += i == 0 ? "\n" : ",\n";
        text += dump(writer(list[i]));
    }
    text += list.empty() ? "]" : "\n ]";
}

}  // namespace

std::string write_results(const Results& results)
{
    std::string text = dump(head(results.facts), 1);
    text.resize(text.size() - 2);  // the closing "\n}"
    text.reserve(results.findings.size() * 1200);
    add_list(text, "machines", results.machines, machine);
    add_list(text, "guests", results.guests, guest);
    add_list(text, "checksums", results.checksums, checksums);
    add_list(text, "wires", results.wires, wire);
    add_list(text, "results", results.findings, finding);
    return text + "\n}\n";
}

}  // namespace rogate::report
