// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/tools.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <sys/stat.h>

namespace rogate::image {

namespace {

struct Tool {
    std::string_view name;
    std::string_view package;
};

constexpr std::array<Tool, 8> kTools = {{
    {"7z", "p7zip-full"},
    {"bximage", "bximage"},
    {"create_compressed_fs", "cloop-utils"},
    {"dmg2img", "dmg2img"},
    {"extract_compressed_fs", "cloop-utils"},
    {"qemu-img", "qemu-utils"},
    {"qemu-io", "qemu-utils"},
    {"uml_moo", "uml-utilities"},
}};

bool is_program(const std::string& path)
{
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0;
}

/// Where programs were found, while PATH stays as it is: a search of a long PATH costs more than the rest of a warm
/// look-up of a golden image.
struct Found {
    std::string path_value;
    std::map<std::string, std::string, std::less<>> paths;
};

std::string first_line(const std::string& text)
{
    std::string line = text.substr(0, text.find('\n'));
    return line.empty() ? "it said nothing" : line;
}

}  // namespace

std::string_view package_of(std::string_view name)
{
    for (const Tool& tool : kTools) {
        if (tool.name == name) {
            return tool.package;
        }
    }
    return {};
}

Result<std::filesystem::path> find_tool(std::string_view name)
{
    const char* value = std::getenv("PATH");
    std::string_view folders = value ? value : "/usr/bin:/bin";
    static thread_local Found known;
    if (known.path_value != folders) {
        known = {std::string(folders), {}};
    }
    const auto seen = known.paths.find(name);
    if (seen != known.paths.end() && is_program(seen->second)) {
        return std::filesystem::path(seen->second);
    }
    while (!folders.empty()) {
        const std::string_view folder = folders.substr(0, folders.find(':'));
        folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
        // A relative folder in PATH would find whatever lies in the current one.
        if (folder.starts_with('/')) {
            std::string path(folder);
            path.append("/").append(name);
            if (is_program(path)) {
                known.paths[std::string(name)] = path;
                return std::filesystem::path(std::move(path));
            }
        }
    }
    const std::string_view package = package_of(name);
    return Error{ErrorKind::environment, "cannot find program '" + std::string(name) + "' in PATH",
                 package.empty() ? "" : "install the Debian package '" + std::string(package) + "'"};
}

Result<ProgramOutput> run_tool(const RunProgram& run, std::string_view name, const std::vector<std::string>& arguments,
                               ErrorKind on_failure)
{
    auto path = find_tool(name);
    if (!path) {
        return path.error();
    }
    std::vector<std::string> argv{path->string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto output = run(argv);
    if (!output) {
        return output.error().while_doing("cannot run '" + std::string(name) + "'");
    }
    if (output->exit_status != 0) {
        return Error{on_failure, "'" + std::string(name) + "' ended with status " +
                                     std::to_string(output->exit_status) + ": " + first_line(output->err)};
    }
    return output;
}

}  // namespace rogate::image
