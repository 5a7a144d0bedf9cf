// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/build.h"

#include <fmt/format.h>
#include <regex>
#include <sys/stat.h>
#include <thread>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/file.h"
#include "base/program.h"
#include "process/group.h"

namespace rogate::subject {
namespace {

constexpr const char* kCompiler = "cc";
constexpr const char* kPluginHeader = "/usr/include/nbdkit-plugin.h";
constexpr int kRecipe = 1;  // raise it when the way of building changes

/// Ninja's escapes for a path in a build line.
std::string escaped(const std::string& path)
{
    std::string text;
    for (const char c : path) {
        if (c == ' ' || c == ':' || c == '$') {
            text += '$';
        }
        text += c;
    }
    return text;
}

std::string object_of(const std::string& source) { return "obj/" + source + ".o"; }

/// `-Isrc/...`, defines and flags that every file of the tree gets.
std::string common_flags(const Profile& profile)
{
    std::string flags = "-std=" + profile.standard;
    for (const std::string& flag : profile.flags) {
        flags += " " + flag;
    }
    for (const std::string& define : profile.defines) {
        flags += " -D" + define;
    }
    for (const std::string& folder : profile.include) {
        flags += " -Isrc/" + folder;
    }
    return flags;
}

void add_link(std::string& text, const std::string& rule, const std::string& output, const std::vector<std::string>& sources)
{
    text += fmt::format("build {}: {}", output, rule);
    for (const std::string& source : sources) {
        text += " " + escaped(object_of(source));
    }
    text += fmt::format("\ndefault {}\n", output);
}

/// "block.c:214:5: error: ..." of the first compiler or linker message in Ninja's output.
std::string first_message(const std::string& output)
{
    static const std::regex kCompilerError(R"((?:src/)?([^\s:]+):(\d+):\d+: (?:fatal )?error: ([^\n]*))");
    static const std::regex kLinkerError(R"(([^\n]*undefined reference[^\n]*))");
    std::smatch match;
    if (std::regex_search(output, match, kCompilerError)) {
        return fmt::format("{} line {}: {}", match[1].str(), match[2].str(), match[3].str());
    }
    if (std::regex_search(output, match, kLinkerError)) {
        return match[1].str();
    }
    return output.substr(0, 400);
}

Result<void> write_tree(const std::filesystem::path& folder, const git::Tree& files)
{
    for (const auto& [name, entry] : files) {
        const std::filesystem::path path = folder / name;
        std::error_code ec;
        std::filesystem::create_directories(path.parent_path(), ec);
        if (ec) {
            return errno_error("make the folder", path.parent_path().string(), ec.value());
        }
        if (auto written = write_file(path, *entry.content); !written) {
            return written.error();
        }
    }
    return {};
}

}  // namespace

Result<std::string> ninja_text(const Profile& profile, const git::Tree& files, const std::string& compiler)
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : files) {
        names.push_back(name);
    }
    auto tree = expand(profile.sources, profile.exclude, names);
    auto bridge = expand(profile.bridge_sources, {}, names);
    auto tool = profile.image_tool_sources.empty() ? std::vector<std::string>{} : expand(profile.image_tool_sources, {}, names);
    for (const auto* part : {&tree, &bridge, &tool}) {
        if (!*part) {
            return part->error();
        }
    }
    std::string libraries;
    for (const std::string& library : profile.libraries) {
        libraries += " -l" + library;
    }
    std::string text = fmt::format("flags = {}\n"
                                   "rule cc\n  command = {} $flags $more -c $in -o $out\n  description = CC $in\n"
                                   "rule plugin\n  command = cc -shared -o $out $in{}\n  description = LINK $out\n"
                                   "rule program\n  command = cc -o $out $in{}\n  description = LINK $out\n",
                                   common_flags(profile), compiler, libraries, libraries);
    std::vector<std::string> all = *tree;
    for (const auto* part : {&*bridge, &*tool}) {
        for (const std::string& source : *part) {
            if (std::find(all.begin(), all.end(), source) == all.end()) {
                all.push_back(source);
            }
        }
    }
    for (const std::string& source : all) {
        text += fmt::format("build {}: cc src/{}\n", escaped(object_of(source)), escaped(source));
        const auto special = profile.file_defines.find(source);
        if (special != profile.file_defines.end()) {
            text += "  more =";
            for (const std::string& define : special->second) {
                text += " -D" + define;
            }
            text += "\n";
        }
    }
    std::vector<std::string> plugin = *tree;
    plugin.insert(plugin.end(), bridge->begin(), bridge->end());
    add_link(text, "plugin", "bridge.so", plugin);
    if (!tool->empty()) {
        add_link(text, "program", "ioemu-img", *tool);
    }
    return text;
}

Result<void> build_in(const std::filesystem::path& folder, const std::filesystem::path& cache, const Profile& profile,
                      const git::Tree& files)
{
    for (const char* program : {kCompiler, "ninja"}) {
        if (auto found = find_program(program); !found) {
            return found.error();
        }
    }
    const bool with_ccache = find_program("ccache").has_value();
    auto text = ninja_text(profile, files, with_ccache ? "ccache cc" : kCompiler);
    if (!text) {
        return text.error();
    }
    if (auto written = write_tree(folder / "src", files); !written) {
        return written.error();
    }
    if (auto written = write_file(folder / "build.ninja", *text); !written) {
        return written.error();
    }
    // ccache keeps to rogate's own cache, and a build folder's name must not make its objects different ones.
    auto built = process::run({.argv = {"ninja", "-C", folder.string()},
                               .env = {{"CCACHE_DIR", (cache / "ccache").string()},
                                       {"CCACHE_BASEDIR", folder.string()},
                                       {"CCACHE_NOHASHDIR", "1"},
                                       {"CCACHE_COMPILERCHECK", "mtime"}},
                               .deadline = std::chrono::minutes(10)});
    if (!built) {
        return built.error();
    }
    if (!built->ok()) {
        return Error{ErrorKind::build, first_message(built->out + built->err)};
    }
    return {};
}

Result<std::string> toolchain_key()
{
    std::string facts = fmt::format("{}", kRecipe);
    auto compiler = find_program(kCompiler);
    if (!compiler) {
        return compiler.error();
    }
    std::error_code ec;
    const std::filesystem::path real = std::filesystem::canonical(*compiler, ec);
    const std::pair<std::string, const char*> needed[]{{ec ? compiler->string() : real.string(), "gcc"}, {kPluginHeader, "nbdkit-plugin-dev"}};
    for (const auto& [path, package] : needed) {
        struct stat st {};
        if (::stat(path.c_str(), &st) != 0) {
            return Error{ErrorKind::environment, fmt::format("cannot find '{}', which subjects are built with", path),
                         fmt::format("install the Debian package '{}'", package)};
        }
        facts += fmt::format(" {} {} {}.{}", path, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    return fmt::format("{:016x}", XXH3_64bits(facts.data(), facts.size()));
}

}  // namespace rogate::subject
