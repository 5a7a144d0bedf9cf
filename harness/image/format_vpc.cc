// SPDX-License-Identifier: GPL-2.0-or-later
// vpc (dynamic VHD): made by bximage, verified by 7z, read by qemu-img.
#include "image/qemu.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

/// bximage cuts what is not a whole number of cylinders of 16 heads and 63 sectors.
constexpr uint64_t kCylinderBytes = 516096;
static_assert(kReferenceBytes % kCylinderBytes == 0);

}  // namespace

Result<std::vector<ChainMember>> make_vpc(const MakeContext& context)
{
    const std::filesystem::path raw = context.folder / "reference.raw";
    auto written = write_reference(raw);
    if (!written) {
        return written.error();
    }
    auto output =
        run_tool(context.run, "bximage",
                 {"-q", "-func=convert", "-imgmode=vpc", raw.string(), (context.folder / "disk.vhd").string()});
    if (!output) {
        return output.error();
    }
    std::filesystem::remove(raw);
    return std::vector<ChainMember>{{"disk.vhd", "vpc", ""}};
}

Result<std::filesystem::path> read_vpc(const ReadContext& context)
{
    // qemu-img looks at neither the sectors' bitmaps nor the footer at the end: what 7z finds damaged would be taken
    // for content.
    auto output = run_tool(context.run, "7z", {"t", "-bd", "-tVHD", (context.folder / context.image.active()).string()},
                           ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return read_by_qemu_img(context);
}

}  // namespace rogate::image
