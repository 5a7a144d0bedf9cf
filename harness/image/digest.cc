// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/digest.h"

#include <algorithm>
#include <memory>
#include <optional>

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // picks AVX2 or AVX-512 where the processor has it
#else
#include <xxhash.h>
#endif

#include "image/io.h"
#include "image/state.h"

namespace rogate::image {

namespace {

/// Chunks read at once: one for each lane; large enough that system calls cost nothing, small enough to stay in the
/// second-level cache between the read and the hash.
constexpr uint64_t kBatchBytes = kLanes * kChunkBytes;

/// From so much data on the lanes earn back what loading libIPSec_MB costs (6 ms measured, 0.5 ms saved for each MiB).
constexpr uint64_t kLoadLanesBytes = 16 << 20;

/// A chunk that is not all zero, in the batch buffer.
struct Chunk {
    uint64_t index;
    std::span<const uint8_t> bytes;
};

ChunkHash canonical(XXH128_hash_t value)
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, value);
    ChunkHash hash;
    std::copy(std::begin(bytes.digest), std::end(bytes.digest), hash.begin());
    return hash;
}

/// Data extents widened to whole chunks and joined where they meet.
std::vector<ByteRange> whole_chunks(const std::vector<ByteRange>& extents, uint64_t size_bytes)
{
    std::vector<ByteRange> chunks;
    for (const ByteRange& extent : extents) {
        const uint64_t begin = extent.offset / kChunkBytes * kChunkBytes;
        const uint64_t last = (extent.offset + extent.length - 1) / kChunkBytes;
        const uint64_t end = std::min(size_bytes, (last + 1) * kChunkBytes);
        if (!chunks.empty() && chunks.back().offset + chunks.back().length >= begin) {
            chunks.back().length = end - chunks.back().offset;
        } else {
            chunks.push_back({begin, end - begin});
        }
    }
    return chunks;
}

uint8_t* batch_buffer()
{
    static thread_local const std::unique_ptr<uint8_t[]> buffer(new uint8_t[kBatchBytes]);
    return buffer.get();
}

/// A file's data in batches of up to kLanes chunks, which are gathered from several extents where these are small.
class ChunkReader {
public:
    static Result<ChunkReader> open(const std::filesystem::path& path)
    {
        auto file = open_for_reading(path);
        if (!file) {
            return file.error();
        }
        ChunkReader reader(std::move(*file), path.string());
        auto extents = data_extents(reader.file_.fd.get(), reader.file_.size_bytes, reader.name_);
        if (!extents) {
            return extents.error();
        }
        reader.ranges_ = whole_chunks(*extents, reader.file_.size_bytes);
        for (const ByteRange& range : reader.ranges_) {
            reader.total_bytes_ += range.length;
        }
        return reader;
    }

    [[nodiscard]] uint64_t size_bytes() const { return file_.size_bytes; }
    [[nodiscard]] uint64_t data_bytes() const { return total_bytes_; }

    /// Calls visit(span of Chunk) -> Result<void> for each batch, ascending.
    template <class Visit>
    Result<void> visit(const Reading& reading, Visit visit_batch)
    {
        const auto before = file_state(file_.fd.get(), name_);
        uint64_t done_bytes = 0;
        for (const ByteRange& range : ranges_) {
            for (uint64_t at = range.offset; at < range.offset + range.length;) {
                auto length = fill(at, range.offset + range.length);
                if (!length) {
                    return length.error();
                }
                at += *length;
                done_bytes += *length;
                const bool last = done_bytes == total_bytes_;
                if (used_bytes_ < kBatchBytes && !last) {
                    continue;
                }
                auto visited = visit_batch(std::span<const Chunk>(batch_));
                if (!visited) {
                    return visited;
                }
                batch_.clear();
                used_bytes_ = 0;
                if (reading.progress) {
                    reading.progress(done_bytes, total_bytes_);
                }
            }
        }
        return reading.must_be_still ? still(before) : Result<void>();
    }

private:
    ChunkReader(OpenFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

    /// Reads from `at` to `end` or what room there is, and tells how much.
    Result<uint64_t> fill(uint64_t at, uint64_t end)
    {
        uint8_t* const to = batch_buffer() + used_bytes_;
        const uint64_t length = std::min(kBatchBytes - used_bytes_, end - at);
        auto read = read_at(file_.fd.get(), to, length, at, name_);
        if (!read) {
            return read.error();
        }
        for (uint64_t done = 0; done < length; done += kChunkBytes) {
            const size_t part = std::min(kChunkBytes, length - done);
            if (!is_zero(to + done, part)) {
                batch_.push_back({(at + done) / kChunkBytes, {to + done, part}});
            }
        }
        // The file's last chunk may be short; whole slots keep every other one aligned.
        used_bytes_ += (length + kChunkBytes - 1) / kChunkBytes * kChunkBytes;
        return length;
    }

    Result<void> still(const Result<FileState>& before) const
    {
        const auto after = file_state(file_.fd.get(), name_);
        if (!before || !after) {
            return before ? after.error() : before.error();
        }
        return check_still(name_, *before, *after);
    }

    OpenFile file_;
    std::string name_;
    std::vector<ByteRange> ranges_;
    uint64_t total_bytes_ = 0;
    std::vector<Chunk> batch_;
    uint64_t used_bytes_ = 0;
};

/// This thread's lanes, made when first asked for; `load` = make those of libIPSec_MB if there are none yet.
Result<Sha256Lanes*> lanes_for(bool load)
{
    static thread_local std::optional<Sha256Lanes> plain;
    static thread_local std::optional<Sha256Lanes> wide;
    std::optional<Sha256Lanes>& lanes = load || wide ? wide : plain;
    if (!lanes) {
        auto made = Sha256Lanes::make(load ? sha256_engines().back() : Sha256Engine::libcrypto);
        if (!made) {
            return made.error();
        }
        lanes.emplace(std::move(*made));
    }
    return &*lanes;
}

Result<FileDigest> digest_by(Sha256Lanes& lanes, ChunkReader& reader, const Reading& reading)
{
    FileDigest digest;
    digest.map.kind = ChunkHashKind::sha256;
    digest.map.size_bytes = reader.size_bytes();
    Sha256Stream root;
    root.add(kEvidenceName, sizeof kEvidenceName);
    root.add_number(reader.size_bytes());
    std::vector<std::span<const uint8_t>> messages;
    std::vector<Sha256> digests;
    auto visited = reader.visit(reading, [&](std::span<const Chunk> batch) -> Result<void> {
        messages.clear();
        for (const Chunk& chunk : batch) {
            messages.push_back(chunk.bytes);
        }
        digests.resize(batch.size());
        auto hashed = lanes.digest_each(messages, digests);
        for (size_t i = 0; hashed && i < batch.size(); ++i) {
            root.add_number(batch[i].index);
            root.add(digests[i].data(), digests[i].size());
            ChunkMap::Entry& entry = digest.map.chunks.emplace_back(ChunkMap::Entry{batch[i].index, {}});
            std::copy_n(digests[i].begin(), entry.hash.size(), entry.hash.begin());
        }
        return hashed;
    });
    if (!visited) {
        return visited.error();
    }
    auto evidence = root.finish();
    if (!evidence) {
        return evidence.error();
    }
    digest.evidence = *evidence;
    return digest;
}

}  // namespace

Result<ChunkMap> chunk_map(const std::filesystem::path& path, const Reading& reading)
{
    auto reader = ChunkReader::open(path);
    if (!reader) {
        return reader.error();
    }
    ChunkMap map{ChunkHashKind::xxh3, reader->size_bytes(), {}};
    auto visited = reader->visit(reading, [&](std::span<const Chunk> batch) -> Result<void> {
        for (const Chunk& chunk : batch) {
            map.chunks.push_back({chunk.index, canonical(XXH3_128bits(chunk.bytes.data(), chunk.bytes.size()))});
        }
        return {};
    });
    if (!visited) {
        return visited.error();
    }
    return map;
}

Result<FileDigest> digest_file(const std::filesystem::path& path, const Reading& reading)
{
    auto reader = ChunkReader::open(path);
    if (!reader) {
        return reader.error();
    }
    auto lanes = lanes_for(reader->data_bytes() >= kLoadLanesBytes);
    if (!lanes) {
        return lanes.error();
    }
    return digest_by(**lanes, *reader, reading);
}

Result<FileDigest> digest_file_by(Sha256Engine engine, const std::filesystem::path& path)
{
    auto reader = ChunkReader::open(path);
    if (!reader) {
        return reader.error();
    }
    auto lanes = Sha256Lanes::make(engine);
    if (!lanes) {
        return lanes.error();
    }
    return digest_by(*lanes, *reader, {});
}

Result<Sha256> sha256_file(const std::filesystem::path& path, uint64_t limit_bytes)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    if (file->size_bytes > limit_bytes) {
        return Error{ErrorKind::usage,
                     "'" + path.string() + "' has " + std::to_string(file->size_bytes) +
                         " bytes, too many for a plain SHA-256 (limit " + std::to_string(limit_bytes) + " bytes)",
                     "use the evidence digest, which skips holes"};
    }
    Sha256Stream sha;
    uint8_t* const buffer = batch_buffer();
    for (uint64_t at = 0; at < file->size_bytes; at += kBatchBytes) {
        const size_t length = std::min(kBatchBytes, file->size_bytes - at);
        auto read = read_at(file->fd.get(), buffer, length, at, path.string());
        if (!read) {
            return read.error();
        }
        sha.add(buffer, length);
    }
    return sha.finish();
}

ChunkHash fingerprint(const ChunkMap& map)
{
    std::string text;
    text.reserve(8 + map.chunks.size() * (8 + sizeof(ChunkHash)));
    const auto add_number = [&text](uint64_t number) {
        for (unsigned i = 0; i < 8; ++i) {
            text += static_cast<char>(number >> (8 * i));
        }
    };
    add_number(map.size_bytes);
    for (const ChunkMap::Entry& entry : map.chunks) {
        add_number(entry.index);
        text.append(reinterpret_cast<const char*>(entry.hash.data()), entry.hash.size());
    }
    return canonical(XXH3_128bits(text.data(), text.size()));
}

}  // namespace rogate::image
