// SPDX-License-Identifier: GPL-2.0-or-later
// image.json: what a golden image's folder says of itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/recipe.h"

namespace rogate::image {

/// The file's name; it is not one of the image's own files and is not copied with them.
inline constexpr char kDescriptionName[] = "image.json";

/// An image with what it takes to trust it.
struct Description {
    Image image;
    std::vector<uint64_t> sizes_bytes;  ///< of image.files, in that order
    std::vector<std::string> tools;     ///< first line of `--version` of each program that made it
};

/// Writes image.json into `folder`. Errors: environment.
Result<void> write_description(const std::filesystem::path& folder, const Description& description);

/// Reads image.json from `folder`. File names are checked: relative, and not leaving the folder.
/// Errors: not_found without the file; environment; corrupt when it is not as write_description() makes it.
Result<Description> read_description(const std::filesystem::path& folder);

}  // namespace rogate::image
