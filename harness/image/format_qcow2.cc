// SPDX-License-Identifier: GPL-2.0-or-later
// qcow2 (version 2, compat=0.10): made, checked and read by qemu-img and qemu-io.
#include <string_view>

#include "image/io.h"
#include "image/layers.h"
#include "image/qemu.h"

namespace rogate::image {

namespace {

/// Magic and version. A version 3 header could name a data file anywhere, and no driver under test may write one.
constexpr std::string_view kStart{"QFI\xfb\0\0\0\2", 8};

}  // namespace

Result<std::vector<ChainMember>> make_qcow2(const MakeContext& context)
{
    if (!context.backed) {
        return make_by_qemu_img(context, {"qcow2", {"-o", "compat=0.10"}}, "disk.qcow2");
    }
    // Clusters of one group of layers.h: in larger ones each cluster with any content would be the overlay's, and
    // nothing would come from the base. They are larger than a sector, so that a guest's write copies from the base.
    const std::string options = "compat=0.10,cluster_size=" + std::to_string(kGroupSectors * kSectorBytes);
    const std::vector<ChainMember> chain = {{"disk.qcow2", "qcow2", kBaseName}, {kBaseName, "raw", ""}};
    auto made = write_base(context.folder / kBaseName);
    if (made) {
        made = make_overlay_by_qemu(context, {"qcow2", {"-o", options}}, chain, overlay_sectors());
    }
    if (!made) {
        return made.error();
    }
    return chain;
}

Result<std::filesystem::path> read_qcow2(const ReadContext& context)
{
    auto sound = check_start(context.folder / context.image.active(), kStart, "a qcow2 image of version 2");
    if (sound) {
        sound = check_by_qemu_img(context);
    }
    if (!sound) {
        return sound.error();
    }
    return read_by_qemu_img(context);
}

}  // namespace rogate::image
