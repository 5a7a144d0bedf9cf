// SPDX-License-Identifier: GPL-2.0-or-later
// raw: the content itself; host_device: the same behind a block device, which the user of the golden puts in front.
#include "image/format.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

Result<std::vector<ChainMember>> make_content(const MakeContext& context, const char* format)
{
    auto written = write_reference(context.folder / "disk.raw");
    if (!written) {
        return written.error();
    }
    return std::vector<ChainMember>{{"disk.raw", format, ""}};
}

}  // namespace

Result<std::vector<ChainMember>> make_raw(const MakeContext& context)
{
    return make_content(context, "raw");
}

Result<std::vector<ChainMember>> make_host_device(const MakeContext& context)
{
    return make_content(context, "host_device");
}

Result<std::filesystem::path> read_raw(const ReadContext& context)
{
    return context.folder / context.image.active();
}

}  // namespace rogate::image
