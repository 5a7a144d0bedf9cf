// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/show.h"

#include <fmt/format.h>

#include "lab/guest_report.h"
#include "process/spec.h"
#include "report/text.h"

namespace rogate::report {
namespace {

std::string counts_text(const std::map<std::string, size_t>& counts, const char* nothing)
{
    std::string text;
    for (const auto& [line, count] : counts) {
        text += fmt::format("    {:>4} x {}\n", count, printable(line));
    }
    return text.empty() ? fmt::format("    {}\n", nothing) : text;
}

std::string guest_text(const std::vector<lab::GuestCommand>& commands, bool whole)
{
    if (!whole) {
        return counts_text(counted_commands(commands), "nothing");
    }
    std::string text;
    for (const lab::GuestCommand& one : commands) {
        text += fmt::format("    {:<8} {:02x} {:<28} sector {:>6} +{:<3} {}\n", lab::to_string(one.command_class),
                            one.opcode, printable(one.name), one.lba, one.sectors, printable(registers_of(one)));
    }
    return text.empty() ? "    nothing\n" : text;
}

std::string wire_text(const std::vector<lab::WireRequest>& requests, bool whole)
{
    if (!whole) {
        return counts_text(counted_requests(requests), "nothing reached the block layer");
    }
    std::string text;
    for (const lab::WireRequest& one : requests) {
        text += fmt::format("    {:<6} offset {:>9} count {:>7}  {}\n", printable(one.operation), one.offset_bytes,
                            one.count_bytes, printable(answer_of(one)));
    }
    return text.empty() ? "    nothing reached the block layer\n" : text;
}

std::string list_line(const std::string& first, const std::string& second)
{
    return fmt::format("    {:<12} {}\n", printable(first), printable(second));
}

std::string or_nothing(std::string text)
{
    return text.empty() ? "    nothing\n" : std::move(text);
}

std::string descriptor_text(const Outcome& outcome)
{
    std::string text;
    for (const lab::OpenFile& one : outcome.open_files) {
        text += list_line(one.file, one.detail);
    }
    return or_nothing(std::move(text));
}

std::string kernel_text(const Outcome& outcome)
{
    std::string text;
    for (const lab::KernelEvent& one : outcome.events) {
        text += list_line(one.file, one.what);
    }
    return or_nothing(std::move(text));
}

std::string digest_text(const Outcome& outcome)
{
    std::string text;
    for (const lab::FileEvidence& one : outcome.files) {
        const std::string said =
            one.content_changed()
                ? fmt::format("{} -> {}, changed sectors of the file: {}", one.digest_before.substr(0, 16),
                              one.digest_after.empty() ? "gone" : one.digest_after.substr(0, 16),
                              ranges_text(one.changed))
                : "as before, " + one.digest_before.substr(0, 16);
        text += list_line(one.file, (one.backing ? "(backing) " : "") + said);
    }
    return or_nothing(std::move(text));
}

std::string stat_text(const Outcome& outcome)
{
    std::string text;
    for (const lab::FileEvidence& one : outcome.files) {
        std::string said;
        for (const std::string& change : one.stat_changes) {
            said += (said.empty() ? "" : ", ") + change;
        }
        text += list_line(one.file, (one.backing ? "(backing) " : "") + (said.empty() ? "as before" : said));
    }
    return or_nothing(std::move(text));
}

std::string reader_text(const lab::ReaderEvidence& reader)
{
    return fmt::format("  reader: what a program that shares no code with the drivers finds\n    {}\n{}",
                       !reader.failure.empty() ? printable(reader.failure)
                       : reader.wrong.empty()  ? "the reference content with exactly the accepted writes"
                                               : "wrong sectors: " + ranges_text(reader.wrong),
                       reader.command.empty() ? "" : "    by: " + printable(reader.command) + "\n");
}

std::string process_text(const char* title, const lab::ProcessEvidence& process)
{
    return fmt::format("  {}: {}\n    {}\n", title, process.ending, printable(process::paste_line(process.argv)));
}

std::string machine_text(const Results& results, const Finding& finding, const Outcome& outcome)
{
    if (!outcome.machine) {
        return {};
    }
    const Machine& machine = results.machines[*outcome.machine];
    std::string text;
    if (!machine.device_model.argv.empty()) {
        text += process_text("device model", machine.device_model);
        text += process_text("QEMU", machine.qemu);
    }
    text += fmt::format("  subject {}, nonce {}, {:.0f} ms\n", printable(machine.subject), printable(machine.nonce),
                        static_cast<double>(machine.duration_us) / 1000.0);
    const std::string id = finding.one.id();
    for (const std::string& other : machine.cases) {
        text += other == id ? "" : fmt::format("    in company of {}\n", printable(other));
    }
    return text;
}

std::string outcome_text(const std::string& title, const Results& results, const Finding& finding,
                         const Outcome& outcome, bool whole)
{
    std::string text = fmt::format("{}: {}\n", title, matrix::to_string(outcome.verdict.kind));
    for (const std::string& reason : outcome.verdict.reasons) {
        text += "  because " + printable(reason) + "\n";
    }
    if (finding.skipped()) {
        return text;
    }
    for (const auto& [key, said] :
         {std::pair{"environment_error", &outcome.environment_error},
          std::pair{"environment_hint", &outcome.environment_hint},
          std::pair{"subject_refusal", &outcome.subject_refusal}, std::pair{"guest_problem", &outcome.guest_problem}}) {
        text += said->empty() ? "" : fmt::format("  {}: {}\n", key, printable(*said));
    }
    static const std::vector<lab::GuestCommand> kNoCommands;
    static const std::vector<lab::WireRequest> kNoRequests;
    text += "  guest: what each command was told\n" +
            guest_text(outcome.guest ? results.guests[*outcome.guest] : kNoCommands, whole);
    text += "  wire: what reached the block layer, and its answer\n" +
            wire_text(outcome.wire ? results.wires[*outcome.wire] : kNoRequests, whole);
    text += "  descriptor: image files open or mapped in the device model\n" + descriptor_text(outcome);
    text += "  kernel: inotify on the image's folder\n" + kernel_text(outcome);
    text += "  digest: content of the chain\n" + digest_text(outcome);
    text += "  stat: size, blocks, inode, times\n" + stat_text(outcome);
    text += outcome.reader ? reader_text(*outcome.reader) : "";
    return text + machine_text(results, finding, outcome);
}

}  // namespace

std::string ranges_text(const std::vector<image::SectorRange>& ranges, size_t limit)
{
    std::string text;
    size_t shown = 0;
    for (const image::SectorRange& range : ranges) {
        if (shown++ == limit) {
            return text + fmt::format(" and {} more runs", ranges.size() - limit);
        }
        text += shown == 1 ? "" : " ";
        text += range.count == 1 ? fmt::format("{}", range.first)
                                 : fmt::format("{}-{}", range.first, range.first + range.count - 1);
    }
    return text;
}

std::string answer_of(const lab::WireRequest& request)
{
    return !request.answered ? "no answer" : request.error.empty() ? "ok" : request.error;
}

std::string registers_of(const lab::GuestCommand& one)
{
    return fmt::format(
        "status {:02x} error {:02x}{}{}{}{}", one.status, one.error, one.sense.empty() ? "" : " sense " + one.sense,
        one.bus_master ? fmt::format(" bm {:02x}", *one.bus_master) : "",
        one.read_back.empty() ? "" : ", reads back " + one.read_back, one.timed_out ? ", no answer in time" : "");
}

std::map<std::string, size_t> counted_commands(const std::vector<lab::GuestCommand>& commands)
{
    std::map<std::string, size_t> counts;
    for (const lab::GuestCommand& one : commands) {
        ++counts[fmt::format("{:<8} {}", lab::to_string(one.command_class), one.accepted() ? "done" : "error") +
                 (one.read_back.empty() ? "" : ", reads back " + one.read_back)];
    }
    return counts;
}

std::map<std::string, size_t> counted_requests(const std::vector<lab::WireRequest>& requests)
{
    std::map<std::string, size_t> counts;
    for (const lab::WireRequest& one : requests) {
        ++counts[fmt::format("{:<6} {}", one.operation, answer_of(one))];
    }
    return counts;
}

std::string show(const Results& results, const Finding& finding, bool whole)
{
    const std::string title = fmt::format(
        "{} at {}{}", printable(finding.one.id()), printable(finding.at),
        finding.expected ? fmt::format(" (expected {})", matrix::to_string(*finding.expected)) : std::string());
    std::string text = outcome_text(title, results, finding, finding.outcome, whole);
    if (finding.also) {
        text += outcome_text(finding.also_is_alone ? "the same case alone in its machine" : "the same case in company",
                             results, finding, *finding.also, whole);
    }
    return text;
}

}  // namespace rogate::report
