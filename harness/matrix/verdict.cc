// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/verdict.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>
#include <zlib.h>

#include "lab/bus.h"

namespace rogate::matrix {
namespace {

using lab::CommandClass;
using lab::Evidence;
using lab::GuestCommand;

constexpr std::array<std::pair<std::string_view, VerdictKind>, 13> kWords{{
    {"sealed", VerdictKind::sealed},
    {"leak", VerdictKind::leak},
    {"hole", VerdictKind::hole},
    {"silent", VerdictKind::silent},
    {"overblocked", VerdictKind::overblocked},
    {"void", VerdictKind::void_},
    {"hang", VerdictKind::hang},
    {"crash", VerdictKind::crash},
    {"writes", VerdictKind::writes},
    {"refused", VerdictKind::refused},
    {"corrupt", VerdictKind::corrupt},
    {"skip", VerdictKind::skip},
    {"error", VerdictKind::error},
}};

/// Collects reasons of one kind.
using Reasons = std::vector<std::string>;

std::string command_text(const GuestCommand& command)
{
    return fmt::format("{} (0x{:02x}) at sector {}: status {:02x} error {:02x}{}", command.name, command.opcode, command.lba,
                       command.status, command.error, command.timed_out ? ", no answer in the guest's time limit" : "");
}

/// "first reason, and 4 more alike" keeps a report short when every command says the same.
void add_counted(Reasons& reasons, const Reasons& alike)
{
    if (!alike.empty()) {
        reasons.push_back(alike.size() == 1 ? alike[0] : fmt::format("{}; {} more alike", alike[0], alike.size() - 1));
    }
}

bool must_keep_working(const GuestCommand& command)
{
    return command.command_class == CommandClass::identify || command.command_class == CommandClass::read ||
           command.command_class == CommandClass::verify || command.command_class == CommandClass::flush;
}

/// Any file of the chain that is not what it was: by content, by stat, or by what the kernel saw done to it.
Reasons touches(const Evidence& evidence, bool backing_only)
{
    Reasons reasons;
    for (const lab::FileEvidence& file : evidence.files) {
        if (backing_only && !file.backing) {
            continue;
        }
        const char* role = file.backing ? "backing file" : "image";
        if (file.content_changed()) {
            uint64_t sectors = 0;
            for (const image::SectorRange& range : file.changed) {
                sectors += range.count;
            }
            reasons.push_back(file.digest_after.empty()
                                  ? fmt::format("digest: {} '{}' is gone", role, file.file)
                                  : fmt::format("digest: {} '{}' changed, {} sectors, first {}", role, file.file, sectors,
                                                file.changed.empty() ? 0 : file.changed.front().first));
        }
        for (const std::string& change : file.stat_changes) {
            reasons.push_back(fmt::format("stat: {} '{}': {}", role, file.file, change));
        }
    }
    return reasons;
}

Reasons event_touches(const Evidence& evidence)
{
    Reasons reasons;
    for (const lab::KernelEvent& event : evidence.events) {
        if (event.what != "CLOSE_WRITE") {
            reasons.push_back(fmt::format("kernel: {} of '{}'", event.what, event.file));
        }
    }
    Reasons shown;
    add_counted(shown, reasons);
    return shown;
}

Reasons writable_opens(const Evidence& evidence)
{
    Reasons reasons;
    for (const lab::OpenFile& open : evidence.open_files) {
        if (open.writable) {
            reasons.push_back(fmt::format("descriptor: '{}' open for writing ({})", open.file, open.detail));
        }
    }
    for (const lab::KernelEvent& event : evidence.events) {
        if (event.what == "CLOSE_WRITE") {
            reasons.push_back(fmt::format("kernel: '{}' was open for writing (CLOSE_WRITE)", event.file));
        }
    }
    return reasons;
}

Reasons broken_commands(const Evidence& evidence)
{
    Reasons failed;
    for (const GuestCommand& command : evidence.commands) {
        if (must_keep_working(command) && !command.accepted()) {
            failed.push_back("guest: " + command_text(command));
        }
    }
    for (const lab::WireRequest& request : evidence.requests) {
        if ((request.operation == "Read" || request.operation == "Flush") && !request.succeeded()) {
            failed.push_back(fmt::format("wire: {} at byte {} failed with {}", request.operation, request.offset_bytes,
                                         request.error.empty() ? "no answer" : request.error));
        }
    }
    Reasons reasons;
    add_counted(reasons, failed);
    return reasons;
}

/// The commands of the guest's table that should have changed data, split by whether the device took them.
struct Writes {
    Reasons accepted;
    Reasons refused;
};

Writes guest_writes(const Evidence& evidence)
{
    Writes writes;
    for (const GuestCommand& command : evidence.commands) {
        if (command.changes_image()) {
            (command.accepted() ? writes.accepted : writes.refused).push_back("guest: " + command_text(command));
        }
    }
    return writes;
}

/// A refused write must leave what was there to read; a read-back of anything else is a change below the witnesses.
Reasons wrong_read_backs(const Evidence& evidence)
{
    Reasons wrong;
    for (const GuestCommand& command : evidence.commands) {
        if (command.command_class == CommandClass::recheck) {
            wrong.push_back(fmt::format("guest: the sectors of {} read '{}' at the end and something else before", command.name,
                                        command.read_back));
        }
        const bool should_be_old = command.command_class == CommandClass::absent || !command.accepted();
        if ((command.changes_image() || command.command_class == CommandClass::absent) && should_be_old &&
            !command.read_back.empty() && command.read_back != "old" && command.read_back != "same") {
            wrong.push_back(fmt::format("guest: {} was refused, but the sectors read '{}' afterwards", command.name,
                                        command.read_back));
        }
    }
    Reasons reasons;
    add_counted(reasons, wrong);
    return reasons;
}

/// What stops the judging before any witness is asked: the lab, the subject or the machine went wrong.
std::optional<Verdict> broken_run(const Case& one, const Evidence& evidence)
{
    if (!evidence.environment_error.empty()) {
        return Verdict{VerdictKind::error, {evidence.environment_error}};
    }
    if (evidence.device_model.signal != 0) {
        return Verdict{VerdictKind::crash, {fmt::format("the device model was {}", evidence.device_model.ending)}};
    }
    if (!evidence.subject_refusal.empty()) {
        return Verdict{one.mode == Mode::ro ? VerdictKind::overblocked : VerdictKind::refused,
                       {fmt::format("the device model would not start with the disk: {}", evidence.subject_refusal)}};
    }
    if (evidence.qemu.timed_out) {
        return Verdict{VerdictKind::hang, {fmt::format("the guest did not end: {}", evidence.guest_problem)}};
    }
    if (!evidence.guest_complete) {
        return Verdict{VerdictKind::crash, {fmt::format("guest: {} (QEMU: {})", evidence.guest_problem, evidence.qemu.ending)}};
    }
    for (const GuestCommand& command : evidence.commands) {
        if (command.timed_out) {
            return Verdict{VerdictKind::hang, {"guest: " + command_text(command)}};
        }
    }
    for (const lab::WireRequest& request : evidence.requests) {
        if (!request.answered) {
            return Verdict{VerdictKind::hang, {fmt::format("wire: {} at byte {} was never answered", request.operation,
                                                           request.offset_bytes)}};
        }
    }
    return std::nullopt;
}

/// Writes on the wire, by whether the block layer took them.
struct WireWrites {
    size_t taken = 0;
    size_t refused = 0;
};

WireWrites wire_writes(const Evidence& evidence)
{
    WireWrites writes;
    for (const lab::WireRequest& request : evidence.requests) {
        if (request.changes_data()) {
            ++(request.succeeded() ? writes.taken : writes.refused);
        }
    }
    return writes;
}

void append(Reasons& reasons, const Reasons& more) { reasons.insert(reasons.end(), more.begin(), more.end()); }

Verdict judge_read_only(const Case& one, const Evidence& evidence, const std::optional<Verdict>& broken)
{
    // A change of the image is told before all else: a guest that crashed afterwards does not excuse it.
    Reasons changed = touches(evidence, false);
    append(changed, event_touches(evidence));
    if (!changed.empty() && evidence.environment_error.empty()) {
        return {VerdictKind::hole, changed};
    }
    if (broken) {
        return *broken;
    }
    const WireWrites wire = wire_writes(evidence);
    const Writes guest = guest_writes(evidence);
    const lab::Bus* bus = lab::find_bus(one.bus);
    const bool can_write = bus == nullptr || bus->writes;
    if (can_write && (wire.taken + wire.refused == 0 || guest.accepted.size() + guest.refused.size() == 0)) {
        return {VerdictKind::void_, {"wire: no write reached the block layer, so nothing was put to the test"}};
    }
    if (!can_write && evidence.commands.empty()) {
        return {VerdictKind::void_, {"guest: no command was given, so nothing was put to the test"}};
    }
    Reasons leaks = writable_opens(evidence);
    if (!leaks.empty()) {
        return {VerdictKind::leak, leaks};
    }
    Reasons silent;
    add_counted(silent, guest.accepted);
    if (wire.taken > 0) {
        silent.push_back(fmt::format("wire: the block layer took {} of {} writes", wire.taken, wire.taken + wire.refused));
    }
    append(silent, wrong_read_backs(evidence));
    if (!silent.empty()) {
        return {VerdictKind::silent, silent};
    }
    Reasons blocked = broken_commands(evidence);
    if (!blocked.empty()) {
        return {VerdictKind::overblocked, blocked};
    }
    if (!can_write) {
        return {VerdictKind::sealed, {fmt::format("{} commands of a bus that cannot write; no file of the chain touched or open for "
                                                  "writing",
                                                  evidence.commands.size())}};
    }
    return {VerdictKind::sealed, {fmt::format("{} writes refused by the block layer, {} commands answered with an error; no file "
                                              "of the chain touched or open for writing",
                                              wire.refused, guest.refused.size())}};
}

/// What the guest read back is zeros; where zeros had been before it calls them `old`, but its checksum tells.
bool reads_zero(const GuestCommand& command)
{
    const std::vector<unsigned char> zeros(size_t{command.sectors} * 512);
    return command.read_back == "zero" ||
           (command.crc && *command.crc == ::crc32(0, zeros.data(), static_cast<unsigned>(zeros.size())));
}

/// A commit that was accepted writes the backing file; whether the content is right is then the reader's to say.
bool committed(const Evidence& evidence)
{
    return std::any_of(evidence.commands.begin(), evidence.commands.end(), [](const GuestCommand& command) {
        return command.kind == "monitor" && command.name == "COMMIT" && command.accepted();
    });
}

/// With -snapshot the writes land in a temporary file: the guest must see them, the image must not.
Reasons lost_writes(const Case& one, const Evidence& evidence)
{
    Reasons wrong;
    for (const GuestCommand& command : evidence.commands) {
        const bool fine = command.command_class == CommandClass::trim     ? reads_zero(command)
                          : command.command_class == CommandClass::change ? command.read_back == "old"
                                                                          : command.read_back == "new" || command.read_back == "same";
        if (command.changes_image() && !fine) {
            wrong.push_back(fmt::format("guest: {} was accepted, but the sectors read '{}' afterwards", command.name,
                                        command.read_back));
        }
    }
    Reasons reasons;
    add_counted(reasons, wrong);
    if (!committed(evidence)) {
        append(reasons, touches(evidence, one.shape != "snapshot"));
    }
    if (evidence.reader && !evidence.reader->failure.empty()) {
        reasons.push_back("reader: " + evidence.reader->failure);
    }
    if (evidence.reader && !evidence.reader->wrong.empty()) {
        reasons.push_back(fmt::format("reader: {} runs of sectors are not what was written, first sector {}",
                                      evidence.reader->wrong.size(), evidence.reader->wrong.front().first));
    }
    append(reasons, wrong_read_backs(evidence));
    return reasons;
}

Verdict judge_read_write(const Case& one, const Evidence& evidence, const std::optional<Verdict>& broken)
{
    if (broken) {
        return *broken;
    }
    const Writes guest = guest_writes(evidence);
    Reasons refused;
    add_counted(refused, guest.refused);
    append(refused, broken_commands(evidence));
    if (!refused.empty()) {
        return {VerdictKind::refused, refused};
    }
    if (guest.accepted.empty() || wire_writes(evidence).taken == 0) {
        return {VerdictKind::void_, {"wire: no write reached the block layer, so nothing was put to the test"}};
    }
    Reasons wrong = lost_writes(one, evidence);
    if (!wrong.empty()) {
        return {VerdictKind::corrupt, wrong};
    }
    if (one.shape != "snapshot" && !evidence.reader) {
        return {VerdictKind::error, {"no independent reader looked at the image"}};
    }
    return {VerdictKind::writes, {fmt::format("{} writes accepted, each found where it belongs and nowhere else",
                                              guest.accepted.size())}};
}

}  // namespace

std::string_view to_string(VerdictKind kind)
{
    return std::find_if(kWords.begin(), kWords.end(), [&](const auto& entry) { return entry.second == kind; })->first;
}

std::optional<VerdictKind> verdict_kind(std::string_view word)
{
    for (const auto& [name, kind] : kWords) {
        if (name == word) {
            return kind;
        }
    }
    return std::nullopt;
}

Verdict judge(const Case& one, const Evidence& evidence)
{
    if (!one.skip.empty()) {
        return {VerdictKind::skip, {one.skip}};
    }
    const std::optional<Verdict> broken = broken_run(one, evidence);
    Verdict verdict = one.mode == Mode::ro ? judge_read_only(one, evidence, broken) : judge_read_write(one, evidence, broken);
    if (!evidence.wish_expressible && verdict.kind != VerdictKind::error) {
        verdict.reasons.emplace_back("the subject has no word for read-only: the disk was configured without it");
    }
    return verdict;
}

}  // namespace rogate::matrix
