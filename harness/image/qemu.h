// SPDX-License-Identifier: GPL-2.0-or-later
// qemu-img and qemu-io as makers and readers of images, told the format and the place of every file of a chain.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/format.h"
#include "image/sector.h"

namespace rogate::image {

/// The files of `chain` in `folder` as one node in QEMU's words (a file name that begins with "json:"). What an image's
/// header says of a base is not followed: some formats do not store its format, and a damaged one could name any file.
std::string qemu_node(const std::filesystem::path& folder, std::span<const ChainMember> chain);

/// How a layer of an image is made: words for `qemu-img convert` or `create` besides the names.
struct QemuLayout {
    std::string format;
    std::vector<std::string> options;  ///< e.g. {"-o", "compat=0.10"}
};

/// Makes `name` in the context's folder, holding the reference content. Errors: as run_tool().
Result<std::vector<ChainMember>> make_by_qemu_img(const MakeContext& context, const QemuLayout& layout,
                                                  const std::string& name);

/// Makes `chain[0]` over the existing `chain[1]` and writes the reference's sectors in `owned` to it.
/// Errors: as run_tool().
Result<void> make_overlay_by_qemu(const MakeContext& context, const QemuLayout& layout,
                                  std::span<const ChainMember> chain, const std::vector<SectorRange>& owned);

/// Reads the image's whole chain into work_dir/content.raw. Errors: as run_tool(), a refusal being corrupt.
Result<std::filesystem::path> read_by_qemu_img(const ReadContext& context);

/// Lets qemu-img check the active file's tables. Clusters that nothing refers to are no fault: they hold no content,
/// and a program that was stopped between its steps may leave some. Errors: as run_tool(), a fault being corrupt.
Result<void> check_by_qemu_img(const ReadContext& context);

}  // namespace rogate::image
