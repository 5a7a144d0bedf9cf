// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/copy.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/io.h"

namespace rogate::image {

namespace {

constexpr size_t kBufferBytes = 256 << 10;

/// Copies one extent through a buffer.
Result<void> copy_by_buffer(int from, int to, ByteRange extent, const std::string& name)
{
    static thread_local const std::unique_ptr<uint8_t[]> buffer(new uint8_t[kBufferBytes]);
    while (extent.length > 0) {
        const size_t part = std::min<uint64_t>(kBufferBytes, extent.length);
        auto read = read_at(from, buffer.get(), part, extent.offset, name);
        if (!read) {
            return read;
        }
        auto written = write_at(to, buffer.get(), part, extent.offset, name);
        if (!written) {
            return written;
        }
        extent.offset += part;
        extent.length -= part;
    }
    return {};
}

/// Copies one extent in the kernel as far as it will, which may share blocks; the rest through a buffer.
Result<void> copy_extent(int from, int to, ByteRange extent, const std::string& name)
{
    while (extent.length > kBufferBytes) {
        off_t in = static_cast<off_t>(extent.offset);
        off_t out = in;
        const ssize_t n = ::copy_file_range(from, &in, to, &out, extent.length, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;  // not between these file systems; a real fault shows again below
        }
        extent.offset += static_cast<uint64_t>(n);
        extent.length -= static_cast<uint64_t>(n);
    }
    return copy_by_buffer(from, to, extent, name);
}

Result<void> copy_content(int from, int to, uint64_t size_bytes, const std::string& name)
{
    if (::ioctl(to, FICLONE, from) == 0) {
        return {};
    }
    if (::ftruncate(to, static_cast<off_t>(size_bytes)) < 0) {
        return errno_error("set the size of the copy of", name, errno);
    }
    auto extents = data_extents(from, size_bytes, name);
    if (!extents) {
        return extents.error();
    }
    for (const ByteRange& extent : *extents) {
        auto copied = copy_extent(from, to, extent, name);
        if (!copied) {
            return copied;
        }
    }
    return {};
}

}  // namespace

Result<void> copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to)
{
    Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat st {};
    if (!source || ::fstat(source.get(), &st) < 0) {
        return errno_error("copy", from.string(), errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return Error{ErrorKind::corrupt, "cannot copy '" + from.string() + "': it is not a regular file"};
    }
    Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!target) {
        return errno_error("make", to.string(), errno);
    }
    auto copied = copy_content(source.get(), target.get(), static_cast<uint64_t>(st.st_size), from.string());
    if (!copied) {
        return copied;
    }
    const timespec times[2] = {st.st_atim, st.st_mtim};
    if (::futimens(target.get(), times) < 0) {
        return errno_error("set the times of", to.string(), errno);
    }
    return {};
}

}  // namespace rogate::image
