// SPDX-License-Identifier: GPL-2.0-or-later
// vvfat: a folder of the host, which the driver shows as a FAT16 disk.
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "base/file.h"
#include "image/format.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

struct TextFile {
    std::string_view name;
    std::string_view text;
};

constexpr char kFolder[] = "dir";

/// Ancestors before what lies in them.
constexpr std::array<std::string_view, 2> kSubFolders = {"SUB", "SUB/DEEP"};

/// A name of 8.3, one that takes a long entry, files in sub-folders, one without content.
constexpr std::array<TextFile, 5> kTexts = {{
    {"README.TXT", "A folder of rogate, shown as a FAT disk.\r\n"},
    {"A long name with spaces.text", "This name takes more than one entry.\r\n"},
    {"EMPTY.BIN", ""},
    {"SUB/FILE.TXT", "A file in a folder.\r\n"},
    {"SUB/DEEP/FILE.TXT", "A file in a folder's folder.\r\n"},
}};

/// R itself as a file: most of the sectors that a guest writes when it tries a disk are this file's.
constexpr std::string_view kLargeFile = "CONTENT.RAW";

}  // namespace

Result<std::vector<ChainMember>> make_vvfat(const MakeContext& context)
{
    const std::filesystem::path folder = context.folder / kFolder;
    if (::mkdir(folder.c_str(), 0755) < 0) {
        return errno_error("make", folder.string(), errno);
    }
    for (const std::string_view name : kSubFolders) {
        if (::mkdir((folder / name).c_str(), 0755) < 0) {
            return errno_error("make", (folder / name).string(), errno);
        }
    }
    auto written = write_reference(folder / kLargeFile);
    for (const TextFile& file : kTexts) {
        if (written) {
            written = write_file(folder / file.name, file.text);
        }
    }
    if (!written) {
        return written.error();
    }
    return std::vector<ChainMember>{{kFolder, "vvfat", ""}};
}

}  // namespace rogate::image
