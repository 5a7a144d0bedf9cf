// SPDX-License-Identifier: GPL-2.0-or-later
// The text of build.ninja and of what the bridge is told of the profile.
#include <algorithm>
#include <fmt/format.h>

#include "subject/build.h"
#include "subject/source.h"

namespace rogate::subject {
namespace {

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

std::string object_of(const std::string& source)
{
    return "obj/" + source + ".o";
}

/// What every file is compiled with.
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
    if (!profile.stubs.empty()) {
        flags += fmt::format(" -Isrc/{}", kLaidFiles);  // headers of the user's
    }
    if (!profile.prelude.empty()) {
        flags += fmt::format(" -include src/{}/{}", kLaidFiles, profile.prelude);
    }
    return flags;
}

/// The sources of a build, by what becomes of them.
struct Parts {
    std::vector<std::string> tree;  ///< the user's stubs too
    std::vector<std::string> bridge;
    std::vector<std::string> probes;  ///< sources that are only tried
    std::vector<std::string> tool;
    std::string bridge_folder;
};

Result<Parts> sort_sources(const Profile& profile, const git::Tree& files)
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : files) {
        names.push_back(name);
    }
    const std::vector<std::string> own_bridge{fmt::format("{}/*.c", kLaidBridge)};
    const std::vector<std::string>& bridge_globs = profile.bridge_sources.empty() ? own_bridge : profile.bridge_sources;
    auto tree = expand(profile.sources, profile.exclude, names);
    auto bridge = expand(bridge_globs, {}, names);
    auto tool =
        profile.image_tool_sources.empty() ? std::vector<std::string>{} : expand(profile.image_tool_sources, {}, names);
    for (const auto* part : {&tree, &bridge, &tool}) {
        if (!*part) {
            return part->error();
        }
    }
    Parts parts{std::move(*tree), std::move(*bridge), {}, std::move(*tool), {}};
    parts.bridge_folder = parts.bridge.front().substr(0, parts.bridge.front().rfind('/'));
    for (const std::string& name : names) {
        if (fits_glob(parts.bridge_folder + "/probe/*.c", name)) {
            parts.probes.push_back(name);
        }
    }
    for (const std::string& stub : profile.stubs) {
        if (stub.ends_with(".c")) {
            parts.tree.push_back(fmt::format("{}/{}", kLaidFiles, stub));
        }
    }
    return parts;
}

/// sync_io.c -> SYNC_IO
std::string probe_name(const std::string& path)
{
    std::string name = path.substr(path.rfind('/') + 1);
    name.resize(name.size() - 2);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

void add_rules(std::string& text, const Profile& profile, const Parts& parts, const std::string& compiler)
{
    std::string libraries;
    for (const std::string& library : profile.libraries) {
        libraries += " -l" + library;
    }
    // A link reports all symbols it lacks and goes on: the caller looks for them in the output.
    constexpr const char* kOpen = "-Wl,-z,defs -Wl,--warn-unresolved-symbols";
    text += fmt::format(
        "flags = {}\n"
        "bridge = -Igen -Isrc/{}{}\n"
        "rule cc\n  command = {} $flags $more -MD -MF $out.d -c $in -o $out\n  description = CC $in\n"
        "rule probe\n  command = if cc $flags $bridge -w -fsyntax-only $in "
        "2>/dev/null; then echo \"#define BRIDGE_HAVE_$name 1\"; else echo \"#define BRIDGE_HAVE_$name 0\"; fi "
        ">$out\n  description = TRY $in\n"
        "rule join\n  command = cat $in >$out\n  description = JOIN $out\n"
        "rule plugin\n  command = cc -shared {} -o $out $in{}\n  description = LINK $out\n"
        "rule program\n  command = cc {} -o $out $in{}\n  description = LINK $out\n",
        common_flags(profile), parts.bridge_folder, profile.bridge_opens_disks ? " -DROGATE_BRIDGE_DISKS" : "",
        compiler, kOpen, libraries, kOpen, libraries);
}

void add_probes(std::string& text, const Parts& parts)
{
    std::string answers;
    for (const std::string& probe : parts.probes) {
        const std::string answer = fmt::format("gen/{}.h", probe_name(probe));
        text += fmt::format("build {}: probe src/{}\n  name = {}\n", answer, escaped(probe), probe_name(probe));
        answers += " " + answer;
    }
    text += fmt::format("build gen/bridge_probes.h: join{}\n", answers);
}

void add_compile(std::string& text, const Profile& profile, const std::string& source, bool bridge)
{
    text += fmt::format("build {}: cc src/{}{}\n", escaped(object_of(source)), escaped(source),
                        bridge ? " | gen/bridge_probes.h" : "");
    const auto special = profile.files.find(source);
    std::string more = bridge ? " $bridge" : "";
    if (special != profile.files.end()) {
        for (const std::string& define : special->second.defines) {
            more += " -D" + define;
        }
        for (const std::string& flag : special->second.flags) {
            more += " " + flag;
        }
    }
    if (!more.empty()) {
        text += "  more =" + more + "\n";
    }
}

void add_link(std::string& text, const std::string& rule, const std::string& output,
              const std::vector<std::string>& sources)
{
    text += fmt::format("build {}: {}", output, rule);
    for (const std::string& source : sources) {
        text += " " + escaped(object_of(source));
    }
    text += fmt::format("\ndefault {}\n", output);
}

}  // namespace

Result<std::string> ninja_text(const Profile& profile, const git::Tree& files, const std::string& compiler)
{
    auto parts = sort_sources(profile, files);
    if (!parts) {
        return parts.error();
    }
    std::string text;
    add_rules(text, profile, *parts, compiler);
    add_probes(text, *parts);
    std::vector<std::string> all = parts->tree;
    for (const std::string& source : parts->tool) {
        if (std::find(all.begin(), all.end(), source) == all.end()) {
            all.push_back(source);
        }
    }
    for (const std::string& source : all) {
        add_compile(text, profile, source, false);
    }
    for (const std::string& source : parts->bridge) {
        add_compile(text, profile, source, true);
    }
    std::vector<std::string> plugin = parts->tree;
    plugin.insert(plugin.end(), parts->bridge.begin(), parts->bridge.end());
    add_link(text, "plugin", "bridge.so", plugin);
    if (!parts->tool.empty()) {
        add_link(text, "program", "ioemu-img", parts->tool);
    }
    return text;
}

std::string bridge_profile_text(const Profile& profile)
{
    std::string text = "/* made from the profile */\n";
    if (!profile.bridge_headers.empty()) {
        text += "#define BRIDGE_PROFILE_HEADERS 1\n";
        for (const std::string& header : profile.bridge_headers) {
            text += fmt::format("#include \"{}\"\n", header);
        }
    }
    if (profile.read_only != "auto") {
        std::string way = profile.read_only;
        std::transform(way.begin(), way.end(), way.begin(), [](unsigned char c) { return std::toupper(c); });
        text += fmt::format("#define BRIDGE_READ_ONLY BRIDGE_RO_{}\n", way);
    }
    text += "#define BRIDGE_PROFILE_FORMATS";
    for (const auto& [format, driver] : profile.limits.formats) {
        text += fmt::format(" {{ \"{}\", \"{}\" }},", format, driver);
    }
    return text + " { NULL, NULL }\n";
}

}  // namespace rogate::subject
