// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/reader.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "image/format.h"
#include "image/reference.h"

namespace rogate::image {

namespace {

constexpr uint64_t kBatchSectors = 128;

/// Walks ascending ranges beside ascending sectors.
class InRanges {
public:
    explicit InRanges(const std::vector<SectorRange>& ranges) : ranges_(ranges) {}

    /// Whether `lba`, not less than any asked for before, is in one of the ranges.
    bool has(uint64_t lba)
    {
        skip_to(lba);
        return at_ < ranges_.size() && ranges_[at_].first <= lba;
    }

    /// Whether any of `run` is; nothing less than `run.first` was asked for before.
    bool meets(SectorRange run)
    {
        skip_to(run.first);
        return at_ < ranges_.size() && ranges_[at_].first < run.first + run.count;
    }

private:
    void skip_to(uint64_t lba)
    {
        while (at_ < ranges_.size() && ranges_[at_].first + ranges_[at_].count <= lba) {
            ++at_;
        }
    }

    const std::vector<SectorRange>& ranges_;
    size_t at_ = 0;
};

}  // namespace

std::string_view no_reader(std::string_view format)
{
    auto recipe = find_format(format);
    return recipe ? (*recipe)->no_reader : std::string_view();
}

Result<std::filesystem::path> read_content(const std::filesystem::path& folder, const Image& image,
                                           const std::filesystem::path& work_dir, const RunProgram& run)
{
    auto recipe = find_format(image.format);
    if (!recipe) {
        return recipe.error();
    }
    if (!(*recipe)->no_reader.empty()) {
        return Error{ErrorKind::usage, "an image of format '" + image.format +
                                           "' cannot be read back: " + std::string((*recipe)->no_reader)};
    }
    if (image.chain.empty()) {
        return Error{ErrorKind::usage, "an image of format '" + image.format + "' without any file"};
    }
    std::error_code ignored;
    std::filesystem::remove(work_dir / "content.raw", ignored);
    std::filesystem::remove(work_dir / "zero-base.raw", ignored);
    auto path = (*recipe)->read({folder, image, work_dir, run});
    if (!path) {
        return path.error().while_doing("cannot read image '" + image.active() + "'");
    }
    auto file = open_for_reading(*path);
    if (!file) {
        return file.error();
    }
    if (file->size_bytes != image.content_bytes) {
        return Error{ErrorKind::corrupt, "image '" + image.active() + "' holds " + std::to_string(file->size_bytes) +
                                             " bytes instead of " + std::to_string(image.content_bytes)};
    }
    return path;
}

Expectation expect_reference(std::map<uint64_t, Sector> overwritten)
{
    const auto reference = reference_filled();
    std::vector<SectorRange> written;
    for (const auto& [lba, sector] : overwritten) {
        append_joined(written, {lba, 1});
    }
    Expectation expected;
    expected.size_bytes = kReferenceBytes;
    expected.filled = unite({reference.begin(), reference.end()}, written);
    expected.sector = [overwritten = std::move(overwritten)](uint64_t lba) {
        const auto found = overwritten.find(lba);
        return found == overwritten.end() ? reference_sector(lba) : found->second;
    };
    return expected;
}

Result<SectorList> compare_content(const std::filesystem::path& path, const Expectation& expected, size_t max_ranges)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    auto extents = data_extents(file->fd.get(), file->size_bytes, path.string());
    if (!extents) {
        return extents.error();
    }
    const uint64_t end_sector = std::min(file->size_bytes, expected.size_bytes) / kSectorBytes;
    const auto suspects = intersect(unite(sectors_touched(*extents), expected.filled), {{0, end_sector}});
    const std::unique_ptr<uint8_t[]> buffer(new uint8_t[kBatchSectors * kSectorBytes]);
    InRanges filled(expected.filled);
    SectorList found;
    for (const SectorRange& range : suspects) {
        for (uint64_t done = 0; done < range.count; done += kBatchSectors) {
            const SectorRange run{range.first + done, std::min(kBatchSectors, range.count - done)};
            const size_t length = run.count * kSectorBytes;
            auto read = read_at(file->fd.get(), buffer.get(), length, run.first * kSectorBytes, path.string());
            if (!read) {
                return read.error();
            }
            if (!filled.meets(run) && is_zero(buffer.get(), length)) {
                continue;
            }
            for (uint64_t i = 0; i < run.count; ++i) {
                const uint8_t* at = buffer.get() + i * kSectorBytes;
                const uint64_t lba = run.first + i;
                if (filled.has(lba) ? std::memcmp(at, expected.sector(lba).data(), kSectorBytes) != 0
                                    : !is_zero(at, kSectorBytes)) {
                    found.add(lba, max_ranges);
                }
            }
        }
    }
    // Sectors beyond either end, where an expectation beyond the disk also lands.
    std::vector<SectorRange> outside = intersect(expected.filled, {{end_sector, UINT64_MAX - end_sector}});
    const SectorRange tail = resized_sectors(file->size_bytes, expected.size_bytes);
    outside = unite(outside, tail.count ? std::vector<SectorRange>{tail} : std::vector<SectorRange>{});
    for (const SectorRange& missing : outside) {
        found.add_run(missing, max_ranges);
    }
    return found;
}

}  // namespace rogate::image
