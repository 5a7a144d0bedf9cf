// SPDX-License-Identifier: GPL-2.0-or-later
// bochs: made and read by bximage.
#include <algorithm>
#include <array>
#include <string_view>

#include "image/format.h"
#include "image/io.h"
#include "image/reference.h"

namespace rogate::image
{

namespace
{

constexpr std::string_view kStart{"Bochs Virtual HD Image", 23};  // with its NUL

/// bximage takes what it does not know for a flat disk, copies it and ends with 0.
Result<void> check_start(const std::filesystem::path& path)
{
    std::array<char, kStart.size()> start{};
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    auto read = read_at(file->fd.get(), start.data(), start.size(), 0, path.string());
    if (read && !std::equal(start.begin(), start.end(), kStart.begin())) {
        return Error{ErrorKind::corrupt, "'" + path.string() + "' is not a bochs redolog"};
    }
    return read;
}

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
    auto done = check_start(active);
    if (done) {
        done = convert(context.run, "flat", active, out, ErrorKind::corrupt);
    }
    if (!done) {
        return done.error();
    }
    return out;
}

}  // namespace rogate::image
