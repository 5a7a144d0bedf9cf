// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/read_evidence.h"

#include <array>

#include "base/text.h"
#include "lab/guest_report.h"

namespace rogate::report {
namespace {

std::vector<image::SectorRange> read_ranges(JsonObject& object, const char* key)
{
    std::vector<image::SectorRange> ranges;
    for_each(object, key, [&](const Json& pair, const JsonPlace& place) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_unsigned() || !pair[1].is_number_unsigned()) {
            object.problems().add(place, "it must be a first sector and a count");
        } else {
            ranges.push_back({pair[0].get<uint64_t>(), pair[1].get<uint64_t>()});
        }
    });
    return ranges;
}

lab::ProcessEvidence read_process(JsonObject& parent, const char* key)
{
    lab::ProcessEvidence process;
    const Json* json = parent.object(key);
    if (!json) {
        return process;
    }
    JsonObject object(*json, parent.at(key), parent.problems());
    process.argv = object.texts("argv");
    process.ending = object.text("ending");
    process.exit_status = object.signed_number("exit_status");
    process.signal = object.signed_number("signal");
    process.timed_out = object.flag("timed_out");
    process.stderr_text = object.text("stderr");
    object.finish();
    return process;
}

lab::CommandClass read_class(JsonObject& object)
{
    using enum lab::CommandClass;
    const std::string word = object.text("class");
    for (const lab::CommandClass one : {identify, read, verify, write, trim, flush, absent, setup, recheck}) {
        if (lab::to_string(one) == word) {
            return one;
        }
    }
    object.problem("class", "no class of commands is called '" + word + "'");
    return read;
}

lab::GuestCommand read_command(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    JsonObject object(json, place, problems);
    lab::GuestCommand one;
    one.name = object.text("name");
    one.command_class = read_class(object);
    one.kind = object.text("kind");
    one.protocol = object.text("protocol");
    one.opcode = object.hex("opcode");
    one.lba = object.number("lba");
    one.sectors = static_cast<unsigned>(object.number("sectors"));
    one.status = object.hex("status");
    one.error = object.hex("error");
    const bool accepted = object.flag("accepted");
    one.sense = object.text_if_any("sense");
    one.bus_master = object.hex_if_any("bus_master");
    one.timed_out = object.flag_if_any("timed_out");
    one.read_back = object.text_if_any("read_back");
    object.finish();
    if (accepted != one.accepted()) {
        object.problem("accepted", "it does not follow from kind, status and error");
    }
    return one;
}

lab::WireRequest read_request(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    JsonObject object(json, place, problems);
    lab::WireRequest one;
    one.operation = object.text("operation");
    one.offset_bytes = object.number("offset");
    one.count_bytes = object.number("count");
    const std::string result = object.text("result");
    one.answered = result != "no answer";
    one.error = result == "ok" || !one.answered ? std::string() : result;
    object.finish();
    return one;
}

template <class One, class Reader>
std::vector<One> read_list(const Json& json, const JsonPlace& place, JsonProblems& problems, Reader read)
{
    std::vector<One> all;
    if (!json.is_array()) {
        problems.add(place, "it must be a list");
        return all;
    }
    all.reserve(json.size());
    for (size_t i = 0; i < json.size(); ++i) {
        all.push_back(read(json[i], JsonPlace{&place, nullptr, i}, problems));
    }
    return all;
}

void read_files(JsonObject& object, Outcome& outcome)
{
    for_each(object, "descriptor", [&](const Json& json, const JsonPlace& place) {
        JsonObject one(json, place, object.problems());
        outcome.open_files.push_back({one.text("file"), one.flag("writable"), one.flag("mapping"), one.text("how")});
        one.finish();
    });
    for_each(object, "kernel", [&](const Json& json, const JsonPlace& place) {
        JsonObject one(json, place, object.problems());
        outcome.events.push_back({one.text("file"), one.text("event")});
        one.finish();
    });
    for_each(object, "files", [&](const Json& json, const JsonPlace& place) {
        JsonObject one(json, place, object.problems());
        lab::FileEvidence file;
        file.file = one.text("file");
        file.backing = one.flag("backing");
        file.digest_before = one.text("digest_before");
        file.digest_after = one.text("digest_after");
        file.changed = read_ranges(one, "changed");
        file.stat_changes = one.texts("stat");
        one.finish();
        outcome.files.push_back(std::move(file));
    });
}

void read_evidence(JsonObject& object, const Results& results, Outcome& outcome)
{
    outcome.machine = object.index_if_any("machine", results.machines.size());
    outcome.disk = object.text_if_any("disk");
    outcome.export_name = object.text_if_any("export");
    outcome.wish_expressible = object.flag("wish_expressible");
    outcome.guest_complete = object.flag("guest_complete");
    outcome.environment_error = object.text_if_any("environment_error");
    outcome.environment_hint = object.text_if_any("environment_hint");
    outcome.subject_refusal = object.text_if_any("subject_refusal");
    outcome.guest_problem = object.text_if_any("guest_problem");
    outcome.guest = object.index_if_any("guest", results.guests.size());
    outcome.checksums = object.index_if_any("checksums", results.checksums.size());
    outcome.wire = object.index_if_any("wire", results.wires.size());
    const size_t commands = outcome.guest ? results.guests[*outcome.guest].size() : 0;
    const size_t checksums = outcome.checksums ? results.checksums[*outcome.checksums].size() : 0;
    if (commands != checksums) {
        object.problem("checksums", "there must be one for each command of 'guest'");
    }
    read_files(object, outcome);
    if (const Json* json = object.object("reader", true)) {
        JsonObject reader(*json, object.at("reader"), object.problems());
        outcome.reader =
            lab::ReaderEvidence{reader.text("command"), reader.text("failure"), read_ranges(reader, "wrong")};
        reader.finish();
    }
    object.finish();
}

}  // namespace

Machine read_machine(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    JsonObject object(json, place, problems);
    Machine machine;
    machine.nonce = object.text("nonce");
    machine.subject = object.text("subject");
    machine.cases = object.texts("cases");
    machine.duration_us = object.number("microseconds");
    machine.device_model = read_process(object, "device_model");
    machine.qemu = read_process(object, "qemu");
    machine.console = object.text_if_any("console");
    object.finish();
    return machine;
}

std::vector<lab::GuestCommand> read_guest(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    return read_list<lab::GuestCommand>(json, place, problems, read_command);
}

std::vector<std::optional<uint32_t>> read_checksums(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    return read_list<std::optional<uint32_t>>(
        json, place, problems,
        [](const Json& one, const JsonPlace& where, JsonProblems& told) -> std::optional<uint32_t> {
            if (one.is_null()) {
                return std::nullopt;
            }
            const auto value = one.is_string() ? parse_hex(one.get_ref<const std::string&>()) : std::nullopt;
            if (!value) {
                told.add(where, "it must be null or a text of hexadecimal digits");
            }
            return value;
        });
}

std::vector<lab::WireRequest> read_wire(const Json& json, const JsonPlace& place, JsonProblems& problems)
{
    return read_list<lab::WireRequest>(json, place, problems, read_request);
}

matrix::VerdictKind read_verdict(JsonObject& object, const char* key)
{
    const std::string word = object.text(key);
    const auto kind = matrix::verdict_kind(word);
    if (!kind) {
        object.problem(key, "no verdict is called '" + word + "'");
    }
    return kind.value_or(matrix::VerdictKind::error);
}

Outcome read_outcome(JsonObject& object, const Results& results)
{
    Outcome outcome;
    outcome.verdict.kind = read_verdict(object, "verdict");
    outcome.verdict.reasons = object.texts("reasons");
    if (const Json* evidence = object.object("evidence")) {
        JsonObject inner(*evidence, object.at("evidence"), object.problems());
        read_evidence(inner, results, outcome);
    }
    return outcome;
}

}  // namespace rogate::report
