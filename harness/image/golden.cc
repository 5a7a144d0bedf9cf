// SPDX-License-Identifier: GPL-2.0-or-later
// The cache of golden images: key, making, renaming into place, checking.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/program.h"
#include "image/description.h"
#include "image/format.h"
#include "image/reader.h"
#include "image/recipe.h"
#include "image/reference.h"
#include "image/state.h"

namespace rogate::image {

namespace {

/// Raised whenever a make function, the reference content or the description file changes.
constexpr int kRecipeVersion = 1;
constexpr char kUnfinishedPrefix[] = ".making-";

std::string key_hash(const std::string& text)
{
    const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
    char hex[33];
    std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return hex;
}

/// Name of the golden's folder: format, shape, and a hash of all that its bytes depend on.
Result<std::string> golden_key(const FormatRecipe& recipe, Shape stored)
{
    const std::string name = std::string(recipe.name) + "-" + std::string(shape_name(stored));
    std::string text = "golden " + std::to_string(kRecipeVersion) + "\n" + name + "\n";
    for (const std::string_view tool : recipe.make_tools) {
        auto path = find_program(tool);
        if (!path) {
            return path.error();
        }
        auto state = file_state(*path);
        if (!state) {
            return state.error();
        }
        text +=
            path->string() + "\n" + std::to_string(state->size_bytes) + "\n" + std::to_string(state->mtime_ns) + "\n";
    }
    return name + "-" + key_hash(text);
}

/// With the golden mtime, and a file read-only, so that a write to it shows.
Result<void> seal(const std::filesystem::path& path, bool is_folder)
{
    constexpr timespec kTime = {kGoldenMtime / 1'000'000'000, kGoldenMtime % 1'000'000'000};
    const timespec times[2] = {kTime, kTime};
    if ((!is_folder && ::chmod(path.c_str(), 0444) < 0) || ::utimensat(AT_FDCWD, path.c_str(), times, 0) < 0) {
        return errno_error("seal", path.string(), errno);
    }
    return {};
}

/// Every file and sub-folder of `folder`, sorted, so that a golden is described alike wherever it is made.
Result<std::vector<std::filesystem::directory_entry>> all_entries(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::directory_entry> entries;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        entries.push_back(*it);
    }
    if (error) {
        return errno_error("list", folder.string(), error.value());
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

Result<Description> list_files(const std::filesystem::path& folder)
{
    auto entries = all_entries(folder);
    if (!entries) {
        return entries.error();
    }
    Description description;
    for (const auto& entry : *entries) {
        std::error_code ignored;
        const bool is_folder = entry.is_directory(ignored);
        if (!is_folder && !entry.is_regular_file(ignored)) {
            continue;
        }
        auto sealed = seal(entry.path(), is_folder);
        if (!sealed) {
            return sealed.error();
        }
        if (is_folder) {
            continue;
        }
        auto state = file_state(entry.path());
        if (!state) {
            return state.error();
        }
        description.image.files.push_back(entry.path().lexically_relative(folder).string());
        description.sizes_bytes.push_back(state->size_bytes);
    }
    return description;
}

/// Reads the fresh image back by the independent reader: a golden that holds anything but R would blame drivers for it.
Result<void> verify(const std::filesystem::path& folder, const Image& image, const RunProgram& run)
{
    auto work = TempDir::make(folder, ".verify-");
    if (!work) {
        return work.error();
    }
    auto content = read_content(folder, image, work->path(), run);
    if (!content) {
        return content.error();
    }
    auto differing = compare_content(*content, expect_reference());
    if (!differing) {
        return differing.error();
    }
    if (!differing->empty()) {
        return Error{ErrorKind::corrupt, std::to_string(differing->total) +
                                             " sectors are not as written, the first is " +
                                             std::to_string(differing->ranges.front().first)};
    }
    return {};
}

/// Makes the files in `folder`, checks and describes them; the description is written last.
Result<void> make_golden(const std::filesystem::path& folder, const FormatRecipe& recipe, Shape stored,
                         const RunProgram& run)
{
    auto chain = recipe.make({folder, stored == Shape::backed, run});
    if (!chain) {
        return chain.error();
    }
    auto description = list_files(folder);
    if (!description) {
        return description.error();
    }
    description->image.format = recipe.name;
    description->image.shape = stored;
    description->image.content_bytes = recipe.content_bytes;
    description->image.chain = std::move(*chain);
    if (recipe.no_reader.empty()) {
        auto verified = verify(folder, description->image, run);
        if (!verified) {
            return verified;
        }
    }
    for (const std::string_view tool : recipe.make_tools) {
        auto path = find_program(tool);
        if (!path) {
            return path.error();
        }
        auto version = run({path->string(), "--version"});
        if (!version) {
            return version.error();
        }
        // bximage and create_compressed_fs tell no version: the folder's name still follows their size and mtime
        description->tools.push_back(version->exit_status == 0 ? version->out.substr(0, version->out.find('\n'))
                                                               : std::string(tool));
    }
    return write_description(folder, *description);
}

/// The golden in `folder`, if it is as it was made. Errors: not_found when there is none; corrupt.
Result<Golden> load_golden(const std::filesystem::path& folder)
{
    const Error changed{ErrorKind::corrupt, "golden image '" + folder.string() + "' was changed since it was made",
                        "remove the folder, and find out what wrote to it"};
    auto description = read_description(folder);
    if (!description) {
        return description.error();
    }
    for (size_t i = 0; i < description->image.files.size(); ++i) {
        auto state = file_state(folder / description->image.files[i]);
        if (!state || state->size_bytes != description->sizes_bytes[i] || state->mtime_ns != kGoldenMtime) {
            return changed;
        }
    }
    for (const std::string& name : folders_of(description->image)) {
        auto state = file_state(folder / name);
        if (!state || state->mtime_ns != kGoldenMtime) {
            return changed;  // a file was put there or taken away
        }
    }
    return Golden{folder, std::move(description->image)};
}

Result<void> make_in_cache(const std::filesystem::path& parent, const std::string& key, const FormatRecipe& recipe,
                           Shape stored, const RunProgram& run)
{
    std::error_code error;
    std::filesystem::create_directories(parent, error);
    if (error) {
        return errno_error("make", parent.string(), error.value());
    }
    remove_unfinished(parent, kUnfinishedPrefix);
    auto temporary = TempDir::make(parent, kUnfinishedPrefix);
    if (!temporary) {
        return temporary.error();
    }
    auto made = make_golden(temporary->path(), recipe, stored, run);
    if (!made) {
        return made.error().while_doing("cannot make the golden image '" + std::string(recipe.name) + "/" +
                                        std::string(shape_name(stored)) + "'");
    }
    if (::chmod(temporary->path().c_str(), 0755) < 0 ||
        ::rename(temporary->path().c_str(), (parent / key).c_str()) < 0) {
        // Another process was first: its golden is as good, and this one goes with the temporary folder.
        return errno == ENOTEMPTY || errno == EEXIST ? Result<void>()
                                                     : errno_error("rename to", (parent / key).string(), errno);
    }
    temporary->release();
    return {};
}

}  // namespace

Result<std::variant<Golden, Skip>> golden(const std::filesystem::path& cache_dir, std::string_view format, Shape shape,
                                          const RunProgram& run)
{
    auto skip = check_shape(format, shape);
    if (!skip) {
        return skip.error();
    }
    if (*skip) {
        return std::variant<Golden, Skip>(**skip);
    }
    const FormatRecipe& recipe = **find_format(format);
    const Shape stored = shape == Shape::snapshot ? recipe.snapshot_of : shape;
    auto key = golden_key(recipe, stored);
    if (!key) {
        return key.error();
    }
    const std::filesystem::path parent = cache_dir / "golden";
    auto loaded = load_golden(parent / *key);
    if (!loaded && loaded.error().kind == ErrorKind::not_found) {
        auto made = make_in_cache(parent, *key, recipe, stored, run);
        if (!made) {
            return made.error();
        }
        loaded = load_golden(parent / *key);
    }
    if (!loaded) {
        return loaded.error();
    }
    loaded->image.shape = shape;
    return std::variant<Golden, Skip>(std::move(*loaded));
}

}  // namespace rogate::image
