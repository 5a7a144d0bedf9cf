// SPDX-License-Identifier: GPL-2.0-or-later
// Golden images: for each format and shape a folder of files made once, which together hold the reference content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "image/tools.h"

namespace rogate::image {

/// How the content is laid over files. A `snapshot` case starts from the files of another shape (plain, or backed where
/// the format knows nothing else) and differs only in how the disk is configured.
enum class Shape { plain, backed, snapshot };

std::string_view shape_name(Shape shape);

/// Errors: usage, listing the shapes.
Result<Shape> parse_shape(std::string_view name);

/// The formats there are recipes for, in the order of the case list.
std::vector<std::string_view> format_names();

/// Why there is no such image.
struct Skip {
    std::string reason;
};

/// One file of an image's chain.
struct ChainMember {
    std::string file;     ///< relative to the image's folder
    std::string format;   ///< the driver that reads it
    std::string backing;  ///< the file it falls through to, relative to the image's folder; empty for none
    bool operator==(const ChainMember&) const = default;
};

/// An image: what its folder holds. All names are relative to that folder.
struct Image {
    std::string format;
    Shape shape = Shape::plain;
    uint64_t content_bytes = 0;      ///< size of the disk as the guest sees it
    std::vector<ChainMember> chain;  ///< the active file first, then what it falls through to, in order
    std::vector<std::string> files;  ///< every file, in or out of the chain (extents, descriptors)

    /// The file to give to the device model; for vvfat the folder.
    [[nodiscard]] const std::string& active() const { return chain.front().file; }
};

/// A golden image: not to be written. Every file's mtime is kGoldenMtime, which is also how a write to it is noticed.
struct Golden {
    std::filesystem::path folder;
    Image image;
};

/// The folders below the image's own in which its files lie, ancestors first: {"dir", "dir/SUB"} for a vvfat image.
std::vector<std::string> folders_of(const Image& image);

/// The mtime of every golden file and sub-folder and so of every fresh copy, in nanoseconds since 1970: a moment in
/// 2008, so that any later write moves it however coarse the file system's clock; cow stores its whole seconds in the
/// header.
inline constexpr int64_t kGoldenMtime = 1'216'857'600'123'456'789;

/// Why `format` has no `shape`, or nothing if it has. Errors: usage for an unknown format.
Result<std::optional<Skip>> check_shape(std::string_view format, Shape shape);

/// The golden image of `format` and `shape`, made below `cache_dir`/golden if it is not there yet. The folder's name
/// holds a hash of the recipes' version and of path, size and mtime of the programs used, so a new qemu-img makes a new
/// one; no program is started for one that exists. Several processes may ask at once: each makes its own in a temporary
/// folder, the first to rename it wins, and all return that one.
/// Errors: usage for an unknown format; environment for a missing program; corrupt when a golden file was changed.
Result<std::variant<Golden, Skip>> golden(const std::filesystem::path& cache_dir, std::string_view format, Shape shape,
                                          const RunProgram& run);

/// Copies the files of `golden` into `case_dir` (made if missing; its parent must exist) with holes, mtimes to the
/// nanosecond (those of sub-folders too) and writable for the owner. Names inside images are relative, so the copy is
/// complete in itself.
/// Errors: environment, also when one of the files is there already.
Result<void> instantiate(const Golden& golden, const std::filesystem::path& case_dir);

}  // namespace rogate::image
