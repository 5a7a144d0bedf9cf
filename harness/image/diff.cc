// SPDX-License-Identifier: GPL-2.0-or-later
// What changed between two chunk maps, and between two files.
#include <algorithm>
#include <cstring>

#include "image/digest.h"
#include "image/io.h"
#include "image/state.h"

namespace rogate::image {

namespace {

constexpr uint64_t kChunkSectors = kChunkBytes / kSectorBytes;

/// Compared at once: both sides stay in the second-level cache.
constexpr uint64_t kRunBytes = 256 << 10;
constexpr uint64_t kRunSectors = kRunBytes / kSectorBytes;

struct Side {
    OpenFile file;
    std::string name;
    FileState state;
    std::vector<SectorRange> data;
    std::vector<uint8_t> buffer = std::vector<uint8_t>(kRunBytes);
};

Result<Side> open_side(const std::filesystem::path& path)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    auto state = file_state(file->fd.get(), path.string());
    if (!state) {
        return state.error();
    }
    auto extents = data_extents(file->fd.get(), file->size_bytes, path.string());
    if (!extents) {
        return extents.error();
    }
    Side side;
    side.file = std::move(*file);
    side.name = path.string();
    side.state = *state;
    side.data = sectors_touched(*extents);
    return side;
}

/// Compares up to kRunSectors, of which the last may be cut off at `size_bytes`, the size of both files or
/// less.
Result<void> diff_run(Side& a, Side& b, SectorRange run, uint64_t size_bytes, SectorList& found, size_t max_ranges)
{
    const uint64_t offset = run.first * kSectorBytes;
    const size_t length = std::min(run.count * kSectorBytes, size_bytes - offset);
    for (Side* side : {&a, &b}) {
        auto read = read_at(side->file.fd.get(), side->buffer.data(), length, offset, side->name);
        if (!read) {
            return read;
        }
    }
    if (std::memcmp(a.buffer.data(), b.buffer.data(), length) == 0) {
        return {};
    }
    for (size_t at = 0; at < length; at += kSectorBytes) {
        if (std::memcmp(&a.buffer[at], &b.buffer[at], std::min<size_t>(kSectorBytes, length - at)) != 0) {
            found.add(run.first + at / kSectorBytes, max_ranges);
        }
    }
    return {};
}

}  // namespace

std::vector<SectorRange> changed_ranges(const ChunkMap& before, const ChunkMap& after)
{
    std::vector<SectorRange> changed;
    const uint64_t end_sector = sectors_in(std::max(before.size_bytes, after.size_bytes));
    const auto add_chunk = [&](uint64_t index) {
        const uint64_t first = index * kChunkSectors;
        if (first < end_sector) {
            append_joined(changed, {first, std::min(kChunkSectors, end_sector - first)});
        }
    };
    auto a = before.chunks.begin();
    auto b = after.chunks.begin();
    while (a != before.chunks.end() || b != after.chunks.end()) {
        if (b == after.chunks.end() || (a != before.chunks.end() && a->index < b->index)) {
            add_chunk((a++)->index);
        } else if (a == before.chunks.end() || b->index < a->index) {
            add_chunk((b++)->index);
        } else {
            if (a->hash != b->hash || before.kind != after.kind) {
                add_chunk(a->index);
            }
            ++a;
            ++b;
        }
    }
    const SectorRange tail = resized_sectors(before.size_bytes, after.size_bytes);
    return unite(changed, tail.count ? std::vector<SectorRange>{tail} : std::vector<SectorRange>{});
}

Result<SectorList> diff_files(const std::filesystem::path& before, const std::filesystem::path& after,
                              const std::vector<SectorRange>* within, size_t max_ranges, const Reading& reading)
{
    auto a = open_side(before);
    auto b = a ? open_side(after) : Result<Side>(a.error());
    if (!b) {
        return b.error();
    }
    // Files of equal size share their partly filled last sector; else it belongs to what was resized.
    const SectorRange tail = resized_sectors(a->file.size_bytes, b->file.size_bytes);
    const uint64_t end_sector = tail.count ? tail.first : sectors_in(a->file.size_bytes);
    const uint64_t end_bytes = std::min(a->file.size_bytes, b->file.size_bytes);
    std::vector<SectorRange> candidates = intersect(unite(a->data, b->data), {{0, end_sector}});
    if (within) {
        candidates = intersect(candidates, *within);
    }
    uint64_t total_bytes = 0;
    for (const SectorRange& range : candidates) {
        total_bytes += range.count * kSectorBytes;
    }
    SectorList found;
    uint64_t done_bytes = 0;
    for (const SectorRange& range : candidates) {
        for (uint64_t done = 0; done < range.count; done += kRunSectors) {
            const SectorRange run{range.first + done, std::min(kRunSectors, range.count - done)};
            auto compared = diff_run(*a, *b, run, end_bytes, found, max_ranges);
            if (!compared) {
                return compared.error();
            }
            done_bytes += run.count * kSectorBytes;
            if (reading.progress) {
                reading.progress(done_bytes, total_bytes);
            }
        }
    }
    for (const SectorRange& range : within ? intersect({tail}, *within) : std::vector<SectorRange>{tail}) {
        found.add_run(range, max_ranges);
    }
    for (const Side* side : {&*a, &*b}) {
        auto now = file_state(side->file.fd.get(), side->name);
        auto still = !now ? Result<void>(now.error()) : check_still(side->name, side->state, *now);
        if (reading.must_be_still && !still) {
            return still.error();
        }
    }
    return found;
}

}  // namespace rogate::image
