// SPDX-License-Identifier: GPL-2.0-or-later
// Digests of image files that cost what the data costs and not what the holes pretend, and maps of what changed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/sector.h"

namespace rogate::image {

/// A file is mapped in chunks of this size; the last one may be shorter.
inline constexpr uint64_t kChunkBytes = 64 << 10;

/// The largest file that sha256_file() digests unasked.
inline constexpr uint64_t kPlainSha256Bytes = 64 << 20;

/// XXH3-128 of a chunk, canonical (big endian) bytes. Finds changes; it is no evidence against malice.
using ChunkHash = std::array<uint8_t, 16>;

using Sha256 = std::array<uint8_t, 32>;

/// Lower-case hexadecimal.
std::string to_hex(const Sha256& digest);

/// The hash of every chunk of a file that is not all zero. A chunk left out is zero, be it hole or written zeros, so
/// the two cannot be told apart here (blocks in a FileState can).
struct ChunkMap {
    struct Entry {
        uint64_t index = 0;  ///< chunk number: the chunk starts at byte index * kChunkBytes
        ChunkHash hash{};
        bool operator==(const Entry&) const = default;
    };
    uint64_t size_bytes = 0;
    std::vector<Entry> chunks;  ///< ascending
    bool operator==(const ChunkMap&) const = default;
};

/// A file's evidence digest and chunk map, made in one pass.
///
/// `evidence` is SHA-256 over the text "rogate-chunks-1" and a NUL, the file size (64 bits little endian), then for
/// each chunk that is not all zero, ascending: its number (64 bits little endian) and its bytes. Equal for equal
/// content whatever the holes; unequal for unequal content, since every chunk's place and length follow from size and
/// number.
struct FileDigest {
    Sha256 evidence{};
    ChunkMap map;
    bool operator==(const FileDigest&) const = default;
};

/// Maps the chunks of `path`; holes are skipped, so the cost is that of the data. The file must not be written
/// meanwhile. Errors: not_found, environment; corrupt when it is cut off while being read, or no file of bytes.
Result<ChunkMap> chunk_map(const std::filesystem::path& path);

/// Evidence digest and chunk map of `path`. Errors: as chunk_map().
Result<FileDigest> digest_file(const std::filesystem::path& path);

/// SHA-256 of the file's bytes, as sha256sum(1) prints it; holes are hashed as zeros, so it costs the whole size.
/// Errors: as chunk_map(); usage when the file is larger than `limit_bytes`.
Result<Sha256> sha256_file(const std::filesystem::path& path, uint64_t limit_bytes = kPlainSha256Bytes);

/// The sectors of all chunks that differ between two maps, ascending: a superset of what changed, to the chunk.
/// Sectors that only the longer file has are changed.
std::vector<SectorRange> changed_ranges(const ChunkMap& before, const ChunkMap& after);

/// The sectors in which two files differ, exactly and ascending. Sectors that only the longer file has differ, as does
/// one that is partly there in one file only. `within` (ascending) limits the search, e.g. to changed_ranges().
/// Errors: as chunk_map().
Result<SectorList> diff_files(const std::filesystem::path& before, const std::filesystem::path& after,
                              const std::vector<SectorRange>* within = nullptr, size_t max_ranges = kDefaultMaxRanges);

}  // namespace rogate::image
