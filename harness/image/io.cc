// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/io.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rogate::image {

Result<OpenFile> open_for_reading(const std::filesystem::path& path)
{
    OpenFile file{Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), 0};
    if (!file.fd) {
        return errno_error("read", path.string(), errno);
    }
    struct stat st {};
    if (::fstat(file.fd.get(), &st) < 0) {
        return errno_error("read", path.string(), errno);
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        return Error{ErrorKind::corrupt, "'" + path.string() + "' is neither a regular file nor a block device"};
    }
    const off_t end = S_ISREG(st.st_mode) ? st.st_size : ::lseek(file.fd.get(), 0, SEEK_END);
    if (end < 0) {
        return errno_error("find the size of", path.string(), errno);
    }
    file.size_bytes = static_cast<uint64_t>(end);
    return file;
}

Result<void> read_at(int fd, void* to, size_t length, uint64_t offset, const std::string& name)
{
    auto* at = static_cast<uint8_t*>(to);
    while (length > 0) {
        const ssize_t n = ::pread(fd, at, length, static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno_error("read", name, errno);
        }
        if (n == 0) {
            return Error{ErrorKind::corrupt,
                         "'" + name + "' ends at byte " + std::to_string(offset) + ": it was cut off while being read"};
        }
        at += n;
        offset += static_cast<uint64_t>(n);
        length -= static_cast<size_t>(n);
    }
    return {};
}

Result<void> write_at(int fd, const void* from, size_t length, uint64_t offset, const std::string& name)
{
    const auto* at = static_cast<const uint8_t*>(from);
    while (length > 0) {
        const ssize_t n = ::pwrite(fd, at, length, static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return errno_error("write", name, n < 0 ? errno : ENOSPC);
        }
        at += n;
        offset += static_cast<uint64_t>(n);
        length -= static_cast<size_t>(n);
    }
    return {};
}

Result<void> check_start(const std::filesystem::path& path, std::string_view start, const std::string& what)
{
    auto file = open_for_reading(path);
    if (!file) {
        return file.error();
    }
    std::string begins(std::min<uint64_t>(start.size(), file->size_bytes), '\0');
    auto read = read_at(file->fd.get(), begins.data(), begins.size(), 0, path.string());
    if (read && begins != start) {
        return Error{ErrorKind::corrupt, "'" + path.string() + "' is not " + what};
    }
    return read;
}

Result<std::vector<ByteRange>> data_extents(int fd, uint64_t size_bytes, const std::string& name)
{
    std::vector<ByteRange> extents;
    uint64_t at = 0;
    while (at < size_bytes) {
        const off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
        if (data < 0 && errno == ENXIO) {
            break;
        }
        if (data < 0 && (errno == EINVAL || errno == EOPNOTSUPP) && at == 0) {
            return std::vector<ByteRange>{{0, size_bytes}};
        }
        const off_t hole = data < 0 ? data : ::lseek(fd, data, SEEK_HOLE);
        if (hole < 0) {
            return errno_error("find the holes of", name, errno);
        }
        const uint64_t begin = std::max(at, static_cast<uint64_t>(data));
        const uint64_t end = std::min(size_bytes, static_cast<uint64_t>(hole));
        if (begin >= size_bytes || end <= begin) {
            break;  // the file grew or shrank meanwhile: only what lay within its size counts
        }
        extents.push_back({begin, end - begin});
        at = end;
    }
    return extents;
}

Result<void> write_sectors(const std::filesystem::path& path, uint64_t size_bytes, std::span<const SectorRange> filled,
                           const SectorSource& source, uint64_t data_offset)
{
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) {
        return errno_error("make", path.string(), errno);
    }
    if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) < 0) {
        return errno_error("set the size of", path.string(), errno);
    }
    std::vector<uint8_t> run;
    for (const SectorRange& range : filled) {
        run.resize(range.count * kSectorBytes);
        for (uint64_t i = 0; i < range.count; ++i) {
            const Sector sector = source(range.first + i);
            std::memcpy(run.data() + i * kSectorBytes, sector.data(), kSectorBytes);
        }
        auto written =
            write_at(fd.get(), run.data(), run.size(), data_offset + range.first * kSectorBytes, path.string());
        if (!written) {
            return written;
        }
    }
    return {};
}

bool is_zero(const uint8_t* bytes, size_t length)
{
    // Equal to itself shifted by 16 and starting with zeros: memcmp does it at full width.
    static constexpr uint8_t kZeros[16] = {};
    if (length < sizeof kZeros) {
        return std::memcmp(bytes, kZeros, length) == 0;
    }
    return std::memcmp(bytes, kZeros, sizeof kZeros) == 0 &&
           std::memcmp(bytes, bytes + sizeof kZeros, length - sizeof kZeros) == 0;
}

}  // namespace rogate::image
