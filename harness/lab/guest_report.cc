// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/guest_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace rogate::lab {
namespace {

constexpr std::array<std::pair<std::string_view, CommandClass>, 10> kClasses{{
    {"identify", CommandClass::identify},
    {"read", CommandClass::read},
    {"verify", CommandClass::verify},
    {"write", CommandClass::write},
    {"trim", CommandClass::trim},
    {"flush", CommandClass::flush},
    {"absent", CommandClass::absent},
    {"setup", CommandClass::setup},
    {"change", CommandClass::change},
    {"recheck", CommandClass::recheck},
}};

constexpr std::string_view kGreeting = "rogate-probe";
constexpr unsigned kMaxIndex = 255;  // one byte of the payload
constexpr size_t kMaxLines = 20'000;  // a guest is untrusted: it cannot make the host keep an endless list

/// A line's words: plain ones in order, key=value ones by key. A value may be quoted.
struct Line {
    std::vector<std::string_view> words;
    std::map<std::string_view, std::string_view> values;

    explicit Line(std::string_view text)
    {
        while (!text.empty()) {
            const size_t start = text.find_first_not_of(' ');
            if (start == std::string_view::npos) {
                return;
            }
            text.remove_prefix(start);
            const size_t equals = text.find_first_of("= ");
            size_t end = text.find(' ');
            if (equals != std::string_view::npos && text[equals] == '=') {
                std::string_view value = text.substr(equals + 1);
                if (!value.empty() && value.front() == '"') {
                    const size_t close = value.find('"', 1);
                    end = close == std::string_view::npos ? text.size() : equals + 2 + close;
                    values[text.substr(0, equals)] = value.substr(1, close == std::string_view::npos ? close : close - 1);
                } else {
                    values[text.substr(0, equals)] = value.substr(0, value.find(' '));
                }
            } else {
                words.push_back(text.substr(0, end));
            }
            text.remove_prefix(end == std::string_view::npos ? text.size() : end);
        }
    }

    [[nodiscard]] std::string_view text(std::string_view key) const
    {
        const auto found = values.find(key);
        return found == values.end() ? std::string_view{} : found->second;
    }

    template <class T> bool number(std::string_view key, T& value, int base) const
    {
        const std::string_view digits = text(key);
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
        return ec == std::errc() && end == digits.data() + digits.size() && !digits.empty();
    }
};

const GuestDisk* find_disk(const GuestReport& report, std::string_view id)
{
    const auto found = std::find_if(report.disks.begin(), report.disks.end(), [&](const GuestDisk& disk) { return disk.id == id; });
    return found == report.disks.end() ? nullptr : &*found;
}

bool read_disk(const Line& line, GuestReport& report)
{
    GuestDisk disk;
    if (line.words.size() != 2 || !line.number("index", disk.index, 10) || !line.number("sectors", disk.sectors, 10) ||
        disk.index > kMaxIndex || find_disk(report, line.words[1]) != nullptr) {
        return false;
    }
    disk.id = line.words[1];
    disk.kind = line.text("kind");
    disk.model = line.text("model");
    report.disks.push_back(std::move(disk));
    return true;
}

bool read_command(const Line& line, GuestReport& report)
{
    GuestCommand command;
    unsigned to = 0;
    if (line.words.size() != 2 || !line.number("op", command.opcode, 16) || !line.number("lba", command.lba, 10) ||
        !line.number("n", command.sectors, 10) || !line.number("st", command.status, 16) ||
        !line.number("er", command.error, 16) || !line.number("to", to, 10) || command.opcode > 0xff ||
        command.sectors > 65536 || command.status > 0xffff || command.error > 0xff) {
        return false;
    }
    const std::string_view name = line.text("class");
    const auto* known = std::find_if(kClasses.begin(), kClasses.end(), [&](const auto& entry) { return entry.first == name; });
    const GuestDisk* disk = find_disk(report, line.words[1]);
    if (known == kClasses.end() || disk == nullptr) {
        return false;
    }
    command.disk = disk->id;
    command.kind = disk->kind;
    command.sense = line.text("sense");
    command.command_class = known->second;
    command.name = line.text("name");
    command.protocol = line.text("proto");
    command.timed_out = to != 0;
    command.read_back = line.text("back");
    if (unsigned value = 0; line.number("bm", value, 16)) {
        command.bus_master = value;
    }
    if (uint64_t value = 0; line.number("src", value, 10)) {
        command.source = value;
    }
    if (uint32_t value = 0; line.number("crc", value, 16)) {
        command.crc = value;
    }
    report.commands.push_back(std::move(command));
    return true;
}

bool read_end(const Line& line, GuestReport& report)
{
    size_t disks = 0;
    size_t commands = 0;
    if (!line.number("disks", disks, 10) || !line.number("cmds", commands, 10)) {
        return false;
    }
    if (disks != report.disks.size() || commands != report.commands.size()) {
        report.problem = fmt::format("the guest counted {} disks and {} commands, its report has {} and {}", disks, commands,
                                     report.disks.size(), report.commands.size());
        return true;
    }
    report.complete = true;
    return true;
}

bool read_greeting(const Line& line, GuestReport& report)
{
    report.nonce = line.text("nonce");
    report.writes_enabled = line.text("writes") != "off";
    return line.words.size() == 2 && line.words[1] == "2" && report.nonce.size() == 16;
}

/// False when the line breaks the form.
bool read_line(std::string_view text, GuestReport& report)
{
    const Line line(text);
    if (line.words.empty()) {
        return text.empty();
    }
    const std::string_view first = line.words.front();
    if (report.nonce.empty() && first != kGreeting && first != "panic") {
        return false;
    }
    if (first == kGreeting) {
        return report.nonce.empty() && read_greeting(line, report);
    }
    if (first == "panic") {
        report.problem = std::string(text.substr(0, 200));
        return true;
    }
    if (report.complete) {
        return false;  // nothing may follow the end
    }
    if (first == "disk") {
        return read_disk(line, report);
    }
    if (first == "cmd") {
        return read_command(line, report);
    }
    return first == "end" && read_end(line, report);
}

}  // namespace

GuestReport parse_guest_report(std::string_view text)
{
    GuestReport report;
    size_t number = 0;
    while (!text.empty()) {
        ++number;
        const size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (end == std::string_view::npos || number > kMaxLines || !read_line(line, report)) {
            report.complete = false;
            if (report.problem.empty()) {
                report.problem = fmt::format("line {} of the guest's report cannot be read: '{}'", number, line.substr(0, 120));
            }
            return report;
        }
    }
    if (number == 0) {
        report.problem = "the guest said nothing";
    } else if (!report.complete && report.problem.empty()) {
        report.problem = "the guest's report has no end line";
    }
    return report;
}

bool GuestCommand::accepted() const
{
    if (timed_out) {
        return false;
    }
    if (kind == "ata") {
        return (status & 0x21U) == 0;
    }
    if (kind == "atapi") {
        return (status & 0x01U) == 0;
    }
    if (kind == "scsi" || kind == "scsi-cd") {
        return status == 0 && error == 0;
    }
    if (kind == "virtio" || kind == "nvme" || kind == "monitor" || kind == "tool") {
        return status == 0;
    }
    return kind == "floppy" && (status & 0xc0U) == 0;
}

std::string_view to_string(CommandClass command_class)
{
    for (const auto& [name, value] : kClasses) {
        if (value == command_class) {
            return name;
        }
    }
    return "?";
}

}  // namespace rogate::lab
