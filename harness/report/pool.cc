// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/pool.h"

#include <utility>

namespace rogate::report {
namespace {

/// Keys are never shown: each field is followed by a byte that no field holds, or has a fixed length.
void add(std::string& key, std::string_view text)
{
    key += text;
    key += '\0';
}

template <class Number>
requires std::is_integral_v<Number> || std::is_enum_v<Number>
void add(std::string& key, Number number)
{
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void add(std::string& key, const lab::ProcessEvidence& process)
{
    for (const std::string& word : process.argv) {
        add(key, word);
    }
    add(key, '\n');
    add(key, process.ending);
    add(key, process.exit_status);
    add(key, process.signal);
    add(key, process.timed_out);
    add(key, process.stderr_text);
}

template <class List>
size_t place(std::vector<List>& lists, std::unordered_map<std::string, size_t>& index, std::string key,
             const List& list)
{
    const auto [found, is_new] = index.try_emplace(std::move(key), lists.size());
    if (is_new) {
        lists.push_back(list);
    }
    return found->second;
}

}  // namespace

size_t Pools::guest(const std::vector<lab::GuestCommand>& commands)
{
    std::string key;
    key.reserve(commands.size() * 80);
    for (const lab::GuestCommand& one : commands) {
        add(key, one.command_class);
        add(key, one.name);
        add(key, one.protocol);
        add(key, one.kind);
        add(key, one.opcode);
        add(key, one.lba);
        add(key, one.sectors);
        add(key, one.status);
        add(key, one.error);
        add(key, one.sense);
        add(key, one.bus_master ? static_cast<int>(*one.bus_master) : -1);
        add(key, one.timed_out);
        add(key, one.read_back);
    }
    const auto [found, is_new] = guests_.try_emplace(std::move(key), results_.guests.size());
    if (is_new) {
        results_.guests.push_back(commands);
        for (lab::GuestCommand& one : results_.guests.back()) {
            one.disk.clear();
            one.crc.reset();
        }
    }
    return found->second;
}

size_t Pools::checksums(const std::vector<std::optional<uint32_t>>& list)
{
    std::string key;
    key.reserve(list.size() * 5);
    for (const std::optional<uint32_t>& one : list) {
        add(key, one.has_value());
        add(key, one.value_or(0));
    }
    return place(results_.checksums, checksums_, std::move(key), list);
}

size_t Pools::wire(const std::vector<lab::WireRequest>& requests)
{
    std::string key;
    key.reserve(requests.size() * 32);
    for (const lab::WireRequest& one : requests) {
        add(key, one.operation);
        add(key, one.offset_bytes);
        add(key, one.count_bytes);
        add(key, one.answered);
        add(key, one.error);
    }
    const auto [found, is_new] = wires_.try_emplace(std::move(key), results_.wires.size());
    if (is_new) {
        results_.wires.push_back(requests);
        for (lab::WireRequest& one : results_.wires.back()) {
            one.export_name.clear();
        }
    }
    return found->second;
}

size_t Pools::machine(Machine machine)
{
    std::string key;
    add(key, machine.nonce);
    add(key, machine.subject);
    for (const std::string& one : machine.cases) {
        add(key, one);
    }
    add(key, machine.duration_us);
    add(key, machine.device_model);
    add(key, machine.qemu);
    const auto [found, is_new] = machines_.try_emplace(std::move(key), results_.machines.size());
    if (is_new) {
        results_.machines.push_back(std::move(machine));
    } else if (!machine.console.empty()) {
        results_.machines[found->second].console = std::move(machine.console);
    }
    return found->second;
}

namespace {

template <class Add>
Place moved(const Place& old, std::unordered_map<size_t, size_t>& known, Add add)
{
    if (!old) {
        return {};
    }
    const auto found = known.find(*old);
    return found != known.end() ? found->second : known.emplace(*old, add(*old)).first->second;
}

}  // namespace

Outcome Mover::move(Outcome outcome)
{
    outcome.machine = moved(outcome.machine, machines_, [&](size_t i) { return to_.machine(from_.machines[i]); });
    outcome.guest = moved(outcome.guest, guests_, [&](size_t i) { return to_.guest(from_.guests[i]); });
    outcome.checksums =
        moved(outcome.checksums, checksums_, [&](size_t i) { return to_.checksums(from_.checksums[i]); });
    outcome.wire = moved(outcome.wire, wires_, [&](size_t i) { return to_.wire(from_.wires[i]); });
    return outcome;
}

Finding Mover::move(Finding finding)
{
    finding.outcome = move(std::move(finding.outcome));
    if (finding.also) {
        finding.also = move(std::move(*finding.also));
    }
    return finding;
}

}  // namespace rogate::report
