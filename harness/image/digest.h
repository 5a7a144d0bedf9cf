// SPDX-License-Identifier: GPL-2.0-or-later
// Digests of image files that cost what the data costs and not what the holes pretend, and maps of what changed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/sector.h"
#include "image/sha256.h"

namespace rogate::image {

/// A file is mapped in chunks of this size; the last one may be shorter. Fits a lane of Sha256Lanes.
inline constexpr uint64_t kChunkBytes = 32 << 10;
static_assert(kChunkBytes <= kLaneBytes && kChunkBytes % kSectorBytes == 0);

/// The largest file that sha256_file() digests unasked.
inline constexpr uint64_t kPlainSha256Bytes = 64 << 20;

/// How the chunks of a map are hashed.
enum class ChunkHashKind {
    xxh3,    ///< XXH3-128, canonical (big endian) bytes: finds changes; it is no evidence against malice
    sha256,  ///< the first half of SHA-256
};

using ChunkHash = std::array<uint8_t, 16>;

/// The hash of every chunk of a file that is not all zero. A chunk left out is zero, be it hole or written zeros, so
/// the two cannot be told apart here (blocks in a FileState can).
struct ChunkMap {
    struct Entry {
        uint64_t index = 0;  ///< chunk number: the chunk starts at byte index * kChunkBytes
        ChunkHash hash{};
        bool operator==(const Entry&) const = default;
    };
    ChunkHashKind kind = ChunkHashKind::xxh3;
    uint64_t size_bytes = 0;
    std::vector<Entry> chunks;  ///< ascending
    bool operator==(const ChunkMap&) const = default;
};

/// The name of the evidence digest's definition, as its first bytes hold it.
inline constexpr char kEvidenceName[] = "rogate-chunks-2";

/// A file's evidence digest and chunk map (of kind sha256), made in one pass.
///
/// `evidence` is SHA-256 over kEvidenceName and a NUL, the file size (64 bits little endian), then for each chunk that
/// is not all zero, ascending: its number (64 bits little endian) and the SHA-256 of its bytes. Equal for equal content
/// whatever the holes and whatever computes it; unequal for unequal content, since every chunk's place and length
/// follow from size and number.
struct FileDigest {
    Sha256 evidence{};
    ChunkMap map;
    bool operator==(const FileDigest&) const = default;
};

/// How a file is read by the functions below.
struct Reading {
    /// Called now and then with the bytes of data done and to do, holes not counted.
    std::function<void(uint64_t done_bytes, uint64_t total_bytes)> progress = {};
    /// A file that was written, truncated or lengthened while it was read is an error (environment), not a digest.
    bool must_be_still = false;
};

/// Maps the chunks of `path` by XXH3; holes are skipped, so the cost is that of the data. The size is that at the
/// beginning. Errors: not_found, environment; corrupt when it is cut off while being read, or no file of bytes.
Result<ChunkMap> chunk_map(const std::filesystem::path& path, const Reading& reading = {});

/// Evidence digest and chunk map of `path`. `engine` is for tests; by default what is fastest for the amount of data.
/// Errors: as chunk_map().
Result<FileDigest> digest_file(const std::filesystem::path& path, const Reading& reading = {});
Result<FileDigest> digest_file_by(Sha256Engine engine, const std::filesystem::path& path);

/// SHA-256 of the file's bytes, as sha256sum(1) prints it; holes are hashed as zeros, so it costs the whole size.
/// Errors: as chunk_map(); usage when the file is larger than `limit_bytes`.
Result<Sha256> sha256_file(const std::filesystem::path& path, uint64_t limit_bytes = kPlainSha256Bytes);

/// XXH3-128 over a map's size, chunk numbers and hashes: a name for its content, as good as its kind of hash.
ChunkHash fingerprint(const ChunkMap& map);

/// The sectors of all chunks that differ between two maps, ascending: a superset of what changed, to the chunk.
/// Sectors that only the longer file has are changed. Maps of two kinds have no equal chunks but zeros.
std::vector<SectorRange> changed_ranges(const ChunkMap& before, const ChunkMap& after);

/// The sectors in which two files differ, exactly and ascending. Sectors that only the longer file has differ, as does
/// one that is partly there in one file only. `within` (ascending) limits the search, e.g. to changed_ranges().
/// Errors: as chunk_map().
Result<SectorList> diff_files(const std::filesystem::path& before, const std::filesystem::path& after,
                              const std::vector<SectorRange>* within = nullptr, size_t max_ranges = kDefaultMaxRanges,
                              const Reading& reading = {});

}  // namespace rogate::image
