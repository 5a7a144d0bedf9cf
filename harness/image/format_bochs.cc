// SPDX-License-Identifier: GPL-2.0-or-later
// bochs: made and read by bximage.
#include <string_view>

#include "image/format.h"
#include "image/io.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

constexpr std::string_view kStart{"Bochs Virtual HD Image", 23};  // with its NUL

/// `mode` is that of the image to be made: growing (a redolog without a base) or flat (raw).
Result<void> convert(const RunProgram& run, const std::string& mode, const std::filesystem::path& from,
                     const std::filesystem::path& to, ErrorKind on_failure)
{
    auto output =
        run_tool(run, "bximage", {"-q", "-func=convert", "-imgmode=" + mode, from.string(), to.string()}, on_failure);
    if (!output) {
        return output.error();
    }
    return {};
}

}  // namespace

Result<std::vector<ChainMember>> make_bochs(const MakeContext& context)
{
    const std::filesystem::path raw = context.folder / "reference.raw";
    auto done = write_reference(raw);
    if (done) {
        done = convert(context.run, "growing", raw, context.folder / "disk.bochs", ErrorKind::environment);
    }
    if (!done) {
        return done.error();
    }
    std::filesystem::remove(raw);
    return std::vector<ChainMember>{{"disk.bochs", "bochs", ""}};
}

Result<std::filesystem::path> read_bochs(const ReadContext& context)
{
    const std::filesystem::path active = context.folder / context.image.active();
    const std::filesystem::path out = context.work_dir / "content.raw";
    // bximage takes what it does not know for a flat disk, copies it and ends with 0.
    auto done = check_start(active, kStart, "a bochs redolog");
    if (done) {
        done = convert(context.run, "flat", active, out, ErrorKind::corrupt);
    }
    if (!done) {
        return done.error();
    }
    return out;
}

}  // namespace rogate::image
