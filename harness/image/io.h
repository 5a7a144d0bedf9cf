// SPDX-License-Identifier: GPL-2.0-or-later
// Whole-length reads and writes, the data extents of a sparse file, and sparse files made of known sectors.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "image/sector.h"

namespace rogate::image {

/// What sector `lba` holds.
using SectorSource = std::function<Sector(uint64_t lba)>;

/// A file opened for reading, and its length.
struct OpenFile {
    Fd fd;
    uint64_t size_bytes = 0;
};

/// Opens a regular file or block device for reading; a FIFO does not hang it.
/// Errors: not_found, environment; corrupt when it is neither.
Result<OpenFile> open_for_reading(const std::filesystem::path& path);

/// Reads exactly `length` bytes at `offset`. `name` is for the message.
/// Errors: environment; corrupt when the file ends before (it was cut off while being read).
Result<void> read_at(int fd, void* to, size_t length, uint64_t offset, const std::string& name);

/// Writes exactly `length` bytes at `offset`. Errors: environment.
Result<void> write_at(int fd, const void* from, size_t length, uint64_t offset, const std::string& name);

/// Whether `path` begins with `start`. Errors: as read_at(), and corrupt with "'path' is not `what`".
Result<void> check_start(const std::filesystem::path& path, std::string_view start, const std::string& what);

/// The parts of a file that are not holes, ascending and apart; all of it where holes are unknown (block devices).
/// Whatever lies outside reads as zeros. Errors: environment.
Result<std::vector<ByteRange>> data_extents(int fd, uint64_t size_bytes, const std::string& name);

/// Makes `path` (which must not exist) `size_bytes` long with the sectors of `filled` written and holes elsewhere.
/// Sector `filled` n lands at `data_offset + n * 512`; `data_offset` is within a format's file, 0 for raw.
/// Errors: environment.
Result<void> write_sectors(const std::filesystem::path& path, uint64_t size_bytes, std::span<const SectorRange> filled,
                           const SectorSource& source, uint64_t data_offset = 0);

/// Whether `length` bytes are all zero.
bool is_zero(const uint8_t* bytes, size_t length);

}  // namespace rogate::image
