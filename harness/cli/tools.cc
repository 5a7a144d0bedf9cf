// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/tools.h"

#include <array>
#include <unistd.h>

#include "base/program.h"
#include "process/group.h"

namespace rogate::cli {
namespace {

/// A program and how it tells its version; `file` is a path that must be readable instead.
struct Need {
    const char* name;
    const char* purpose;
    bool needed;
    const char* version_option;  ///< nullptr = it has none
    const char* file;
};

constexpr std::array<Need, 12> kNeeds{{
    {"nbdkit", "serves a subject's disks", true, "--version", nullptr},
    {"nbdkit log filter", "the wire witness", true, nullptr, "/usr/lib/x86_64-linux-gnu/nbdkit/filters/nbdkit-log-filter.so"},
    {"nbdkit-plugin.h", "builds the bridge", true, nullptr, "/usr/include/nbdkit-plugin.h"},
    {"qemu-system-x86_64", "runs the guests", true, "--version", nullptr},
    {"qboot.rom", "boots the guests", true, nullptr, "/usr/share/qemu/qboot.rom"},
    {"qemu-img", "makes and reads qcow images", true, "--version", nullptr},
    {"uml_moo", "reads cow images", true, nullptr, nullptr},
    {"cc", "builds subjects", true, "--version", nullptr},
    {"ninja", "builds subjects", true, "--version", nullptr},
    {"ccache", "makes building subjects faster", false, "--version", nullptr},
    {"libIPSec_MB", "makes digests faster", false, nullptr, "/usr/lib/x86_64-linux-gnu/libIPSec_MB.so.1"},
    {"git", "oracle of the tests", false, "--version", nullptr},
}};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

ToolReport check(const Need& need)
{
    const std::string origin = need.file ? std::filesystem::path(need.file).filename().native() : need.name;
    ToolReport report{need.name, need.purpose, std::string(package_of(origin)), need.needed, {}, {}};
    if (need.file) {
        report.path = ::access(need.file, R_OK) == 0 ? need.file : "";
        return report;
    }
    auto path = find_program(need.name);
    if (!path) {
        return report;
    }
    report.path = path->string();
    if (need.version_option) {
        auto said = process::run({.argv = {report.path, need.version_option}, .env = {}, .deadline = std::chrono::seconds(10)});
        report.version = said && said->ok() ? first_line(said->out) : "does not tell its version";
    }
    return report;
}

}  // namespace

std::vector<ToolReport> check_tools(const Global& global)
{
    std::vector<ToolReport> all;
    for (const Need& need : kNeeds) {
        all.push_back(check(need));
    }
    all.push_back({"probe guest", "tries every write command", "", true,
                   ::access(global.guest.c_str(), R_OK) == 0 ? global.guest.string() : "", ""});
    return all;
}

std::vector<std::string> needed_files()
{
    std::vector<std::string> files;
    for (const Need& need : kNeeds) {
        if (need.needed && need.file) {
            files.emplace_back(need.file);
        }
    }
    return files;
}

std::vector<std::pair<std::string, std::string>> tool_versions(const Global& global)
{
    std::vector<std::pair<std::string, std::string>> versions;
    for (const ToolReport& tool : check_tools(global)) {
        if (tool.needed && !tool.version.empty()) {
            versions.emplace_back(tool.name, tool.version);
        }
    }
    return versions;
}

}  // namespace rogate::cli
