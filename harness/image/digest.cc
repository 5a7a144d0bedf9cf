// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/digest.h"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // picks AVX2 or AVX-512 where the processor has it
#else
#include <xxhash.h>
#endif

#include "image/io.h"

namespace rogate::image {

namespace {

/// Chunks read at once: large enough that system calls cost nothing, small enough to stay in the second-level cache
/// between the read and the two hashes.
constexpr uint64_t kBatchBytes = 4 * kChunkBytes;

constexpr char kEvidenceTag[16] = "rogate-chunks-1";

Error crypto_error()
{
    return {ErrorKind::environment, "cannot compute SHA-256: libcrypto refuses it"};
}

/// SHA-256 by libcrypto. The algorithm is fetched once: an implicit fetch for each digest costs more than a small file.
class Sha256Stream {
public:
    Sha256Stream() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free)
    {
        // Without the configuration file: reading it costs most of a millisecond, and SHA-256 needs none of it.
        static EVP_MD* const algorithm = [] {
            OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
            return EVP_MD_fetch(nullptr, "SHA256", nullptr);
        }();
        ok_ = context_ && algorithm && EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1;
    }

    void add(const void* bytes, size_t length) { ok_ = ok_ && EVP_DigestUpdate(context_.get(), bytes, length) == 1; }

    void add_number(uint64_t number)
    {
        uint8_t bytes[8];
        for (unsigned i = 0; i < 8; ++i) {
            bytes[i] = static_cast<uint8_t>(number >> (8 * i));
        }
        add(bytes, sizeof bytes);
    }

    Result<Sha256> finish()
    {
        Sha256 digest{};
        ok_ = ok_ && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
        if (!ok_) {
            return crypto_error();
        }
        return digest;
    }

private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
    bool ok_ = false;
};

ChunkHash hash_chunk(const uint8_t* bytes, size_t length)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, length));
    ChunkHash hash;
    std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
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

/// Calls visit(chunk number, bytes, length) for each chunk of `file` that is not all zero, ascending.
template <class Visit>
Result<void> visit_chunks(const OpenFile& file, const std::string& name, Visit visit)
{
    auto extents = data_extents(file.fd.get(), file.size_bytes, name);
    if (!extents) {
        return extents.error();
    }
    uint8_t* const buffer = batch_buffer();
    for (const ByteRange& range : whole_chunks(*extents, file.size_bytes)) {
        const uint64_t range_end = range.offset + range.length;
        for (uint64_t at = range.offset; at < range_end; at += kBatchBytes) {
            const size_t length = std::min(kBatchBytes, range_end - at);
            auto read = read_at(file.fd.get(), buffer, length, at, name);
            if (!read) {
                return read;
            }
            for (size_t done = 0; done < length; done += kChunkBytes) {
                const size_t part = std::min<size_t>(kChunkBytes, length - done);
                if (!is_zero(buffer + done, part)) {
                    visit((at + done) / kChunkBytes, buffer + done, part);
                }
            }
        }
    }
    return {};
}

}  // namespace

std::string to_hex(const Sha256& digest)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : digest) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Result<ChunkMap> chunk_map(const std::filesystem::path& path)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    ChunkMap map{file->size_bytes, {}};
    auto visited = visit_chunks(*file, path.string(), [&](uint64_t index, const uint8_t* bytes, size_t length) {
        map.chunks.push_back({index, hash_chunk(bytes, length)});
    });
    if (!visited) {
        return visited.error();
    }
    return map;
}

Result<FileDigest> digest_file(const std::filesystem::path& path)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    FileDigest digest;
    digest.map.size_bytes = file->size_bytes;
    Sha256Stream sha;
    sha.add(kEvidenceTag, sizeof kEvidenceTag);
    sha.add_number(file->size_bytes);
    auto visited = visit_chunks(*file, path.string(), [&](uint64_t index, const uint8_t* bytes, size_t length) {
        sha.add_number(index);
        sha.add(bytes, length);
        digest.map.chunks.push_back({index, hash_chunk(bytes, length)});
    });
    if (!visited) {
        return visited.error();
    }
    auto evidence = sha.finish();
    if (!evidence) {
        return evidence.error();
    }
    digest.evidence = *evidence;
    return digest;
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

}  // namespace rogate::image
