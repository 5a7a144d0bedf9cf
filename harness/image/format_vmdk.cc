// SPDX-License-Identifier: GPL-2.0-or-later
// vmdk (monolithicSparse): made, checked and read by qemu-img and qemu-io. bximage would write the path at which it
// made the image into it.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/file.h"
#include "image/io.h"
#include "image/layers.h"
#include "image/qemu.h"

namespace rogate::image {

namespace {

constexpr char kVmdkBaseName[] = "base.vmdk";
constexpr std::string_view kMagic = "KDMV";
constexpr uint64_t kCapacityAt = 12;
/// qemu-img's, which it has no option for: in smaller groups all content would be the overlay's.
constexpr uint64_t kGrainSectors = 128;

/// QEMU follows the extent lines of a descriptor, which can name any file, when the image is a descriptor or its
/// capacity is zero; in all others the descriptor tells nothing of where the content is.
Result<void> check_header(const std::filesystem::path& path)
{
    auto checked = check_start(path, kMagic, "a sparse vmdk extent");
    if (!checked) {
        return checked;
    }
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    std::array<uint8_t, 8> capacity{};
    auto read = read_at(file->fd.get(), capacity.data(), capacity.size(), kCapacityAt, path.string());
    if (read && is_zero(capacity.data(), capacity.size())) {
        return Error{ErrorKind::corrupt, "the vmdk extent '" + path.string() + "' has no capacity"};
    }
    return read;
}

/// The base of raw sectors, turned into the vmdk that a child's parent must be.
Result<void> make_parent(const MakeContext& context)
{
    auto temporary = TempDir::make(context.folder, ".base-");
    if (!temporary) {
        return temporary.error();
    }
    const std::filesystem::path raw = temporary->path() / kBaseName;
    auto written = write_base(raw, kGrainSectors);
    if (!written) {
        return written;
    }
    auto output =
        run_tool(context.run, "qemu-img",
                 {"convert", "-f", "raw", "-O", "vmdk", raw.string(), (context.folder / kVmdkBaseName).string()});
    return output ? Result<void>() : output.error();
}

}  // namespace

Result<std::vector<ChainMember>> make_vmdk(const MakeContext& context)
{
    const QemuLayout layout{"vmdk", {}};
    if (!context.backed) {
        return make_by_qemu_img(context, layout, "disk.vmdk");
    }
    const std::vector<ChainMember> chain = {{"disk.vmdk", "vmdk", kVmdkBaseName}, {kVmdkBaseName, "vmdk", ""}};
    auto made = make_parent(context);
    if (made) {
        // The child stores the parent's content ID at its creation: the parent is not written after that.
        made = make_overlay_by_qemu(context, layout, chain, overlay_sectors(kGrainSectors));
    }
    if (!made) {
        return made.error();
    }
    return chain;
}

Result<std::filesystem::path> read_vmdk(const ReadContext& context)
{
    for (const ChainMember& member : context.image.chain) {
        auto sound = check_header(context.folder / member.file);
        if (!sound) {
            return sound.error();
        }
    }
    auto sound = check_by_qemu_img(context);
    if (!sound) {
        return sound.error();
    }
    return read_by_qemu_img(context);
}

}  // namespace rogate::image
