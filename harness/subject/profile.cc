// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/profile.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <functional>
#include <toml++/toml.h>

#include "base/text.h"

namespace rogate::subject {
namespace {

/// One key of a table and where its value goes.
struct Key {
    std::string name;
    std::vector<std::string>* words = nullptr;
    std::string* text = nullptr;
    std::vector<std::string> known = {};  ///< the only values of `text`; empty = any
};

Error at(const std::string& name, const toml::source_region& place, const std::string& what,
         const std::string& hint = {})
{
    return {ErrorKind::usage, fmt::format("'{}' line {}: {}", name, place.begin.line, what), hint};
}

Result<void> read_words(const toml::node& node, const std::string& key, const std::string& name,
                        std::vector<std::string>& words)
{
    const toml::array* array = node.as_array();
    if (!array) {
        return at(name, node.source(), fmt::format("'{}' must be a list of strings", key));
    }
    for (const toml::node& entry : *array) {
        const auto* text = entry.as_string();
        if (!text) {
            return at(name, entry.source(), fmt::format("'{}' must be a list of strings", key));
        }
        words.push_back(text->get());
    }
    return {};
}

Result<void> read_text(const toml::node& node, const std::string& name, const std::string& key_name, const Key& key)
{
    const auto* text = node.as_string();
    if (!text) {
        return at(name, node.source(), fmt::format("'{}' must be a string", key_name));
    }
    if (!key.known.empty() && std::find(key.known.begin(), key.known.end(), text->get()) == key.known.end()) {
        return at(name, node.source(), fmt::format("'{}' cannot be '{}'", key_name, text->get()),
                  fmt::format("it is one of: {}", fmt::join(key.known, ", ")));
    }
    *key.text = text->get();
    return {};
}

Result<void> read_table(const toml::table& table, const std::string& prefix, const std::vector<Key>& keys,
                        const std::string& name)
{
    for (const auto& [found, node] : table) {
        const std::string word(found.str());
        const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return one.name == word; });
        if (key == keys.end()) {
            std::vector<std::string> known;
            for (const Key& one : keys) {
                known.push_back(one.name);
            }
            return at(name, node.source(), fmt::format("unknown key '{}{}'", prefix, word), did_you_mean(word, known));
        }
        auto read =
            key->text ? read_text(node, name, prefix + word, *key) : read_words(node, prefix + word, name, *key->words);
        if (!read) {
            return read;
        }
    }
    return {};
}

Result<void> read_file_table(const toml::table& table, const std::string& name, Profile& profile)
{
    for (const auto& [file, node] : table) {
        const std::string source(file.str());
        const toml::table* inner = node.as_table();
        if (!inner) {
            return at(name, node.source(), fmt::format("'file.\"{}\"' must be a table", source));
        }
        FileBuild& build = profile.files[source];
        if (auto read = read_table(*inner, fmt::format("file.\"{}\".", source),
                                   {{"defines", &build.defines}, {"flags", &build.flags}}, name);
            !read) {
            return read;
        }
    }
    return {};
}

Result<void> read_formats(const toml::table& table, const std::string& name, Profile& profile)
{
    for (const auto& [format, node] : table) {
        const auto* text = node.as_string();
        constexpr const char* kNameSigns = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
        if (!text || text->get().empty() || text->get().find_first_not_of(kNameSigns) != std::string::npos) {
            return at(name, node.source(),
                      fmt::format("'formats.{}' must be the tree's name of that format", std::string(format.str())));
        }
        profile.limits.formats[std::string(format.str())] = text->get();
    }
    return {};
}

/// The tables that hold nothing but keys of a fixed name.
std::map<std::string, std::vector<Key>> plain_tables(Profile& profile, std::string& disks)
{
    return {
        {"tree",
         {{"repository", nullptr, &profile.repository},
          {"rev", nullptr, &profile.rev},
          {"folder", nullptr, &profile.folder},
          {"sources", &profile.sources},
          {"exclude", &profile.exclude},
          {"headers", &profile.headers}}},
        {"build",
         {{"standard", nullptr, &profile.standard},
          {"include", &profile.include},
          {"defines", &profile.defines},
          {"flags", &profile.flags},
          {"libraries", &profile.libraries},
          {"prelude", nullptr, &profile.prelude},
          {"stubs", &profile.stubs}}},
        {"bridge",
         {{"sources", &profile.bridge_sources},
          {"headers", &profile.bridge_headers},
          {"disks", nullptr, &disks, {"bridge", "main"}},
          {"read-only", nullptr, &profile.read_only, {"auto", "argument", "flag", "field"}}}},
        {"image-tool", {{"sources", &profile.image_tool_sources}}},
        {"cases",
         {{"buses", &profile.limits.buses},
          {"configurations", &profile.limits.configurations},
          {"shapes", &profile.limits.shapes}}},
        {"series", {{"folder", nullptr, &profile.series}}},
    };
}

/// Puts the tree's folder in front of everything that is written relative to it.
void put_folder_in_front(Profile& profile)
{
    std::string& folder = profile.folder;
    while (folder.ends_with('/')) {
        folder.pop_back();
    }
    if (folder == ".") {
        folder.clear();
    }
    const std::string prefix = folder.empty() ? "" : folder + "/";
    for (auto* globs :
         {&profile.sources, &profile.exclude, &profile.headers, &profile.image_tool_sources, &profile.include}) {
        for (std::string& glob : *globs) {
            glob = glob == "." ? (folder.empty() ? "." : folder) : prefix + glob;
        }
    }
    std::map<std::string, FileBuild> files;
    for (auto& [name, build] : profile.files) {
        files[prefix + name] = std::move(build);
    }
    profile.files = std::move(files);
}

Result<void> check(const Profile& profile, const std::string& name)
{
    if (profile.sources.empty()) {
        return Error{ErrorKind::usage, fmt::format("'{}' names no sources in [tree]", name)};
    }
    if (!profile.bridge_opens_disks) {
        for (const auto& [format, driver] : profile.limits.formats) {
            if (format != driver) {
                return Error{ErrorKind::usage,
                             fmt::format("'{}' renames the format '{}', but its disks are opened by the tree's "
                                         "main program, which is told rogate's name",
                                         name, format),
                             "with bridge.disks = \"bridge\" the bridge translates it"};
            }
        }
    }
    return {};
}

bool allowed(const std::vector<std::string>& list, const std::string& word)
{
    return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

std::string Limits::skip_reason(const std::string& format, const std::string& bus, const std::string& configuration,
                                const std::string& shape) const
{
    if (!formats.empty() && !formats.contains(format)) {
        return fmt::format("the tree's profile has no format {}", format);
    }
    if (!allowed(buses, bus)) {
        return fmt::format("the tree's profile has no bus {}", bus);
    }
    if (!allowed(configurations, configuration)) {
        return fmt::format("the tree's profile has no configuration by {}", configuration);
    }
    if (!allowed(shapes, shape)) {
        return fmt::format("the tree's profile has no {} images", shape);
    }
    return {};
}

Result<Profile> parse_profile(std::string_view text, const std::string& name)
{
    toml::table root;
    try {
        root = toml::parse(text, std::string_view(name));
    } catch (const toml::parse_error& error) {
        return at(name, error.source(), std::string(error.description()));
    }
    Profile profile;
    std::string disks = "bridge";
    const auto tables = plain_tables(profile, disks);
    for (const auto& [found, node] : root) {
        const std::string word(found.str());
        const toml::table* table = node.as_table();
        const auto known = tables.find(word);
        if (!table || (known == tables.end() && word != "file" && word != "formats")) {
            return at(
                name, node.source(), fmt::format("unknown key '{}'", word),
                did_you_mean(word, {"tree", "build", "file", "formats", "cases", "series", "bridge", "image-tool"}));
        }
        auto read = word == "file"      ? read_file_table(*table, name, profile)
                    : word == "formats" ? read_formats(*table, name, profile)
                                        : read_table(*table, word + ".", known->second, name);
        if (!read) {
            return read.error();
        }
    }
    profile.bridge_opens_disks = disks == "bridge";
    // The bridge knows -drive; what other buses want of a tree (a monitor, an image tool) the profile has to say.
    if (profile.bridge_opens_disks && profile.limits.configurations.empty()) {
        profile.limits.configurations = {"drive"};
    }
    if (profile.bridge_opens_disks && profile.limits.buses.empty()) {
        profile.limits.buses = {"ide"};
    }
    put_folder_in_front(profile);
    auto checked = check(profile, name);
    return checked ? Result<Profile>(std::move(profile)) : Result<Profile>(checked.error());
}

bool fits_glob(const std::string& glob, const std::string& file)
{
    const size_t deep = glob.find("**/");
    if (deep == std::string::npos) {
        return ::fnmatch(glob.c_str(), file.c_str(), FNM_PATHNAME) == 0;
    }
    // What stands before `**/` must fit so many whole folders of `file`, what stands behind it any rest that begins a
    // part.
    const std::string before = glob.substr(0, deep);
    const std::string behind = glob.substr(deep + 3);
    const auto depth = std::count(before.begin(), before.end(), '/');
    size_t begin = 0;
    for (auto i = depth; i > 0; --i) {
        begin = file.find('/', begin) + 1;
        if (begin == 0) {
            return false;
        }
    }
    if (::fnmatch(before.c_str(), file.substr(0, begin).c_str(), FNM_PATHNAME) != 0) {
        return false;
    }
    for (;;) {
        if (fits_glob(behind, file.substr(begin))) {
            return true;
        }
        begin = file.find('/', begin) + 1;
        if (begin == 0) {
            return false;
        }
    }
}

Result<std::vector<std::string>> expand(const std::vector<std::string>& globs, const std::vector<std::string>& exclude,
                                        const std::vector<std::string>& all)
{
    std::vector<bool> wanted(all.size());
    for (const std::string& glob : globs) {
        bool any = false;
        for (size_t i = 0; i < all.size(); ++i) {
            if (fits_glob(glob, all[i])) {
                any = true;
                wanted[i] = true;
            }
        }
        if (!any) {
            return Error{ErrorKind::usage, fmt::format("the profile's source '{}' fits no file of the tree", glob),
                         did_you_mean(glob, all)};
        }
    }
    std::vector<std::string> files;
    for (size_t i = 0; i < all.size(); ++i) {
        const bool excluded =
            std::any_of(exclude.begin(), exclude.end(), [&](const auto& glob) { return fits_glob(glob, all[i]); });
        if (wanted[i] && !excluded) {
            files.push_back(all[i]);
        }
    }
    return files;
}

}  // namespace rogate::subject
