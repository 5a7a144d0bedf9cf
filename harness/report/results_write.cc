// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "lab/guest_report.h"
#include "report/json.h"
#include "report/results.h"
#include "report/text.h"

namespace rogate::report {
namespace {

/// Writes one value of a file; keys and words of rogate's own are plain ASCII, all other text may be anything.
class Line {
public:
    Line() : writer_(buffer_) {}

    template <class Body>
    void object(Body body)
    {
        writer_.StartObject();
        body();
        writer_.EndObject();
    }
    template <class List, class Body>
    void array(const List& list, Body body)
    {
        writer_.StartArray();
        for (const auto& one : list) {
            body(one);
        }
        writer_.EndArray();
    }
    void key(const char* name) { writer_.Key(name); }
    void text(std::string_view value)
    {
        const std::string clean = utf8(value);
        writer_.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
    }
    void text(const char* name, std::string_view value)
    {
        key(name);
        text(value);
    }
    void text_if_any(const char* name, const std::string& value)
    {
        if (!value.empty()) {
            text(name, value);
        }
    }
    void texts(const char* name, const std::vector<std::string>& values)
    {
        key(name);
        array(values, [&](const std::string& one) { text(one); });
    }
    void number(uint64_t value) { writer_.Uint64(value); }
    void number(const char* name, uint64_t value)
    {
        key(name);
        number(value);
    }
    void signed_number(const char* name, int value)
    {
        key(name);
        writer_.Int(value);
    }
    void flag(const char* name, bool value)
    {
        key(name);
        writer_.Bool(value);
    }
    void hex(const char* name, unsigned value) { text(name, fmt::format("{:02x}", value)); }
    void null() { writer_.Null(); }
    void place(const char* name, const Place& value)
    {
        if (value) {
            number(name, *value);
        }
    }
    void ranges(const char* name, const std::vector<image::SectorRange>& list)
    {
        key(name);
        array(list, [&](const image::SectorRange& range) {
            writer_.StartArray();
            number(range.first);
            number(range.count);
            writer_.EndArray();
        });
    }

    /// What was written since the last call.
    std::string take()
    {
        std::string text(buffer_.GetString(), buffer_.GetSize());
        buffer_.Clear();
        writer_.Reset(buffer_);
        return text;
    }

private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

void process(Line& line, const char* name, const lab::ProcessEvidence& one)
{
    line.key(name);
    line.object([&] {
        line.texts("argv", one.argv);
        line.text("ending", one.ending);
        line.signed_number("exit_status", one.exit_status);
        line.signed_number("signal", one.signal);
        line.flag("timed_out", one.timed_out);
        line.text("stderr", one.stderr_text);
    });
}

void machine(Line& line, const Machine& one)
{
    line.object([&] {
        line.text("nonce", one.nonce);
        line.text("subject", one.subject);
        line.texts("cases", one.cases);
        line.number("microseconds", one.duration_us);
        process(line, "device_model", one.device_model);
        process(line, "qemu", one.qemu);
        line.text_if_any("console", one.console);
    });
}

void command(Line& line, const lab::GuestCommand& one)
{
    line.object([&] {
        line.text("name", one.name);
        line.text("class", lab::to_string(one.command_class));
        line.text("kind", one.kind);
        line.text("protocol", one.protocol);
        line.hex("opcode", one.opcode);
        line.number("lba", one.lba);
        line.number("sectors", one.sectors);
        line.hex("status", one.status);
        line.hex("error", one.error);
        line.flag("accepted", one.accepted());
        line.text_if_any("sense", one.sense);
        if (one.bus_master) {
            line.hex("bus_master", *one.bus_master);
        }
        if (one.timed_out) {
            line.flag("timed_out", true);
        }
        line.text_if_any("read_back", one.read_back);
    });
}

void guest(Line& line, const std::vector<lab::GuestCommand>& commands)
{
    line.array(commands, [&](const lab::GuestCommand& one) { command(line, one); });
}

void checksums(Line& line, const std::vector<std::optional<uint32_t>>& list)
{
    line.array(list,
               [&](const std::optional<uint32_t>& one) { one ? line.text(fmt::format("{:08x}", *one)) : line.null(); });
}

void wire(Line& line, const std::vector<lab::WireRequest>& requests)
{
    line.array(requests, [&](const lab::WireRequest& one) {
        line.object([&] {
            line.text("operation", one.operation);
            line.number("offset", one.offset_bytes);
            line.number("count", one.count_bytes);
            line.text("result", !one.answered ? "no answer" : one.error.empty() ? "ok" : one.error);
        });
    });
}

void files(Line& line, const Outcome& outcome)
{
    line.key("descriptor");
    line.array(outcome.open_files, [&](const lab::OpenFile& one) {
        line.object([&] {
            line.text("file", one.file);
            line.flag("writable", one.writable);
            line.flag("mapping", one.mapping);
            line.text("how", one.detail);
        });
    });
    line.key("kernel");
    line.array(outcome.events, [&](const lab::KernelEvent& one) {
        line.object([&] {
            line.text("file", one.file);
            line.text("event", one.what);
        });
    });
    line.key("files");
    line.array(outcome.files, [&](const lab::FileEvidence& one) {
        line.object([&] {
            line.text("file", one.file);
            line.flag("backing", one.backing);
            line.text("digest_before", one.digest_before);
            line.text("digest_after", one.digest_after);
            line.ranges("changed", one.changed);
            line.texts("stat", one.stat_changes);
        });
    });
}

void evidence(Line& line, const Outcome& outcome)
{
    line.object([&] {
        line.place("machine", outcome.machine);
        line.text_if_any("disk", outcome.disk);
        line.text_if_any("export", outcome.export_name);
        line.flag("wish_expressible", outcome.wish_expressible);
        line.flag("guest_complete", outcome.guest_complete);
        line.text_if_any("environment_error", outcome.environment_error);
        line.text_if_any("environment_hint", outcome.environment_hint);
        line.text_if_any("subject_refusal", outcome.subject_refusal);
        line.text_if_any("guest_problem", outcome.guest_problem);
        line.place("guest", outcome.guest);
        line.place("checksums", outcome.checksums);
        line.place("wire", outcome.wire);
        files(line, outcome);
        if (outcome.reader) {
            line.key("reader");
            line.object([&] {
                line.text("command", outcome.reader->command);
                line.text("failure", outcome.reader->failure);
                line.ranges("wrong", outcome.reader->wrong);
            });
        }
    });
}

void put_outcome(Line& line, const Outcome& outcome)
{
    line.text("verdict", matrix::to_string(outcome.verdict.kind));
    line.texts("reasons", outcome.verdict.reasons);
    line.key("evidence");
    evidence(line, outcome);
}

void finding(Line& line, const Finding& one)
{
    line.object([&] {
        line.text("case", one.one.id());
        line.text("at", one.at);
        line.number("patches", one.patches);
        if (one.skipped()) {
            line.text("verdict", matrix::to_string(matrix::VerdictKind::skip));
            line.texts("reasons", {one.one.skip});
            return;
        }
        line.key("expected");
        one.expected ? line.text(matrix::to_string(*one.expected)) : line.null();
        line.flag("as_expected", one.as_expected());
        line.text_if_any("why", one.why);
        line.text_if_any("missing_patch", one.missing_patch);
        line.text_if_any("closed_by", one.closed_by);
        if (one.unchanged) {
            line.flag("unchanged", true);
        }
        put_outcome(line, one.outcome);
        if (one.also) {
            line.key(one.also_is_alone ? "alone" : "in_company");
            line.object([&] { put_outcome(line, *one.also); });
        }
    });
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

template <class List, class Write>
void add_list(std::string& text, const char* key, const List& list, Write write)
{
    Line line;
    text += fmt::format(",\n \"{}\": [", key);
    for (size_t i = 0; i < list.size(); ++i) {
        text += i == 0 ? "\n" : ",\n";
        write(line, list[i]);
        text += line.take();
    }
    text += list.empty() ? "]" : "\n ]";
}

}  // namespace

std::string write_results(const Results& results)
{
    // Guests and file names may hold bytes that are no UTF-8; JSON has no word for them.
    std::string text = head(results.facts).dump(1, ' ', false, Json::error_handler_t::replace);
    text.resize(text.size() - 2);  // the closing "\n}"
    text.reserve(results.findings.size() * 2000);
    add_list(text, "machines", results.machines, machine);
    add_list(text, "guests", results.guests, guest);
    add_list(text, "checksums", results.checksums, checksums);
    add_list(text, "wires", results.wires, wire);
    add_list(text, "results", results.findings, finding);
    return text + "\n}\n";
}

}  // namespace rogate::report
