// SPDX-License-Identifier: GPL-2.0-or-later
// qcow (version 1): made and read by qemu-img and qemu-io.
#include "image/layers.h"
#include "image/qemu.h"

namespace rogate::image {

Result<std::vector<ChainMember>> make_qcow(const MakeContext& context)
{
    const QemuLayout layout{"qcow", {}};
    if (!context.backed) {
        return make_by_qemu_img(context, layout, "disk.qcow");
    }
    const std::vector<ChainMember> chain = {{"disk.qcow", "qcow", kBaseName}, {kBaseName, "raw", ""}};
    auto made = write_base(context.folder / kBaseName);
    if (made) {
        made = make_overlay_by_qemu(context, layout, chain, overlay_sectors());
    }
    if (!made) {
        return made.error();
    }
    return chain;
}

Result<std::filesystem::path> read_qcow(const ReadContext& context)
{
    return read_by_qemu_img(context);
}

}  // namespace rogate::image
