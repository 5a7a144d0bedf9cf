// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json.h"

#include <fmt/format.h>

#include "lab/guest_report.h"

namespace rogate::report {
namespace {

Json ranges(const std::vector<image::SectorRange>& list)
{
    Json all = Json::array();
    for (const image::SectorRange& range : list) {
        all.push_back({{"first", range.first}, {"count", range.count}});
    }
    return all;
}

Json process(const lab::ProcessEvidence& evidence)
{
    return {{"argv", evidence.argv}, {"ending", evidence.ending}, {"stderr", evidence.stderr_text}};
}

Json command(const lab::GuestCommand& one)
{
    Json json{{"name", one.name},
              {"class", lab::to_string(one.command_class)},
              {"protocol", one.protocol},
              {"opcode", fmt::format("{:02x}", one.opcode)},
              {"lba", one.lba},
              {"sectors", one.sectors},
              {"status", fmt::format("{:02x}", one.status)},
              {"error", fmt::format("{:02x}", one.error)},
              {"accepted", one.accepted()}};
    if (one.bus_master) {
        json["bus_master"] = fmt::format("{:02x}", *one.bus_master);
    }
    if (one.timed_out) {
        json["timed_out"] = true;
    }
    if (!one.read_back.empty()) {
        json["read_back"] = one.read_back;
    }
    if (one.crc) {
        json["crc"] = fmt::format("{:08x}", *one.crc);
    }
    return json;
}

Json file(const lab::FileEvidence& one)
{
    return {{"file", one.file},
            {"backing", one.backing},
            {"digest_before", one.digest_before},
            {"digest_after", one.digest_after},
            {"changed", ranges(one.changed)},
            {"stat", one.stat_changes}};
}

Json witnesses(const lab::Evidence& evidence)
{
    Json guest = Json::array();
    for (const lab::GuestCommand& one : evidence.commands) {
        guest.push_back(command(one));
    }
    Json wire = Json::array();
    for (const lab::WireRequest& one : evidence.requests) {
        wire.push_back({{"operation", one.operation},
                        {"offset", one.offset_bytes},
                        {"count", one.count_bytes},
                        {"result", one.answered ? (one.error.empty() ? "ok" : one.error) : "no answer"}});
    }
    Json descriptor = Json::array();
    for (const lab::OpenFile& one : evidence.open_files) {
        descriptor.push_back({{"file", one.file}, {"writable", one.writable}, {"how", one.detail}});
    }
    Json kernel = Json::array();
    for (const lab::KernelEvent& one : evidence.events) {
        kernel.push_back({{"file", one.file}, {"event", one.what}});
    }
    Json files = Json::array();
    for (const lab::FileEvidence& one : evidence.files) {
        files.push_back(file(one));
    }
    return {{"guest", guest}, {"wire", wire}, {"descriptor", descriptor}, {"kernel", kernel}, {"files", files}};
}

Json evidence_json(const lab::Evidence& evidence)
{
    Json json{{"subject", evidence.subject},
              {"nonce", evidence.nonce},
              {"disk", evidence.disk},
              {"export", evidence.export_name},
              {"wish_expressible", evidence.wish_expressible},
              {"company", evidence.company},
              {"milliseconds", static_cast<double>(evidence.duration_us) / 1000.0},
              {"device_model", process(evidence.device_model)},
              {"qemu", process(evidence.qemu)},
              {"guest_complete", evidence.guest_complete}};
    for (const auto& [key, text] : {std::pair{"environment_error", &evidence.environment_error},
                                    std::pair{"environment_hint", &evidence.environment_hint},
                                    std::pair{"subject_refusal", &evidence.subject_refusal},
                                    std::pair{"guest_problem", &evidence.guest_problem}}) {
        if (!text->empty()) {
            json[key] = *text;
        }
    }
    json["witnesses"] = witnesses(evidence);
    if (evidence.reader) {
        json["reader"] = {{"command", evidence.reader->command},
                          {"failure", evidence.reader->failure},
                          {"wrong", ranges(evidence.reader->wrong)}};
    }
    return json;
}

Json judged_json(const matrix::Judged& judged)
{
    return {{"verdict", matrix::to_string(judged.verdict.kind)},
            {"reasons", judged.verdict.reasons},
            {"evidence", evidence_json(judged.evidence)}};
}

}  // namespace

Json to_json(const matrix::CaseResult& result)
{
    Json json{{"case", result.one.id()}, {"at", result.state}, {"patches", result.patches},
              {"expected", result.expected ? Json(matrix::to_string(result.expected->kind)) : Json()},
              {"as_expected", result.as_expected()}};
    if (result.expected && !result.expected->why.empty()) {
        json["why"] = result.expected->why;
    }
    if (!result.one.skip.empty()) {
        json["verdict"] = "skip";
        json["reasons"] = {result.one.skip};
        return json;
    }
    json.update(judged_json(result.judged));
    if (result.also) {
        json[result.also_is_alone ? "alone" : "in_company"] = judged_json(*result.also);
    }
    return json;
}

Json to_json(const RunFacts& facts, const std::vector<matrix::CaseResult>& results)
{
    Json trees = Json::object();
    for (const auto& [state, id] : facts.trees) {
        trees[state] = id;
    }
    Json tools = Json::object();
    for (const auto& [tool, version] : facts.tools) {
        tools[tool] = version;
    }
    Json all = Json::array();
    for (const matrix::CaseResult& result : results) {
        all.push_back(to_json(result));
    }
    return {{"version", kResultsVersion}, {"rogate", facts.rogate_version}, {"series", facts.series},
            {"patches", facts.patches},   {"trees", trees},                 {"tools", tools},
            {"seconds", facts.seconds},   {"results", all}};
}

}  // namespace rogate::report
