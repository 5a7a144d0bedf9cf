// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/program.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace rogate {

namespace {

struct Origin {
    std::string_view name;
    std::string_view package;
};

constexpr std::array<Origin, 18> kOrigins = {{
    {"7z", "p7zip-full"},
    {"bximage", "bximage"},
    {"cc", "gcc"},
    {"ccache", "ccache"},
    {"create_compressed_fs", "cloop-utils"},
    {"dmg2img", "dmg2img"},
    {"extract_compressed_fs", "cloop-utils"},
    {"git", "git"},
    {"libIPSec_MB.so.1", "libipsec-mb1"},
    {"nbdkit", "nbdkit"},
    {"nbdkit-log-filter.so", "nbdkit"},
    {"nbdkit-plugin.h", "nbdkit-plugin-dev"},
    {"ninja", "ninja-build"},
    {"qboot.rom", "qemu-system-data"},
    {"qemu-img", "qemu-utils"},
    {"qemu-io", "qemu-utils"},
    {"qemu-system-x86_64", "qemu-system-x86"},
    {"uml_moo", "uml-utilities"},
}};

bool is_program(const std::string& path)
{
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// Where programs were found, while PATH stays as it is: a search of a long PATH costs more than the rest of a warm
/// look-up of a golden image.
struct Found {
    std::string path_value;
    std::map<std::string, std::string, std::less<>> paths;
};

Error not_found(std::string_view name)
{
    return {ErrorKind::environment, "cannot find the program '" + std::string(name) + "'", install_hint(name)};
}

}  // namespace

std::string_view package_of(std::string_view name)
{
    const auto* const found =
        std::find_if(kOrigins.begin(), kOrigins.end(), [&](const Origin& one) { return one.name == name; });
    return found == kOrigins.end() ? std::string_view{} : found->package;
}

std::vector<std::string_view> program_names()
{
    std::vector<std::string_view> names;
    for (const Origin& one : kOrigins) {
        names.push_back(one.name);
    }
    return names;
}

std::string install_hint(std::string_view name)
{
    const std::string_view package = package_of(name);
    return package.empty() ? "install it, or put its folder into PATH"
                           : "install the Debian package '" + std::string(package) + "'";
}

Result<std::filesystem::path> find_program(std::string_view name)
{
    if (name.find('/') != std::string_view::npos) {
        return is_program(std::string(name))
                   ? Result(std::filesystem::path(name))
                   : Error{ErrorKind::environment, "cannot find the program '" + std::string(name) + "'",
                           "it must be an executable file"};
    }
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
    return not_found(name);
}

}  // namespace rogate
