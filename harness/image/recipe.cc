// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/recipe.h"

#include <array>
#include <cerrno>
#include <sys/stat.h>

#include "image/copy.h"
#include "image/format.h"

namespace rogate::image
{

namespace
{

constexpr std::array<std::string_view, 3> kShapes = {"plain", "backed", "snapshot"};

}  // namespace

std::string_view shape_name(Shape shape)
{
    return kShapes[static_cast<size_t>(shape)];
}

Result<Shape> parse_shape(std::string_view name)
{
    for (size_t i = 0; i < kShapes.size(); ++i) {
        if (kShapes[i] == name) {
            return static_cast<Shape>(i);
        }
    }
    return Error{ErrorKind::usage, "unknown shape '" + std::string(name) + "'",
                 "the shapes are plain, backed, snapshot"};
}

std::vector<std::string_view> format_names()
{
    std::vector<std::string_view> names;
    for (const FormatRecipe& format : formats()) {
        names.push_back(format.name);
    }
    return names;
}

Result<std::optional<Skip>> check_shape(std::string_view format, Shape shape)
{
    auto recipe = find_format(format);
    if (!recipe) {
        return recipe.error();
    }
    const Shape stored = shape == Shape::snapshot ? (*recipe)->snapshot_of : shape;
    const std::string_view reason = stored == Shape::backed ? (*recipe)->no_backed : (*recipe)->no_plain;
    return reason.empty() ? std::optional<Skip>() : Skip{std::string(reason)};
}

Result<void> instantiate(const Golden& golden, const std::filesystem::path& case_dir)
{
    if (::mkdir(case_dir.c_str(), 0755) < 0 && errno != EEXIST) {
        return errno_error("make", case_dir.string(), errno);
    }
    for (const std::string& name : golden.image.files) {
        const std::filesystem::path target = case_dir / name;
        if (name.find('/') != std::string::npos) {
            std::error_code error;
            std::filesystem::create_directories(target.parent_path(), error);
            if (error) {
                return errno_error("make", target.parent_path().string(), error.value());
            }
        }
        auto copied = copy_sparse(golden.folder / name, target);
        if (!copied) {
            return copied;
        }
    }
    return {};
}

}  // namespace rogate::image
