// SPDX-License-Identifier: GPL-2.0-or-later
// The table of formats: adding one is one entry in format.cc, with a function that makes it and one that reads it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/recipe.h"
#include "image/reference.h"
#include "image/tools.h"

namespace rogate::image {

/// What a make function works with.
struct MakeContext {
    std::filesystem::path folder;  ///< where the files go
    bool backed = false;           ///< overlay and base instead of one image
    const RunProgram& run;
};

/// What a read function works with.
struct ReadContext {
    std::filesystem::path folder;  ///< of the image
    const Image& image;
    std::filesystem::path work_dir;  ///< where output goes
    const RunProgram& run;
};

/// One format.
struct FormatRecipe {
    std::string_view name;
    /// Why there is no plain or no backed image; empty where there is.
    std::string_view no_plain;
    std::string_view no_backed;
    /// The shape whose files a snapshot case starts from.
    Shape snapshot_of = Shape::plain;
    /// Size of the disk as the guest sees it.
    uint64_t content_bytes = kReferenceBytes;
    /// Programs whose change makes new goldens.
    std::span<const std::string_view> make_tools;
    /// Writes the reference content into `folder`; returns the chain, active file first. Names kept inside the image
    /// are relative to it. Files that are not in the chain need no mention.
    Result<std::vector<ChainMember>> (*make)(const MakeContext&);
    /// Produces the guest-visible content as a raw file by a program that shares no code with the drivers under test.
    Result<std::filesystem::path> (*read)(const ReadContext&);
    /// Why there is no `read`, and so nothing to be compared with the reference content; empty where there is.
    std::string_view no_reader = {};
};

/// All formats, in the order of the case list.
std::span<const FormatRecipe> formats();

/// Errors: usage, listing the formats.
Result<const FormatRecipe*> find_format(std::string_view name);

// The functions behind the table, one file per format: format_<name>.cc.
Result<std::vector<ChainMember>> make_raw(const MakeContext&);
Result<std::filesystem::path> read_raw(const ReadContext&);
Result<std::vector<ChainMember>> make_host_device(const MakeContext&);
Result<std::vector<ChainMember>> make_cow(const MakeContext&);
Result<std::filesystem::path> read_cow(const ReadContext&);
Result<std::vector<ChainMember>> make_qcow(const MakeContext&);
Result<std::filesystem::path> read_qcow(const ReadContext&);
Result<std::vector<ChainMember>> make_qcow2(const MakeContext&);
Result<std::filesystem::path> read_qcow2(const ReadContext&);
Result<std::vector<ChainMember>> make_vmdk(const MakeContext&);
Result<std::filesystem::path> read_vmdk(const ReadContext&);
Result<std::vector<ChainMember>> make_vpc(const MakeContext&);
Result<std::filesystem::path> read_vpc(const ReadContext&);
Result<std::vector<ChainMember>> make_bochs(const MakeContext&);
Result<std::filesystem::path> read_bochs(const ReadContext&);
Result<std::vector<ChainMember>> make_cloop(const MakeContext&);
Result<std::filesystem::path> read_cloop(const ReadContext&);
Result<std::vector<ChainMember>> make_dmg(const MakeContext&);
Result<std::filesystem::path> read_dmg(const ReadContext&);
Result<std::vector<ChainMember>> make_parallels(const MakeContext&);
Result<std::filesystem::path> read_parallels(const ReadContext&);
Result<std::vector<ChainMember>> make_vvfat(const MakeContext&);

}  // namespace rogate::image
