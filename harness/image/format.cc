// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/format.h"

#include <array>

namespace rogate::image
{

namespace
{

constexpr std::array<std::string_view, 2> kQemuTools = {"qemu-img", "qemu-io"};
constexpr std::array<std::string_view, 1> kBochsTools = {"bximage"};
constexpr std::array<std::string_view, 1> kCloopTools = {"create_compressed_fs"};

const std::array<FormatRecipe, 7> kFormats = {{
    {.name = "raw",
     .no_plain = {},
     .no_backed = "raw has no backing file",
     .snapshot_of = Shape::plain,
     .make_tools = {},
     .make = make_raw,
     .read = read_raw},
    {.name = "cow",
     .no_plain = {},
     .no_backed = {},
     .snapshot_of = Shape::backed,
     .make_tools = {},
     .make = make_cow,
     .read = read_cow},
    {.name = "qcow",
     .no_plain = {},
     .no_backed = {},
     .snapshot_of = Shape::plain,
     .make_tools = kQemuTools,
     .make = make_qcow,
     .read = read_qcow},
    {.name = "bochs",
     .no_plain = {},
     .no_backed = "bochs has no backing file",
     .snapshot_of = Shape::plain,
     .make_tools = kBochsTools,
     .make = make_bochs,
     .read = read_bochs},
    {.name = "cloop",
     .no_plain = {},
     .no_backed = "cloop has no backing file",
     .snapshot_of = Shape::plain,
     .make_tools = kCloopTools,
     .make = make_cloop,
     .read = read_cloop},
    {.name = "dmg",
     .no_plain = {},
     .no_backed = "dmg has no backing file",
     .snapshot_of = Shape::plain,
     .make_tools = {},
     .make = make_dmg,
     .read = read_dmg},
    {.name = "parallels",
     .no_plain = {},
     .no_backed = "parallels has no backing file",
     .snapshot_of = Shape::plain,
     .make_tools = {},
     .make = make_parallels,
     .read = read_parallels},
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
