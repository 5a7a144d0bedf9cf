// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/dmg_image.h"

#include <algorithm>
#include <bzlib.h>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

namespace rogate::image {

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kZeros = 0;
constexpr uint32_t kPlain = 1;
constexpr uint32_t kUnused = 2;
constexpr uint32_t kZlib = 0x80000005;
constexpr uint32_t kBzip2 = 0x80000006;
constexpr uint32_t kEnd = 0xffffffff;
constexpr uint32_t kCrc32 = 2;
constexpr size_t kChecksumBytes = 128;
constexpr size_t kTrailerBytes = 512;
constexpr uint64_t kMaxSectors = (uint64_t{1} << 30) / kSectorBytes;
constexpr uint64_t kMaxChunkSectors = 2048;

void add(Bytes& to, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;) {
        to.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
}

void add(Bytes& to, std::string_view text)
{
    to.insert(to.end(), text.begin(), text.end());
}

void add(Bytes& to, const Bytes& bytes)
{
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Type, length in bits, and the value in a field of 128 bytes.
void add_checksum(Bytes& to, uint32_t crc)
{
    add(to, kCrc32, 4);
    add(to, 32, 4);
    add(to, crc, 4);
    to.resize(to.size() + kChecksumBytes - 4);
}

uint32_t crc_of(const Bytes& bytes, uint32_t so_far = 0)
{
    return static_cast<uint32_t>(crc32(so_far, bytes.data(), static_cast<uInt>(bytes.size())));
}

Bytes deflated(const Bytes& plain)
{
    uLongf size = compressBound(plain.size());
    Bytes out(size);
    compress2(out.data(), &size, plain.data(), plain.size(), Z_BEST_COMPRESSION);
    out.resize(size);
    return out;
}

Bytes bzipped(Bytes plain)
{
    auto size = static_cast<unsigned>(plain.size() + plain.size() / 100 + 600);  // what its manual asks for
    Bytes out(size);
    BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size, reinterpret_cast<char*>(plain.data()),
                             static_cast<unsigned>(plain.size()), 9, 0, 0);
    out.resize(size);
    return out;
}

/// The image while it grows.
struct Builder {
    const DmgLayout& layout;
    std::span<const SectorRange> filled;
    const SectorSource& source;
    Bytes data = {};  ///< the data fork, at the start of the file
    std::vector<Bytes> tables = {};
    Bytes table_crcs = {};
    uint64_t stored = 0;  ///< chunks with data so far, which choose the next one's type
    uint64_t absent = 0;  ///< chunks without
};

bool is_filled(const Builder& b, SectorRange range)
{
    return std::any_of(b.filled.begin(), b.filled.end(), [&](const SectorRange& f) {
        return f.count > 0 && f.first < range.first + range.count && range.first < f.first + f.count;
    });
}

Bytes plain_sectors(const Builder& b, SectorRange range)
{
    Bytes plain;
    for (uint64_t lba = range.first; lba < range.first + range.count; ++lba) {
        const Sector sector = b.source(lba);
        plain.insert(plain.end(), sector.begin(), sector.end());
    }
    return plain;
}

void add_entry(Bytes& table, uint32_t type, uint64_t first, uint64_t sectors, uint64_t offset, uint64_t length)
{
    add(table, type, 4);
    add(table, 0, 4);
    add(table, first, 8);
    add(table, sectors, 8);
    add(table, offset, 8);
    add(table, length, 8);
}

/// Stores the sectors of one chunk, whose type it returns; `first` is relative to its table.
uint32_t add_chunk(Builder& b, Bytes& entries, uint64_t first, SectorRange range, const Bytes& plain)
{
    const uint64_t at = b.data.size();
    uint32_t type = kPlain;
    if (!is_filled(b, range)) {
        type = b.absent++ % 2 == 0 ? kZeros : kUnused;
        add_entry(entries, type, first, range.count, at, 0);
        return type;
    }
    const uint64_t turn = b.stored++ % (b.layout.bzip2 ? 3 : 2);
    if (turn == 0) {
        add(b.data, plain);
    } else if (turn == 1) {
        type = kZlib;
        add(b.data, deflated(plain));
    } else {
        type = kBzip2;
        add(b.data, bzipped(plain));
    }
    add_entry(entries, type, first, range.count, at, b.data.size() - at);
    return type;
}

/// Adds the table of the sectors `part`, and their data.
void add_table(Builder& b, SectorRange part)
{
    Bytes entries;
    uint32_t crc = 0;
    for (uint64_t first = 0; first < part.count; first += b.layout.chunk_sectors) {
        const SectorRange range{part.first + first, std::min(b.layout.chunk_sectors, part.count - first)};
        const Bytes plain = plain_sectors(b, range);
        if (add_chunk(b, entries, first, range, plain) != kUnused) {  // what is unused is not summed: 7z wants it so
            crc = crc_of(plain, crc);
        }
    }
    add_entry(entries, kEnd, part.count, 0, b.data.size(), 0);

    Bytes table;
    add(table, "mish");
    add(table, 1, 4);
    add(table, part.first, 8);
    add(table, part.count, 8);
    add(table, 0, 8);
    add(table, b.layout.chunk_sectors + 8, 4);  // sectors a reader should have room for
    add(table, b.tables.size(), 4);
    table.resize(64);
    add_checksum(table, crc);
    add(table, entries.size() / 40, 4);
    add(table, entries);
    add(b.table_crcs, crc, 4);
    b.tables.push_back(std::move(table));
}

/// A fork with one resource of type blkx for each table.
Bytes resource_fork(const std::vector<Bytes>& tables)
{
    constexpr size_t kDataAt = 256;
    Bytes data;
    Bytes references;
    for (size_t i = 0; i < tables.size(); ++i) {
        add(references, i, 2);
        add(references, 0xffff, 2);                              // no name
        add(references, uint64_t{0x50} << 24 | data.size(), 4);  // attributes and offset
        add(references, 0, 4);
        add(data, tables[i].size(), 4);
        add(data, tables[i]);
    }
    Bytes map(24);
    add(map, 28, 2);                           // the type list, from the map's start
    add(map, 28 + 10 + references.size(), 2);  // no names
    add(map, 0, 2);                            // one type
    add(map, "blkx");
    add(map, tables.size() - 1, 2);
    add(map, 10, 2);  // the references, from the type list
    add(map, references);

    Bytes fork;
    add(fork, kDataAt, 4);
    add(fork, kDataAt + data.size(), 4);
    add(fork, data.size(), 4);
    add(fork, map.size(), 4);
    fork.resize(kDataAt);
    add(fork, data);
    add(fork, map);
    return fork;
}

std::string base64_lines(const Bytes& bytes)
{
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t left = std::min<size_t>(3, bytes.size() - at);
        uint32_t group = 0;
        for (size_t i = 0; i < 3; ++i) {
            group = group << 8 | (i < left ? bytes[at + i] : 0);
        }
        if (at % 39 == 0) {
            text += "\n\t\t\t\t";
        }
        for (size_t i = 0; i < 4; ++i) {
            text += i <= left ? kDigits[group >> (18 - 6 * i) & 63] : '=';
        }
    }
    return text;
}

std::string property_list(const std::vector<Bytes>& tables)
{
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" "
                       "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                       "<plist version=\"1.0\">\n<dict>\n\t<key>resource-fork</key>\n\t<dict>\n"
                       "\t\t<key>blkx</key>\n\t\t<array>\n";
    for (size_t i = 0; i < tables.size(); ++i) {
        const std::string number = std::to_string(i);
        text += "\t\t\t<dict>\n\t\t\t\t<key>Attributes</key>\n\t\t\t\t<string>0x0050</string>\n"
                "\t\t\t\t<key>CFName</key>\n\t\t\t\t<string>disk" +
                number +
                "</string>\n"
                "\t\t\t\t<key>Data</key>\n\t\t\t\t<data>" +
                base64_lines(tables[i]) +
                "\n\t\t\t\t</data>\n"
                "\t\t\t\t<key>ID</key>\n\t\t\t\t<string>" +
                number +
                "</string>\n"
                "\t\t\t\t<key>Name</key>\n\t\t\t\t<string>disk" +
                number + "</string>\n\t\t\t</dict>\n";
    }
    return text + "\t\t</array>\n\t</dict>\n</dict>\n</plist>\n";
}

void add_range(Bytes& to, uint64_t offset, uint64_t length)
{
    add(to, length > 0 ? offset : 0, 8);
    add(to, length, 8);
}

Bytes trailer(const Builder& b, uint64_t fork_bytes, uint64_t plist_bytes, uint64_t size_sectors)
{
    const uint64_t data_bytes = b.data.size();
    Bytes bytes;
    add(bytes, "koly");
    add(bytes, 4, 4);
    add(bytes, kTrailerBytes, 4);
    add(bytes, 1, 4);
    add(bytes, 0, 8);
    add_range(bytes, 0, data_bytes);
    add_range(bytes, data_bytes, fork_bytes);
    add(bytes, 1, 4);  // the first segment of one
    add(bytes, 1, 4);
    bytes.resize(80);
    add_checksum(bytes, crc_of(b.data));
    add_range(bytes, data_bytes + fork_bytes, plist_bytes);
    bytes.resize(352);
    add_checksum(bytes, crc_of(b.table_crcs));
    add(bytes, 1, 4);
    add(bytes, size_sectors, 8);
    bytes.resize(kTrailerBytes);
    return bytes;
}

Result<void> check(const DmgLayout& layout, uint64_t size_sectors, std::span<const SectorRange> filled)
{
    if (size_sectors == 0 || size_sectors > kMaxSectors || layout.tables == 0 || layout.tables > size_sectors ||
        layout.tables > 256 || layout.chunk_sectors == 0 || layout.chunk_sectors > kMaxChunkSectors ||
        (!layout.plist && !layout.resource_fork)) {
        return Error{ErrorKind::usage, "a dmg disk of " + std::to_string(size_sectors) + " sectors in " +
                                           std::to_string(layout.tables) + " tables and chunks of " +
                                           std::to_string(layout.chunk_sectors) + " sectors cannot be described"};
    }
    for (const SectorRange& range : filled) {
        if (range.first > size_sectors || range.count > size_sectors - range.first) {
            return Error{ErrorKind::usage, "sector " + std::to_string(range.first) + " + " +
                                               std::to_string(range.count) + " lies beyond the dmg disk"};
        }
    }
    return {};
}

}  // namespace

Result<void> write_dmg(const std::filesystem::path& path, const DmgLayout& layout, uint64_t size_sectors,
                       std::span<const SectorRange> filled, const SectorSource& source)
{
    auto checked = check(layout, size_sectors, filled);
    if (!checked) {
        return checked;
    }
    Builder b{layout, filled, source};
    const uint64_t part = size_sectors / layout.tables;
    for (uint64_t i = 0; i < layout.tables; ++i) {
        const uint64_t end = i + 1 == layout.tables ? size_sectors : (i + 1) * part;
        add_table(b, {i * part, end - i * part});
    }
    const Bytes fork = layout.resource_fork ? resource_fork(b.tables) : Bytes{};
    const std::string plist = layout.plist ? property_list(b.tables) : std::string{};
    const Bytes last = trailer(b, fork.size(), plist.size(), size_sectors);

    Bytes file = b.data;
    add(file, fork);
    add(file, plist);
    add(file, last);
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) {
        return errno_error("make", path.string(), errno);
    }
    return write_at(fd.get(), file.data(), file.size(), 0, path.string());
}

}  // namespace rogate::image
