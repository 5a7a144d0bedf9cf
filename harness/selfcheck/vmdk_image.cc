// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmdk_image.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace rogate::image {

namespace {

constexpr uint64_t kMaxSectors = uint64_t{1} << 24;
constexpr uint64_t kHeaderBytes = 2048;
constexpr uint64_t kDirectorySector = kHeaderBytes / kSectorBytes;

/// Sizes that follow from version and disk size.
struct Layout {
    uint64_t grain_sectors = 0;
    uint64_t table_entries = 0;
    uint64_t table_sectors = 0;
    uint64_t tables = 0;
    uint64_t directory_sectors = 0;
};

Layout lay_out(CowdVersion version, uint64_t sectors)
{
    Layout layout;
    layout.grain_sectors = version == CowdVersion::esx ? 1 : 128;
    layout.table_entries = version == CowdVersion::esx ? 4096 : 65536 / layout.grain_sectors;
    layout.table_sectors = layout.table_entries * 4 / kSectorBytes;
    const uint64_t span = layout.table_entries * layout.grain_sectors;
    layout.tables = (sectors + span - 1) / span;
    layout.directory_sectors = (layout.tables * 4 + kSectorBytes - 1) / kSectorBytes;
    return layout;
}

void put_little_endian(std::vector<uint8_t>& bytes, uint64_t at, uint64_t value)
{
    for (uint64_t i = 0; i < 4; ++i) {
        bytes[at + i] = static_cast<uint8_t>(value >> (8 * i));
    }
}

/// The file's sectors before the first grain, tables included: they are complete once every grain has its place.
struct Metadata {
    std::vector<uint8_t> bytes;
    uint64_t next_free = 0;
};

void put_header(Metadata& metadata, CowdVersion version, uint64_t sectors, const Layout& layout)
{
    const uint64_t cylinders = std::max<uint64_t>(1, sectors / (16 * 63));
    const std::pair<uint64_t, uint64_t> fields[] = {
        {0, 0x44574f43},
        {4, static_cast<uint64_t>(version)},
        {8, 3},
        {12, sectors},
        {16, layout.grain_sectors},
        {20, kDirectorySector},
        {24, layout.tables},
        {28, metadata.next_free},
        {32, cylinders},
        {36, 16},
        {40, 63},
    };
    const std::pair<uint64_t, uint64_t> later_fields[] = {
        {1648, 0}, {1652, 1}, {1656, cylinders}, {1660, 16}, {1664, 63}, {1668, sectors}, {1680, 2},
    };
    for (const auto& [at, value] : fields) {
        put_little_endian(metadata.bytes, at, value);
    }
    if (version == CowdVersion::workstation3) {
        for (const auto& [at, value] : later_fields) {
            put_little_endian(metadata.bytes, at, value);
        }
    }
}

/// Numbers of the grains that hold an owned sector, ascending.
std::vector<uint64_t> owned_grains(std::span<const SectorRange> owned, uint64_t grain_sectors)
{
    std::vector<uint64_t> grains;
    for (const SectorRange& range : owned) {
        for (uint64_t lba = range.first; lba < range.first + range.count; ++lba) {
            if (grains.empty() || grains.back() != lba / grain_sectors) {
                grains.push_back(lba / grain_sectors);
            }
        }
    }
    return grains;
}

Result<void> check(uint64_t sectors, std::span<const SectorRange> owned)
{
    if (sectors == 0 || sectors > kMaxSectors) {
        return Error{ErrorKind::usage, "a COWD disk of " + std::to_string(sectors) + " sectors is not one of 1.." +
                                           std::to_string(kMaxSectors)};
    }
    for (const SectorRange& range : owned) {
        if (range.first > sectors || range.count > sectors - range.first) {
            return Error{ErrorKind::usage, "sector " + std::to_string(range.first) + " + " +
                                               std::to_string(range.count) + " lies beyond the COWD disk"};
        }
    }
    return {};
}

/// All tables are there, one behind the other, whether a grain is entered in them or not.
Metadata make_metadata(CowdVersion version, uint64_t sectors, std::span<const uint64_t> grains)
{
    const Layout layout = lay_out(version, sectors);
    const uint64_t tables_at = kDirectorySector + layout.directory_sectors;
    const uint64_t data_at = tables_at + layout.tables * layout.table_sectors;
    Metadata metadata;
    metadata.bytes.resize(data_at * kSectorBytes);
    metadata.next_free = data_at;
    for (uint64_t table = 0; table < layout.tables; ++table) {
        put_little_endian(metadata.bytes, kDirectorySector * kSectorBytes + table * 4,
                          tables_at + table * layout.table_sectors);
    }
    for (const uint64_t grain : grains) {
        put_little_endian(metadata.bytes, tables_at * kSectorBytes + grain * 4, metadata.next_free);
        metadata.next_free += layout.grain_sectors;
    }
    put_header(metadata, version, sectors, layout);
    return metadata;
}

}  // namespace

Result<void> write_cowd(const std::filesystem::path& path, CowdVersion version, uint64_t sectors,
                        std::span<const SectorRange> owned, const SectorSource& source)
{
    auto checked = check(sectors, owned);
    if (!checked) {
        return checked;
    }
    const uint64_t grain_sectors = lay_out(version, sectors).grain_sectors;
    const std::vector<uint64_t> grains = owned_grains(owned, grain_sectors);
    const Metadata metadata = make_metadata(version, sectors, grains);
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) {
        return errno_error("create", path.string(), errno);
    }
    auto written = write_at(fd.get(), metadata.bytes.data(), metadata.bytes.size(), 0, path.string());
    uint64_t at = metadata.bytes.size();
    for (const uint64_t grain : grains) {
        std::vector<uint8_t> data;
        for (uint64_t lba = grain * grain_sectors; lba < (grain + 1) * grain_sectors; ++lba) {
            const Sector sector = lba < sectors ? source(lba) : Sector{};
            data.insert(data.end(), sector.begin(), sector.end());
        }
        if (written) {
            written = write_at(fd.get(), data.data(), data.size(), at, path.string());
        }
        at += data.size();
    }
    return written;
}

std::string vmdk_descriptor(const VmdkDescriptorText& descriptor)
{
    const auto hex = [](uint32_t value) {
        std::string digits;
        for (int shift = 28; shift >= 0; shift -= 4) {
            digits += "0123456789abcdef"[value >> shift & 15];
        }
        return digits;
    };
    std::string text = "# Disk DescriptorFile\nversion=1\nCID=" + hex(descriptor.cid) +
                       "\nparentCID=" + hex(descriptor.parent_cid) + "\ncreateType=\"" + descriptor.create_type +
                       "\"\n";
    if (!descriptor.parent.empty()) {
        text += "parentFileNameHint=\"" + descriptor.parent + "\"\n";
    }
    text += "\n# Extent description\n";
    uint64_t sectors = 0;
    for (const VmdkExtentLine& line : descriptor.extents) {
        text += line.access + " " + std::to_string(line.sectors) + " " + line.type;
        if (!line.name.empty()) {
            text += " \"" + line.name + "\"";
        }
        if (line.type == "FLAT") {
            text += " " + std::to_string(line.offset_sectors);
        }
        text += "\n";
        sectors += line.sectors;
    }
    text += "\n# The Disk Data Base\n#DDB\n\nddb.virtualHWVersion = \"4\"\nddb.adapterType = \"ide\"\n";
    text += "ddb.geometry.cylinders = \"" + std::to_string(std::min<uint64_t>(16383, sectors / (16 * 63))) + "\"\n";
    return text + "ddb.geometry.heads = \"16\"\nddb.geometry.sectors = \"63\"\n";
}

}  // namespace rogate::image
