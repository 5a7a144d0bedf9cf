// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/format.h"

#include <array>

namespace rogate::image {

namespace {

constexpr std::array<std::string_view, 2> kQemuTools = {"qemu-img", "qemu-io"};
constexpr std::array<std::string_view, 1> kBximage = {"bximage"};
constexpr std::array<std::string_view, 1> kCloopTools = {"create_compressed_fs"};

/// The FAT16 disk of 1024 cylinders, 16 heads and 63 sectors that `fat:DIR` is.
constexpr uint64_t kFatDiskBytes = 1024 * 16 * 63 * kSectorBytes;

constexpr FormatRecipe plain_only(std::string_view name, std::string_view no_backed,
                                  std::span<const std::string_view> make_tools, decltype(FormatRecipe::make) make,
                                  decltype(FormatRecipe::read) read)
{
    return {.name = name, .no_plain = {}, .no_backed = no_backed, .make_tools = make_tools, .make = make, .read = read};
}

constexpr FormatRecipe with_backing(std::string_view name, Shape snapshot_of,
                                    std::span<const std::string_view> make_tools, decltype(FormatRecipe::make) make,
                                    decltype(FormatRecipe::read) read)
{
    return {.name = name,
            .no_plain = {},
            .no_backed = {},
            .snapshot_of = snapshot_of,
            .make_tools = make_tools,
            .make = make,
            .read = read};
}

constexpr FormatRecipe kVvfat = {.name = "vvfat",
                                 .no_plain = {},
                                 .no_backed = "vvfat has no backing file",
                                 .content_bytes = kFatDiskBytes,
                                 .make_tools = {},
                                 .make = make_vvfat,
                                 .read = nullptr,
                                 .no_reader = "the disk that shows a folder is another with every driver"};

constexpr std::array<FormatRecipe, 12> kFormats = {{
    plain_only("raw", "raw has no backing file", {}, make_raw, read_raw),
    plain_only("host_device", "host_device has no backing file", {}, make_host_device, read_raw),
    with_backing("cow", Shape::backed, {}, make_cow, read_cow),
    with_backing("qcow", Shape::plain, kQemuTools, make_qcow, read_qcow),
    with_backing("qcow2", Shape::plain, kQemuTools, make_qcow2, read_qcow2),
    with_backing("vmdk", Shape::plain, kQemuTools, make_vmdk, read_vmdk),
    plain_only("vpc", "vpc has no backing file (differencing disks are another type)", kBximage, make_vpc, read_vpc),
    plain_only("bochs", "bochs has no backing file", kBximage, make_bochs, read_bochs),
    plain_only("cloop", "cloop has no backing file", kCloopTools, make_cloop, read_cloop),
    plain_only("dmg", "dmg has no backing file", {}, make_dmg, read_dmg),
    plain_only("parallels", "parallels has no backing file", {}, make_parallels, read_parallels),
    kVvfat,
}};

}  // namespace

std::span<const FormatRecipe> formats()
{
    return kFormats;
}

Result<const FormatRecipe*> find_format(std::string_view name)
{
    std::string known;
    for (const FormatRecipe& format : kFormats) {
        if (format.name == name) {
            return &format;
        }
        known.append(known.empty() ? "" : ", ").append(format.name);
    }
    return Error{ErrorKind::usage, "unknown format '" + std::string(name) + "'", "the formats are " + known};
}

}  // namespace rogate::image
