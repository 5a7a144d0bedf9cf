// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/backing.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "image/io.h"

namespace rogate::image {

namespace {

using namespace std::string_view_literals;

constexpr size_t kHeaderBytes = 512;
/// A qcow or qcow2 backing name is shorter than this; a cow name field is longer.
constexpr size_t kMaxNameBytes = 1023;
constexpr size_t kCowNameBytes = 4096;
constexpr size_t kMaxDescriptorBytes = 1 << 20;
constexpr uint32_t kQcow2DataFileExtension = 0x44415441;
constexpr uint64_t kQcow2DataFileBit = 1 << 2;

/// The beginning of a file and a way to read more of it.
class Header {
public:
    static Result<Header> open(const std::filesystem::path& path)
    {
        auto file = open_for_reading(path);
        if (!file) {
            return file.error();
        }
        Header header(std::move(*file), path.string());
        auto start = header.text(0, std::min<uint64_t>(kHeaderBytes, header.file_.size_bytes));
        if (!start) {
            return start.error();
        }
        header.start_ = *start;
        header.start_.resize(kHeaderBytes, '\0');
        return header;
    }

    [[nodiscard]] bool begins(std::string_view magic) const { return start_.starts_with(magic); }
    [[nodiscard]] uint64_t big_endian(size_t at, size_t bytes) const
    {
        uint64_t value = 0;
        for (size_t i = 0; i < bytes; ++i) {
            value = value << 8 | static_cast<uint8_t>(start_[at + i]);
        }
        return value;
    }
    [[nodiscard]] uint64_t little_endian(size_t at) const
    {
        uint64_t value = 0;
        for (size_t i = 8; i-- > 0;) {
            value = value << 8 | static_cast<uint8_t>(start_[at + i]);
        }
        return value;
    }
    [[nodiscard]] uint64_t size_bytes() const { return file_.size_bytes; }

    /// Errors: corrupt when it is not all within the file.
    [[nodiscard]] Result<std::string> text(uint64_t offset, uint64_t length) const
    {
        if (offset > file_.size_bytes || length > file_.size_bytes - offset) {
            return corrupt("what its header leads to lies outside the file");
        }
        std::string bytes(length, '\0');
        auto read = read_at(file_.fd.get(), bytes.data(), length, offset, name_);
        if (!read) {
            return read.error();
        }
        return bytes;
    }
    [[nodiscard]] Error corrupt(const std::string& why) const
    {
        return {ErrorKind::corrupt, "cannot tell which files '" + name_ + "' consists of: " + why};
    }

private:
    Header(OpenFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
    OpenFile file_;
    std::string name_;
    std::string start_;
};

using Names = std::vector<std::string>;

/// The data file's name from the header extensions of qcow2, version 3: type and length (32 bits big endian each), then
/// data padded to 8 bytes, until type 0. Source: the qcow2 specification, "Header extensions".
Result<Names> data_file_of_qcow2(const Header& header)
{
    if (header.big_endian(4, 4) < 3 || (header.big_endian(72, 8) & kQcow2DataFileBit) == 0) {
        return Names{};
    }
    for (uint64_t at = header.big_endian(100, 4);;) {
        auto head = header.text(at, 8);
        if (!head) {
            return head.error();
        }
        const auto number = [&head](size_t from) {
            uint32_t value = 0;
            for (size_t i = from; i < from + 4; ++i) {
                value = value << 8 | static_cast<uint8_t>((*head)[i]);
            }
            return value;
        };
        if (number(0) == kQcow2DataFileExtension) {
            auto name = header.text(at + 8, std::min<uint64_t>(number(4), kMaxNameBytes));
            return name ? Result<Names>(Names{*name}) : name.error();
        }
        if (number(0) == 0) {
            return header.corrupt("it has a data file without a name");
        }
        at += 8 + (uint64_t{number(4)} + 7) / 8 * 8;
    }
}

/// qcow and qcow2 alike: the name's offset at byte 8 (64 bits), its length at byte 16 (32 bits), big endian.
Result<Names> names_of_qcow(const Header& header)
{
    auto names = header.big_endian(4, 4) == 1 ? Result<Names>(Names{}) : data_file_of_qcow2(header);
    const uint64_t offset = header.big_endian(8, 8);
    const uint64_t length = header.big_endian(16, 4);
    if (!names || offset == 0 || length == 0) {
        return names;
    }
    if (length > kMaxNameBytes) {
        return header.corrupt("the name of its backing file is " + std::to_string(length) + " bytes long");
    }
    auto name = header.text(offset, length);
    if (!name) {
        return name.error();
    }
    names->push_back(*name);
    return names;
}

/// What stands between the first quotes of `line`; nothing without quotes.
std::optional<std::string> in_quotes(const std::string& line)
{
    const size_t begin = line.find('"');
    const size_t end = begin == std::string::npos ? begin : line.find('"', begin + 1);
    return end == std::string::npos ? std::nullopt : std::optional(line.substr(begin + 1, end - begin - 1));
}

/// A vmdk descriptor's extents, where asked for, and its parent, which counts only with a parent's content ID.
/// Source: VMware, Virtual Disk Format 1.1.
Names names_of_descriptor(const std::string& text, bool with_extents)
{
    Names names;
    std::optional<std::string> parent;
    bool has_parent = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        line.erase(0, line.find_first_not_of(" \t"));
        if (line.starts_with("parentCID=")) {
            has_parent = !line.starts_with("parentCID=ffffffff") && !line.starts_with("parentCID=FFFFFFFF");
        } else if (line.starts_with("parentFileNameHint")) {
            parent = in_quotes(line);
        } else if (with_extents && (line.starts_with("RW ") || line.starts_with("RDONLY "))) {
            const auto name = in_quotes(line);
            if (name && std::find(names.begin(), names.end(), *name) == names.end()) {
                names.push_back(*name);
            }
        }
    }
    if (has_parent && parent) {
        names.push_back(*parent);
    }
    return names;
}

/// A hosted sparse extent: the descriptor's sector at byte 28 and its length in sectors at byte 36, 64 bits little
/// endian. Its own extent line names this very file, as it was called once.
Result<Names> names_of_sparse_extent(const Header& header)
{
    const uint64_t sector = header.little_endian(28);
    const uint64_t sectors = header.little_endian(36);
    if (sector == 0 || sectors == 0) {
        return Names{};
    }
    if (sector > header.size_bytes() / kSectorBytes || sectors > kMaxDescriptorBytes / kSectorBytes) {
        return header.corrupt("its descriptor lies outside the file");
    }
    auto text = header.text(sector * kSectorBytes, sectors * kSectorBytes);
    return text ? Result<Names>(names_of_descriptor(text->substr(0, text->find('\0')), false)) : text.error();
}

Result<Names> names_of_text_descriptor(const Header& header)
{
    if (header.size_bytes() > kMaxDescriptorBytes) {
        return header.corrupt("its descriptor is larger than 1 MiB");
    }
    auto text = header.text(0, header.size_bytes());
    return text ? Result<Names>(names_of_descriptor(*text, true)) : text.error();
}

/// User-Mode-Linux cow, version 2: the name from byte 8 on, 4096 bytes, ending with a NUL.
Result<Names> names_of_cow(const Header& header)
{
    auto field = header.text(8, kCowNameBytes);
    if (!field) {
        return field.error();
    }
    const std::string name = field->substr(0, field->find('\0'));
    return name.empty() ? Names{} : Names{name};
}

/// Whether `path` lies in `folder` or below; both are canonical.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder)
{
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

Result<std::vector<std::string>> names_in_header(const std::filesystem::path& path)
{
    auto header = Header::open(path);
    if (!header) {
        return header.error();
    }
    if (header->begins("QFI\xfb"sv)) {
        return names_of_qcow(*header);
    }
    if (header->begins("KDMV")) {
        return names_of_sparse_extent(*header);
    }
    if (header->begins("# Disk DescriptorFile")) {
        return names_of_text_descriptor(*header);
    }
    if (header->begins("OOOM\0\0\0\2"sv)) {
        return names_of_cow(*header);
    }
    // A dynamic vpc image begins with a copy of its footer, whose disk type (byte 60) is 4 for a differencing one.
    if (header->begins("conectix") && header->big_endian(60, 4) == 4) {
        return header->corrupt("parents of differencing vpc images are not followed");
    }
    if (header->begins("COWD")) {
        return header->corrupt("parents of COWD extents are not followed");
    }
    return Names{};
}

Result<std::vector<std::filesystem::path>> files_of_image(const std::filesystem::path& path)
{
    std::error_code ec;
    const std::filesystem::path first = std::filesystem::canonical(path, ec);
    if (ec) {
        return errno_error("read", path.string(), ec.value());
    }
    const std::filesystem::path folder = first.parent_path();
    std::vector<std::filesystem::path> seen = {first};
    std::vector<std::filesystem::path> files = {path};
    for (size_t next = 0; next < files.size(); ++next) {
        auto names = names_in_header(files[next]);
        if (!names) {
            return names.error();
        }
        for (const std::string& name : *names) {
            const auto refuse = [&](const std::string& why) {
                return Error{ErrorKind::corrupt, "'" + files[next].string() + "' names '" + name + "', which " + why,
                             "digest the files one by one, without --chain"};
            };
            if (name.empty() || name.find('\0') != std::string::npos) {
                return refuse("is no file name");
            }
            const std::filesystem::path named = files[next].parent_path() / name;
            const std::filesystem::path found = std::filesystem::canonical(named, ec);
            if (!ec && !lies_in(found, folder)) {
                return refuse("is not in the image's folder");
            }
            if (ec) {
                return refuse("is not there");
            }
            if (std::find(seen.begin(), seen.end(), found) != seen.end()) {
                return refuse("is part of the chain already: it leads round in a circle");
            }
            if (files.size() == kMaxChainFiles) {
                return refuse("is one file too many (limit " + std::to_string(kMaxChainFiles) + ")");
            }
            seen.push_back(found);
            files.push_back(named);
        }
    }
    return files;
}

}  // namespace rogate::image
