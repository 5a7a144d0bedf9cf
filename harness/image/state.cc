// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/state.h"

#include <cerrno>
#include <sys/stat.h>

namespace rogate::image {

namespace {

int64_t nanoseconds(const timespec& time)
{
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileState from_stat(const struct stat& st)
{
    return {st.st_dev,
            st.st_ino,
            st.st_mode,
            static_cast<uint64_t>(st.st_size),
            static_cast<uint64_t>(st.st_blocks),
            nanoseconds(st.st_mtim),
            nanoseconds(st.st_ctim)};
}

}  // namespace

Result<FileState> file_state(const std::filesystem::path& path)
{
    struct stat st {};
    if (::stat(path.c_str(), &st) < 0) {
        return errno_error("read the state of", path.string(), errno);
    }
    return from_stat(st);
}

Result<FileState> file_state(int fd, const std::string& name)
{
    struct stat st {};
    if (::fstat(fd, &st) < 0) {
        return errno_error("read the state of", name, errno);
    }
    return from_stat(st);
}

Result<void> check_still(const std::string& name, const FileState& before, const FileState& after)
{
    if (before.size_bytes == after.size_bytes && before.mtime_ns == after.mtime_ns) {
        return {};
    }
    return Error{ErrorKind::environment, "'" + name + "' was written while it was being read",
                 "stop what writes to it, a running machine for one"};
}

std::vector<std::string> changed_fields(const FileState& before, const FileState& after)
{
    std::vector<std::string> names;
    const auto note = [&](const char* name, bool same) {
        if (!same) {
            names.emplace_back(name);
        }
    };
    note("device", before.device == after.device);
    note("inode", before.inode == after.inode);
    note("mode", before.mode == after.mode);
    note("size", before.size_bytes == after.size_bytes);
    // The kernel allocates a fresh copy's blocks when it writes them back, which is no change of the file and moves no
    // time; every change a program makes of them moves ctime.
    note("blocks", before.blocks == after.blocks || before.ctime_ns == after.ctime_ns);
    note("mtime", before.mtime_ns == after.mtime_ns);
    note("ctime", before.ctime_ns == after.ctime_ns);
    return names;
}

Result<std::vector<FileWitness>> witness_files(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names)
{
    std::vector<FileWitness> witnesses;
    for (const std::string& name : names) {
        auto state = file_state(folder / name);
        if (!state) {
            return state.error();
        }
        auto digest = digest_file(folder / name);
        if (!digest) {
            return digest.error();
        }
        witnesses.push_back({name, *state, std::move(*digest)});
    }
    return witnesses;
}

}  // namespace rogate::image
