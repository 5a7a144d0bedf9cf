// SPDX-License-Identifier: GPL-2.0-or-later
// raw: the content itself.
#include "image/format.h"
#include "image/reference.h"

namespace rogate::image
{

Result<std::vector<ChainMember>> make_raw(const MakeContext& context)
{
    auto written = write_reference(context.folder / "disk.raw");
    if (!written) {
        return written.error();
    }
    return std::vector<ChainMember>{{"disk.raw", "raw", ""}};
}

Result<std::filesystem::path> read_raw(const ReadContext& context)
{
    return context.folder / context.image.active();
}

}  // namespace rogate::image
