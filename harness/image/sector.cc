// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/sector.h"

#include <algorithm>

namespace rogate::image {

void SectorList::add(uint64_t lba, size_t max_ranges)
{
    add_run({lba, 1}, max_ranges);
}

void SectorList::add_run(SectorRange run, size_t max_ranges)
{
    if (run.count == 0) {
        return;
    }
    total += run.count;
    // Once a range was left out, nothing may be joined: a gap would be hidden.
    if (!truncated && !ranges.empty() && ranges.back().first + ranges.back().count == run.first) {
        ranges.back().count += run.count;
    } else if (!truncated && ranges.size() < max_ranges) {
        ranges.push_back(run);
    } else {
        truncated = true;
    }
}

void append_joined(std::vector<SectorRange>& ranges, SectorRange range)
{
    if (range.count == 0) {
        return;
    }
    if (ranges.empty() || range.first > ranges.back().first + ranges.back().count) {
        ranges.push_back(range);
        return;
    }
    SectorRange& last = ranges.back();
    last.count = std::max(last.first + last.count, range.first + range.count) - last.first;
}

std::vector<SectorRange> sectors_touched(const std::vector<ByteRange>& bytes)
{
    std::vector<SectorRange> sectors;
    for (const ByteRange& range : bytes) {
        if (range.length > 0) {
            const uint64_t first = range.offset / kSectorBytes;
            append_joined(sectors, {first, sectors_in(range.offset + range.length) - first});
        }
    }
    return sectors;
}

std::vector<SectorRange> unite(const std::vector<SectorRange>& a, const std::vector<SectorRange>& b)
{
    std::vector<SectorRange> all(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), all.begin(),
               [](const SectorRange& x, const SectorRange& y) { return x.first < y.first; });
    std::vector<SectorRange> united;
    for (const SectorRange& range : all) {
        append_joined(united, range);
    }
    return united;
}

std::vector<SectorRange> intersect(const std::vector<SectorRange>& a, const std::vector<SectorRange>& b)
{
    std::vector<SectorRange> both;
    for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const uint64_t a_end = a[i].first + a[i].count;
        const uint64_t b_end = b[j].first + b[j].count;
        const uint64_t first = std::max(a[i].first, b[j].first);
        if (first < std::min(a_end, b_end)) {
            both.push_back({first, std::min(a_end, b_end) - first});
        }
        a_end <= b_end ? ++i : ++j;
    }
    return both;
}

SectorRange resized_sectors(uint64_t size_a_bytes, uint64_t size_b_bytes)
{
    if (size_a_bytes == size_b_bytes) {
        return {};
    }
    const uint64_t first = std::min(size_a_bytes, size_b_bytes) / kSectorBytes;
    return {first, sectors_in(std::max(size_a_bytes, size_b_bytes)) - first};
}

}  // namespace rogate::image
