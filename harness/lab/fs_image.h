// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace rogate::lab {

/// What a raw image holds for a guest that behaves like one.
enum class FsImage {
    empty,       ///< zeros
    ext4,        ///< clean; the file `hello` says "before"
    ext4_dirty,  ///< the same after a crash: its journal holds a write not yet done, by which `hello` says "after!"
    vfat,        ///< `hello` says "before"
    swap,        ///< a swap space
    md,          ///< one half of a RAID 1 whose other half is gone, clean; superblock version 0.90
};

std::string_view to_string(FsImage image);

/// Makes the raw image `file`, which must not exist, `bytes` long (a multiple of 512, 8 MiB to 64 MiB); the same bytes
/// each time. Nothing is mounted: mke2fs, debugfs, mkfs.vfat, mcopy and mkswap work on the file. On failure no file is
/// left. Errors: environment, when a program is missing or fails.
Result<void> make_fs_image(FsImage image, const std::filesystem::path& file, uint64_t bytes);

}  // namespace rogate::lab
