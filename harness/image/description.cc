// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/description.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace rogate::image {

namespace {

constexpr size_t kLimitBytes = 1 << 20;

/// A name that stays in the folder it is put behind.
bool is_inside(const std::string& name)
{
    const std::filesystem::path path(name);
    if (name.empty() || path.is_absolute() || name.find('\0') != std::string::npos) {
        return false;
    }
    return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".." || part.empty(); });
}

/// Throws nlohmann's exceptions for what is missing or of another type; the caller turns them into an Error.
Description from_json(const nlohmann::json& json)
{
    Description description;
    Image& image = description.image;
    image.format = json.at("format").get<std::string>();
    const auto shape = parse_shape(json.at("shape").get<std::string>());
    image.shape = shape ? *shape : throw std::runtime_error("an unknown shape");
    image.content_bytes = json.at("content_bytes").get<uint64_t>();
    for (const auto& member : json.at("chain")) {
        image.chain.push_back({member.at("file").get<std::string>(), member.at("format").get<std::string>(),
                               member.at("backing").get<std::string>()});
    }
    for (const auto& file : json.at("files")) {
        image.files.push_back(file.at("name").get<std::string>());
        description.sizes_bytes.push_back(file.at("size_bytes").get<uint64_t>());
    }
    description.tools = json.at("tools").get<std::vector<std::string>>();
    return description;
}

bool names_are_sound(const Image& image)
{
    const auto listed = [&](const std::string& name) {
        return std::find(image.files.begin(), image.files.end(), name) != image.files.end();
    };
    return !image.chain.empty() && std::all_of(image.files.begin(), image.files.end(), is_inside) &&
           std::all_of(image.chain.begin(), image.chain.end(), [&](const ChainMember& member) {
               return is_inside(member.file) && (member.backing.empty() || listed(member.backing));
           });
}

}  // namespace

Result<void> write_description(const std::filesystem::path& folder, const Description& description)
{
    const Image& image = description.image;
    nlohmann::ordered_json json = {{"format", image.format},
                                   {"shape", shape_name(image.shape)},
                                   {"content_bytes", image.content_bytes},
                                   {"chain", nlohmann::ordered_json::array()},
                                   {"files", nlohmann::ordered_json::array()},
                                   {"tools", description.tools}};
    for (const ChainMember& member : image.chain) {
        json["chain"].push_back({{"file", member.file}, {"format", member.format}, {"backing", member.backing}});
    }
    for (size_t i = 0; i < image.files.size(); ++i) {
        json["files"].push_back({{"name", image.files[i]}, {"size_bytes", description.sizes_bytes[i]}});
    }
    return write_file(folder / kDescriptionName,
                      json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n");
}

Result<Description> read_description(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / kDescriptionName;
    auto text = read_file(path, kLimitBytes);
    if (!text) {
        return text.error();
    }
    std::string reason = "a file name that leaves the folder, or an empty chain";
    try {
        Description description = from_json(nlohmann::json::parse(*text));
        if (names_are_sound(description.image)) {
            return description;
        }
    } catch (const std::exception& error) {
        reason = error.what();
    }
    return Error{ErrorKind::corrupt, "'" + path.string() + "' does not describe an image: " + reason,
                 "remove the folder"};
}

}  // namespace rogate::image
