// SPDX-License-Identifier: GPL-2.0-or-later
// dmg: made by hand, verified by 7z, read by dmg2img.
#include "image/dmg_image.h"
#include "image/format.h"
#include "image/reference.h"

namespace rogate::image {

Result<std::vector<ChainMember>> make_dmg(const MakeContext& context)
{
    auto written =
        write_dmg(context.folder / "disk.dmg", DmgLayout{}, kReferenceSectors, reference_filled(), reference_sector);
    if (!written) {
        return written.error();
    }
    return std::vector<ChainMember>{{"disk.dmg", "dmg", ""}};
}

Result<std::filesystem::path> read_dmg(const ReadContext& context)
{
    const std::string active = (context.folder / context.image.active()).string();
    const std::filesystem::path out = context.work_dir / "content.raw";
    // dmg2img looks at no checksum: what 7z finds damaged would be taken for content.
    auto output = run_tool(context.run, "7z", {"t", "-bd", "-tDmg", active}, ErrorKind::corrupt);
    if (output) {
        output = run_tool(context.run, "dmg2img", {"-s", active, out.string()}, ErrorKind::corrupt);
    }
    if (!output) {
        return output.error();
    }
    return out;
}

}  // namespace rogate::image
