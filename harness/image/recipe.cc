// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/recipe.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>

#include "image/copy.h"
#include "image/format.h"

namespace rogate::image {

namespace {

constexpr std::array<std::string_view, 3> kShapes = {"plain", "backed", "snapshot"};

/// Gives the sub-folders of a copy the mtime of the golden's, once nothing is put into them any more.
Result<void> copy_folder_times(const Golden& golden, const std::filesystem::path& case_dir)
{
    for (const std::string& name : folders_of(golden.image)) {
        const std::filesystem::path from = golden.folder / name;
        const std::filesystem::path to = case_dir / name;
        struct stat st {};
        if (::stat(from.c_str(), &st) < 0) {
            return errno_error("copy", from.string(), errno);
        }
        const timespec times[2] = {st.st_atim, st.st_mtim};
        if (::utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW) < 0) {
            return errno_error("set the times of", to.string(), errno);
        }
    }
    return {};
}

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

std::vector<std::string> folders_of(const Image& image)
{
    std::set<std::string> folders;
    for (const std::string& name : image.files) {
        for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
            folders.insert(name.substr(0, slash));
        }
    }
    return {folders.begin(), folders.end()};
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
    return copy_folder_times(golden, case_dir);
}

}  // namespace rogate::image
