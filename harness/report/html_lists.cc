// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "lab/guest_report.h"
#include "process/spec.h"
#include "report/html_parts.h"
#include "report/show.h"
#include "report/text.h"

namespace rogate::report {
namespace {

std::string folded(const std::string& id, const std::string& title, const std::string& body)
{
    return fmt::format("<details><summary>{}</summary><div id=\"{}\">{}</div></details>\n", title, id, body);
}

std::string guest_html(const std::vector<lab::GuestCommand>& commands, size_t number)
{
    std::string body = "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Commands\"><table><thead><tr>";
    for (const char* head : {"class", "opcode", "name", "sector", "count", "answer"}) {
        body += fmt::format("<th scope=\"col\">{}</th>", head);
    }
    body += "</tr></thead><tbody>";
    size_t refused = 0;
    for (const lab::GuestCommand& one : commands) {
        refused += one.changes_data() && !one.accepted() ? 1 : 0;
        body += fmt::format("<tr><td>{}</td><td>{:02x}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                            lab::to_string(one.command_class), one.opcode, xml(one.name), one.lba, one.sectors,
                            xml(registers_of(one)));
    }
    const std::string kind = commands.empty() ? std::string() : commands.front().kind;
    return folded(
        fmt::format("g{}", number),
        fmt::format("{} commands to a disk of kind {}, {} writes refused", commands.size(), xml(kind), refused),
        body + "</tbody></table></div>");
}

std::string wire_html(const std::vector<lab::WireRequest>& requests, size_t number)
{
    std::string body = "<pre>";
    size_t refused = 0;
    for (const lab::WireRequest& one : requests) {
        refused += one.succeeded() ? 0 : 1;
        body += fmt::format("{:<6} {:>10} +{:<7} {}\n", xml(one.operation), one.offset_bytes, one.count_bytes,
                            xml(answer_of(one)));
    }
    return folded(
        fmt::format("w{}", number),
        fmt::format("{} requests, {} of them not done (operation, byte, count, answer)", requests.size(), refused),
        body + "</pre>");
}

std::string machine_html(const Machine& machine, size_t number, size_t alike)
{
    std::string body;
    for (const auto& [title, process] :
         {std::pair{"device model", &machine.device_model}, std::pair{"QEMU", &machine.qemu}}) {
        body += fmt::format("<p>{}: {}</p><pre>{}</pre>", title, xml(process->ending),
                            xml(process::paste_line(process->argv)));
        body += process->stderr_text.empty() ? "" : "<p>said</p><pre>" + xml(process->stderr_text, true) + "</pre>";
    }
    return folded(fmt::format("m{}", number),
                  fmt::format("machine of {}{}", xml(machine.cases.empty() ? std::string() : machine.cases.front()),
                              alike > 1 ? fmt::format(" and {} like it", alike - 1) : ""),
                  body);
}

std::string section(const char* title, const char* text, const std::string& body)
{
    return body.empty() ? "" : fmt::format("<h3>{}</h3><p class=\"dim\">{}</p>\n{}", title, text, body);
}

}  // namespace

std::string html_lists(const Results& results, const EvidenceIndex& index)
{
    std::string guests;
    std::string wires;
    std::string machines;
    std::set<size_t> guests_done;
    std::set<size_t> wires_done;
    for (const EvidenceGroup& group : index.groups()) {
        const Outcome& outcome = *group.outcome;
        if (outcome.guest && guests_done.insert(*outcome.guest).second) {
            guests += guest_html(results.guests[*outcome.guest], *outcome.guest);
        }
        if (outcome.wire && wires_done.insert(*outcome.wire).second) {
            wires += wire_html(results.wires[*outcome.wire], *outcome.wire);
        }
    }
    for (size_t i = 0; i < index.machines().size(); ++i) {
        const auto& [machine, alike] = index.machines()[i];
        machines += machine_html(*machine, i, alike);
    }
    return section("What guests were told", "Lists that several results share are here once.", guests) +
           section("What reached block layers", "From nbdkit's log filter, in order.", wires) +
           section("Command lines", "Machines that differ in folders, sockets and nonces only are here once.",
                   machines);
}

}  // namespace rogate::report
