// SPDX-License-Identifier: GPL-2.0-or-later
// cow: made by hand in the genuine version 2 layout, read by uml_moo.
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/cow.h"
#include "image/format.h"
#include "image/layers.h"

namespace rogate::image {

namespace {

/// A base of zeros, of the size and mtime that uml_moo demands: what an image without a backing file falls through to.
Result<void> make_zero_base(const std::filesystem::path& path, uint64_t size_bytes, uint32_t mtime_seconds)
{
    auto made = write_sectors(path, size_bytes, {}, nullptr);
    if (!made) {
        return made;
    }
    const timespec times[2] = {{mtime_seconds, 0}, {mtime_seconds, 0}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) < 0) {
        return errno_error("set the mtime of", path.string(), errno);
    }
    return {};
}

}  // namespace

Result<std::vector<ChainMember>> make_cow(const MakeContext& context)
{
    // uml_moo compares the header's mtime with the base's: every golden file gets kGoldenMtime, and copies keep it.
    const CowHeader header{context.backed ? kBaseName : "", static_cast<uint32_t>(kGoldenMtime / 1'000'000'000),
                           kReferenceBytes};
    const std::vector<SectorRange> overlay = overlay_sectors();
    const auto owned = context.backed ? std::span<const SectorRange>(overlay) : reference_filled();
    auto written = write_cow_v2(context.folder / "disk.cow", header, owned, reference_sector);
    if (written && context.backed) {
        written = write_base(context.folder / kBaseName);
    }
    if (!written) {
        return written.error();
    }
    if (!context.backed) {
        return std::vector<ChainMember>{{"disk.cow", "cow", ""}};
    }
    return std::vector<ChainMember>{{"disk.cow", "cow", kBaseName}, {kBaseName, "raw", ""}};
}

Result<std::filesystem::path> read_cow(const ReadContext& context)
{
    const std::filesystem::path active = context.folder / context.image.active();
    const std::string& backing = context.image.chain.front().backing;
    // The base is named here: uml_moo would look a relative path up in its own current directory, and a path in a
    // damaged image could lead anywhere.
    std::filesystem::path base = context.folder / backing;
    if (backing.empty()) {
        auto mtime = read_cow_mtime(active);
        if (!mtime) {
            return mtime.error();
        }
        base = context.work_dir / "zero-base.raw";
        auto made = make_zero_base(base, context.image.content_bytes, *mtime);
        if (!made) {
            return made.error();
        }
    }
    const std::filesystem::path out = context.work_dir / "content.raw";
    auto output =
        run_tool(context.run, "uml_moo", {"-b", base.string(), active.string(), out.string()}, ErrorKind::corrupt);
    if (!output) {
        return output.error();
    }
    return out;
}

}  // namespace rogate::image
