// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/show.h"

#include <fmt/format.h>
#include <map>

#include "process/spec.h"

namespace rogate::report {
namespace {

std::string text_of(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found == json.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

/// Outside bytes on their way to a terminal: control characters would let a guest drive it.
std::string printable(const std::string& text)
{
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        safe += byte >= 0x20 && byte != 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    }
    return safe;
}

std::string ranges_text(const Json& ranges)
{
    std::string text;
    size_t shown = 0;
    for (const Json& range : ranges) {
        if (shown++ == 12) {
            return text + fmt::format(" and {} more runs", ranges.size() - 12);
        }
        const auto first = range.at("first").get<uint64_t>();
        const auto count = range.at("count").get<uint64_t>();
        text += (text.empty() ? "" : " ") + (count == 1 ? fmt::format("{}", first) : fmt::format("{}-{}", first, first + count - 1));
    }
    return text;
}

std::string guest_text(const Json& commands, bool whole)
{
    std::string text;
    std::map<std::string, size_t> counts;
    for (const Json& one : commands) {
        const std::string back = text_of(one, "read_back");
        const std::string outcome = fmt::format("status {} error {}{}{}", text_of(one, "status"), text_of(one, "error"),
                                                one.contains("bus_master") ? " bm " + text_of(one, "bus_master") : "",
                                                back.empty() ? "" : ", reads back " + back);
        if (whole) {
            text += fmt::format("    {:<8} {} {:<28} sector {:>6} +{:<3} {}\n", text_of(one, "class"), text_of(one, "opcode"),
                                printable(text_of(one, "name")), one.at("lba").get<uint64_t>(), one.at("sectors").get<unsigned>(),
                                printable(outcome));
        } else {
            const std::string kind = text_of(one, "class");
            ++counts[fmt::format("{:<8} {}", kind, one.at("accepted").get<bool>() ? "done" : "error ") +
                     (back.empty() ? "" : ", reads back " + printable(back))];
        }
    }
    for (const auto& [line, count] : counts) {
        text += fmt::format("    {:>4} x {}\n", count, line);
    }
    return text.empty() ? "    nothing\n" : text;
}

std::string wire_text(const Json& requests, bool whole)
{
    std::string text;
    std::map<std::string, size_t> counts;
    for (const Json& one : requests) {
        const std::string result = text_of(one, "result");
        if (whole) {
            text += fmt::format("    {:<6} offset {:>9} count {:>7}  {}\n", text_of(one, "operation"), one.at("offset").get<uint64_t>(),
                                one.at("count").get<uint64_t>(), result);
        } else {
            ++counts[fmt::format("{:<6} {}", text_of(one, "operation"), result)];
        }
    }
    for (const auto& [line, count] : counts) {
        text += fmt::format("    {:>4} x {}\n", count, line);
    }
    return text.empty() ? "    nothing reached the block layer\n" : text;
}

std::string list_text(const Json& list, const char* first, const char* second)
{
    std::string text;
    for (const Json& one : list) {
        text += fmt::format("    {:<12} {}\n", text_of(one, first), text_of(one, second));
    }
    return text.empty() ? "    nothing\n" : text;
}

std::string files_text(const Json& files, bool stat)
{
    std::string text;
    for (const Json& one : files) {
        const std::string before = text_of(one, "digest_before");
        const std::string after = text_of(one, "digest_after");
        std::string said;
        if (stat) {
            for (const Json& change : one.at("stat")) {
                said += (said.empty() ? "" : ", ") + change.get<std::string>();
            }
            said = said.empty() ? "as before" : said;
        } else {
            said = before == after ? "as before, " + before.substr(0, 16)
                                   : fmt::format("{} -> {}, changed sectors of the file: {}", before.substr(0, 16),
                                                 after.empty() ? "gone" : after.substr(0, 16), ranges_text(one.at("changed")));
        }
        text += fmt::format("    {:<12} {}{}\n", text_of(one, "file"), one.at("backing").get<bool>() ? "(backing) " : "", said);
    }
    return text.empty() ? "    nothing\n" : text;
}

std::string reader_text(const Json& evidence)
{
    const auto reader = evidence.find("reader");
    if (reader == evidence.end()) {
        return {};
    }
    const std::string failure = text_of(*reader, "failure");
    const std::string command = text_of(*reader, "command");
    return fmt::format("  reader: what a program that shares no code with the drivers finds\n    {}\n{}",
                       !failure.empty()               ? failure
                       : reader->at("wrong").empty() ? std::string("the reference content with exactly the accepted writes")
                                                     : "wrong sectors: " + ranges_text(reader->at("wrong")),
                       command.empty() ? "" : "    by: " + command + "\n");
}

std::string process_text(const char* title, const Json& process)
{
    return fmt::format("  {}: {}\n    {}\n", title, text_of(process, "ending"),
                       process::paste_line(process.at("argv").get<std::vector<std::string>>()));
}

std::string evidence_text(const Json& evidence, bool whole)
{
    std::string text;
    for (const char* key : {"environment_error", "environment_hint", "subject_refusal", "guest_problem"}) {
        if (const std::string said = text_of(evidence, key); !said.empty()) {
            text += fmt::format("  {}: {}\n", key, printable(said));
        }
    }
    const Json& seen = evidence.at("witnesses");
    text += "  guest: what each command was told\n" + guest_text(seen.at("guest"), whole);
    text += "  wire: what reached the block layer, and its answer\n" + wire_text(seen.at("wire"), whole);
    text += "  descriptor: image files open or mapped in the device model\n" + list_text(seen.at("descriptor"), "file", "how");
    text += "  kernel: inotify on the image's folder\n" + list_text(seen.at("kernel"), "file", "event");
    text += "  digest: content of the chain\n" + files_text(seen.at("files"), false);
    text += "  stat: size, blocks, inode, times\n" + files_text(seen.at("files"), true);
    text += reader_text(evidence);
    if (!evidence.at("device_model").at("argv").empty()) {
        text += process_text("device model", evidence.at("device_model"));
        text += process_text("QEMU", evidence.at("qemu"));
    }
    text += fmt::format("  subject {}, nonce {}, {:.0f} ms", text_of(evidence, "subject"), text_of(evidence, "nonce"),
                        evidence.at("milliseconds").get<double>());
    for (const Json& other : evidence.at("company")) {
        text += fmt::format("\n    in company of {}", other.get<std::string>());
    }
    return text + "\n";
}

std::string judged_text(const std::string& title, const Json& judged, bool whole)
{
    std::string text = fmt::format("{}: {}\n", title, text_of(judged, "verdict"));
    for (const Json& reason : judged.at("reasons")) {
        text += "  because " + printable(reason.get<std::string>()) + "\n";
    }
    return judged.contains("evidence") ? text + evidence_text(judged.at("evidence"), whole) : text;
}

}  // namespace

std::string show(const Json& result, bool whole)
{
    const std::string expected = text_of(result, "expected");
    std::string text = judged_text(fmt::format("{} at {}{}", text_of(result, "case"), text_of(result, "at"),
                                               expected.empty() ? "" : fmt::format(" (expected {})", expected)),
                                   result, whole);
    for (const auto& [key, title] : {std::pair{"alone", "the same case alone in its machine"},
                                     std::pair{"in_company", "the same case in company"}}) {
        if (result.contains(key)) {
            text += judged_text(title, result.at(key), whole);
        }
    }
    return text;
}

}  // namespace rogate::report
