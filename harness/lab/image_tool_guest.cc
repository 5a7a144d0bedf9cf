// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/image_tool_guest.h"

#include <algorithm>

namespace rogate::lab {

GuestReport run_image_tool(const ToolDisk& disk, process::Clock::time_point until, ProcessEvidence& last)
{
    struct Call {
        const char* name;
        std::vector<std::string> words;
    };
    const std::string copy = (disk.folder / "copy.raw").string();
    const Call calls[] = {
        {"INFO", {"info", "-f", disk.format, disk.file}},
        {"CONVERT", {"convert", "-f", disk.format, "-O", "raw", disk.file, copy}},
        {"COMPARE", {"compare", "-f", disk.format, "-F", "raw", disk.file, copy}},
        {"SNAPSHOT_LIST", {"snapshot", "-l", "-f", disk.format, disk.file}},
    };
    GuestReport report;
    report.disks.push_back({.id = disk.name, .index = 0, .kind = "tool", .sectors = 0, .model = {}});
    unsigned number = 0;
    for (const Call& call : calls) {
        std::vector<std::string> argv{disk.tool.string()};
        argv.insert(argv.end(), call.words.begin(), call.words.end());
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - process::Clock::now());
        auto outcome = process::run({.argv = argv,
                                     .env = {{"TMPDIR", disk.folder.string()}},
                                     .folder = disk.folder,
                                     .deadline = std::max(left, std::chrono::milliseconds(1))});
        if (!outcome) {
            report.problem = outcome.error().text;
            return report;
        }
        last = {argv, process::describe(*outcome), outcome->exit_status, outcome->signal, outcome->timed_out, outcome->err};
        if (outcome->signal != 0 || outcome->timed_out) {
            report.problem = std::string(call.name) + ": " + last.ending;
            return report;
        }
        GuestCommand command;
        command.disk = disk.name;
        command.kind = "tool";
        command.name = call.name;
        command.protocol = "program";
        command.opcode = ++number;
        command.status = static_cast<unsigned>(outcome->exit_status);
        // Most formats have no snapshots to list, and the tool says so.
        command.command_class = command.name == "SNAPSHOT_LIST" ? CommandClass::absent : CommandClass::read;
        report.commands.push_back(std::move(command));
    }
    report.complete = true;
    return report;
}

}  // namespace rogate::lab
