// SPDX-License-Identifier: GPL-2.0-or-later
// parallels: made by hand, read by qemu-img (no other program exports the data).
#include "image/format.h"
#include "image/parallels_image.h"
#include "image/reference.h"

namespace rogate::image {

Result<std::vector<ChainMember>> make_parallels(const MakeContext& context)
{
    auto written = write_parallels(context.folder / "disk.hds", ParallelsLayout{}, kReferenceSectors,
                                   reference_filled(), reference_sector);
    if (!written) {
        return written.error();
    }
    return std::vector<ChainMember>{{"disk.hds", "parallels", ""}};
}

Result<std::filesystem::path> read_parallels(const ReadContext& context)
{
    const std::filesystem::path out = context.work_dir / "content.raw";
    // -U: without it qemu-img could wait for a lock; it opens its source read-only in either case.
    auto output = run_tool(context.run, "qemu-img",
                           {"convert", "-U", "-f", "parallels", "-O", "raw",
                            (context.folder / context.image.active()).string(), out.string()},
                           ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return out;
}

}  // namespace rogate::image
