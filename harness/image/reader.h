// SPDX-License-Identifier: GPL-2.0-or-later
// What a guest would see of an image, read by programs that share no code with the drivers under test, and its
// comparison with what it should be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/io.h"
#include "image/recipe.h"
#include "image/sector.h"

namespace rogate::image {

/// Why read_content() cannot read images of `format`, so that the digests of their files are all there is to compare;
/// empty where it can, and for an unknown format.
std::string_view no_reader(std::string_view format);

/// The content of the image in `folder` as a raw file: for raw the active file itself, else `work_dir`/content.raw (an
/// older one there is replaced). `folder` is only read. Backing files are those that `image` names, never those that
/// the image's own header may name by now; a cow base must have kept its mtime.
/// A host_device image is read as its file: detach the loop device first, or what was written may still be in it.
/// Errors: usage for a format with no_reader(); environment, naming the package of a missing program; corrupt when the
/// program refuses the image, or its output is not image.content_bytes long.
Result<std::filesystem::path> read_content(const std::filesystem::path& folder, const Image& image,
                                           const std::filesystem::path& work_dir, const RunProgram& run);

/// What a disk should hold.
struct Expectation {
    uint64_t size_bytes = 0;  ///< a multiple of 512
    SectorSource sector;      ///< asked for the sectors of `filled` only
    /// Ascending, apart: the sectors that may be other than zero; all others must be zero.
    std::vector<SectorRange> filled;
};

/// The reference content with some sectors overwritten. Overwrites beyond the disk make it match nothing.
Expectation expect_reference(std::map<uint64_t, Sector> overwritten = {});

/// The sectors of the raw file `path` that are not as expected, ascending. Sectors that are missing, or too many, count
/// as different. Errors: not_found, environment; corrupt when it is no file of bytes or is cut off while being read.
Result<SectorList> compare_content(const std::filesystem::path& path, const Expectation& expected,
                                   size_t max_ranges = kDefaultMaxRanges);

}  // namespace rogate::image
