// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rogate {

/// An open file descriptor, closed on destruction; movable, -1 when empty.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);

private:
    int fd_ = -1;
};

/// Reads a whole file. Errors: not_found, environment; corrupt when it is larger than `limit_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, size_t limit_bytes = 256u << 20);

/// Writes `text` to a temporary file beside `path` and renames it: a reader sees the old file or the new one, whole.
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

/// Removes the entries of `folder` whose names start with `prefix` and that nobody changed for an hour: what makers in a
/// TempDir left that were killed. Those of the last hour may still be at work. Never fails; what cannot be removed stays.
void remove_unfinished(const std::filesystem::path& folder, std::string_view prefix);

/// A folder with a random name below `parent`, removed with all it holds on destruction.
class TempDir {
public:
    /// Errors: environment when `parent` cannot be written.
    static Result<TempDir> make(const std::filesystem::path& parent, const std::string& prefix);
    TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDir& operator=(TempDir&&) = delete;
    TempDir(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Gives the folder up: it is not removed any more.
    std::filesystem::path release() { return std::exchange(path_, {}); }

private:
    explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace rogate
