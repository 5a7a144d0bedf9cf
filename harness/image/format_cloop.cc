// SPDX-License-Identifier: GPL-2.0-or-later
// cloop: made and read by cloop-utils.
#include "image/format.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

/// The format stores whole blocks only: this size divides the reference, so that nothing is added to its end. With
/// fewer than 10 blocks extract_compressed_fs would die.
constexpr uint64_t kBlockBytes = 32256;
static_assert(kReferenceBytes % kBlockBytes == 0 && kReferenceBytes / kBlockBytes >= 10);

}  // namespace

Result<std::vector<ChainMember>> make_cloop(const MakeContext& context)
{
    const std::filesystem::path raw = context.folder / "reference.raw";
    auto written = write_reference(raw);
    if (!written) {
        return written.error();
    }
    auto output =
        run_tool(context.run, "create_compressed_fs",
                 {"-q", "-B", std::to_string(kBlockBytes), raw.string(), (context.folder / "disk.cloop").string()});
    if (!output) {
        return output.error();
    }
    std::filesystem::remove(raw);
    return std::vector<ChainMember>{{"disk.cloop", "cloop", ""}};
}

Result<std::filesystem::path> read_cloop(const ReadContext& context)
{
    const std::filesystem::path out = context.work_dir / "content.raw";
    auto output = run_tool(context.run, "extract_compressed_fs",
                           {(context.folder / context.image.active()).string(), out.string()}, ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return out;
}

}  // namespace rogate::image
