// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rogate {

Fd& Fd::operator=(Fd&& other) noexcept
{
    if (this != &other) {
        reset(other.release());
    }
    return *this;
}

void Fd::reset(int fd)
{
    if (fd_ >= 0) {
        ::close(fd_);
    }
    fd_ = fd;
}

Result<std::string> read_file(const std::filesystem::path& path, size_t limit_bytes)
{
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        return errno_error("read", path.string(), errno);
    }
    struct stat st {};
    std::string text;
    if (::fstat(fd.get(), &st) == 0 && S_ISREG(st.st_mode)) {
        text.reserve(std::min<size_t>(static_cast<size_t>(st.st_size), limit_bytes) + 1);
    }
    for (;;) {
        char buffer[65536];
        const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno_error("read", path.string(), errno);
        }
        if (n == 0) {
            return text;
        }
        text.append(buffer, static_cast<size_t>(n));
        if (text.size() > limit_bytes) {
            return Error{ErrorKind::corrupt,
                         "'" + path.string() + "' is larger than " + std::to_string(limit_bytes) + " bytes"};
        }
    }
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text)
{
    std::string temporary = path.string() + ".XXXXXX";
    Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) {
        return errno_error("write", path.string(), errno);
    }
    ::fchmod(fd.get(), 0644);
    while (!text.empty()) {
        const ssize_t n = ::write(fd.get(), text.data(), text.size());
        if (n < 0 && errno != EINTR) {
            const int err = errno;
            ::unlink(temporary.c_str());
            return errno_error("write", path.string(), err);
        }
        text.remove_prefix(n > 0 ? static_cast<size_t>(n) : 0);
    }
    if (::rename(temporary.c_str(), path.c_str()) < 0) {
        const int err = errno;
        ::unlink(temporary.c_str());
        return errno_error("write", path.string(), err);
    }
    return {};
}

void remove_unfinished(const std::filesystem::path& folder, std::string_view prefix)
{
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (it->path().filename().string().starts_with(prefix) &&
            std::filesystem::file_time_type::clock::now() - it->last_write_time(ignored) > std::chrono::hours(1)) {
            std::filesystem::remove_all(it->path(), ignored);
        }
    }
}

Result<TempDir> TempDir::make(const std::filesystem::path& parent, const std::string& prefix)
{
    std::string name = (parent / (prefix + "XXXXXX")).string();
    if (!::mkdtemp(name.data())) {
        return errno_error("make a folder below", parent.string(), errno);
    }
    return TempDir(name);
}

TempDir::~TempDir()
{
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
}

}  // namespace rogate
