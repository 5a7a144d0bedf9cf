// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/profile.h"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>
#include <toml++/toml.h>

#include "base/text.h"

namespace rogate::subject {
namespace {

/// One key of a table and where its value goes.
struct Key {
    std::string name;
    std::vector<std::string>* words = nullptr;
    std::string* text = nullptr;
};

Error at(const std::string& name, const toml::source_region& place, const std::string& what, const std::string& hint = {})
{
    return {ErrorKind::usage, fmt::format("'{}' line {}: {}", name, place.begin.line, what), hint};
}

Result<void> read_words(const toml::node& node, const std::string& key, const std::string& name, std::vector<std::string>& words)
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

Result<void> read_table(const toml::table& table, const std::string& prefix, const std::vector<Key>& keys, const std::string& name)
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
        if (key->text) {
            const auto* text = node.as_string();
            if (!text) {
                return at(name, node.source(), fmt::format("'{}{}' must be a string", prefix, word));
            }
            *key->text = text->get();
        } else if (auto read = read_words(node, prefix + word, name, *key->words); !read) {
            return read.error();
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
        if (auto read = read_table(*inner, fmt::format("file.\"{}\".", source),
                                   {{"defines", &profile.file_defines[source]}}, name); !read) {
            return read.error();
        }
    }
    return {};
}

}  // namespace

Result<Profile> parse_profile(std::string_view text, const std::string& name)
{
    toml::table root;
    try {
        root = toml::parse(text, std::string_view(name));
    } catch (const toml::parse_error& error) {
        return at(name, error.source(), std::string(error.description()));
    }
    Profile profile;
    const std::map<std::string, std::vector<Key>> tables{
        {"tree", {{"sources", &profile.sources}, {"exclude", &profile.exclude}}},
        {"build",
         {{"standard", nullptr, &profile.standard},
          {"include", &profile.include},
          {"defines", &profile.defines},
          {"flags", &profile.flags},
          {"libraries", &profile.libraries}}},
        {"bridge", {{"sources", &profile.bridge_sources}}},
        {"image-tool", {{"sources", &profile.image_tool_sources}}},
    };
    for (const auto& [found, node] : root) {
        const std::string word(found.str());
        const toml::table* table = node.as_table();
        const auto known = tables.find(word);
        if (!table || (known == tables.end() && word != "file")) {
            return at(name, node.source(), fmt::format("unknown key '{}'", word),
                      did_you_mean(word, {"tree", "build", "file", "bridge", "image-tool"}));
        }
        auto read = word == "file" ? read_file_table(*table, name, profile)
                                   : read_table(*table, word + ".", known->second, name);
        if (!read) {
            return read.error();
        }
    }
    if (profile.sources.empty() || profile.bridge_sources.empty()) {
        return Error{ErrorKind::usage, fmt::format("'{}' names no sources in [tree] or [bridge]", name)};
    }
    return profile;
}

Result<std::vector<std::string>> expand(const std::vector<std::string>& globs, const std::vector<std::string>& exclude,
                                        const std::vector<std::string>& all)
{
    const auto fits = [](const std::string& glob, const std::string& file) {
        return ::fnmatch(glob.c_str(), file.c_str(), FNM_PATHNAME) == 0;
    };
    std::vector<bool> wanted(all.size());
    for (const std::string& glob : globs) {
        bool any = false;
        for (size_t i = 0; i < all.size(); ++i) {
            if (fits(glob, all[i])) {
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
        const bool excluded = std::any_of(exclude.begin(), exclude.end(), [&](const auto& glob) { return fits(glob, all[i]); });
        if (wanted[i] && !excluded) {
            files.push_back(all[i]);
        }
    }
    return files;
}

}  // namespace rogate::subject
