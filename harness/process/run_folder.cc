// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/run_folder.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <ftw.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rogate::process {
namespace {

int remove_entry(const char* path, const struct stat*, int, struct FTW*)
{
    ::remove(path);
    return 0;
}

/// The janitor's life: wait until every holder of the pipe's other end is gone, then remove the folder. The programs
/// that rogate started die with it but not in the same instant, so what they still create is removed again.
[[noreturn]] void be_janitor(int alive_read_fd, const char* folder)
{
    ::setsid();  // a signal sent to rogate's process group must not reach it
    ::prctl(PR_SET_NAME, "rogate-janitor");
    for (int sig : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        ::signal(sig, SIG_IGN);
    }
    char byte = 0;
    while (::read(alive_read_fd, &byte, 1) < 0 && errno == EINTR) {
    }
    for (int attempt = 0; attempt < 200; ++attempt) {
        ::nftw(folder, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
        if (::access(folder, F_OK) != 0) {
            ::_exit(0);
        }
        ::usleep(10'000);
    }
    ::_exit(1);
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path path, Fd alive, int janitor)
    : path_(std::move(path)), alive_(std::move(alive)), janitor_pid_(janitor)
{
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), alive_(std::move(other.alive_)), janitor_pid_(std::exchange(other.janitor_pid_, -1))
{
}

Result<RunFolder> RunFolder::make(const std::filesystem::path& parent)
{
    std::string name = (parent / "rogate-XXXXXX").string();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) {
        return errno_error("make a pipe for", parent.string(), errno);
    }
    Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    if (!::mkdtemp(name.data())) {
        return errno_error("make a folder below", parent.string(), errno);
    }
    const pid_t pid = ::fork();
    if (pid < 0) {
        const int err = errno;
        ::rmdir(name.c_str());
        return errno_error("start the janitor for", name, err);
    }
    if (pid == 0) {
        write_end.reset();
        // Nothing of rogate's may be held open by the janitor: a pipe reader would wait for it.
        ::dup2(read_end.get(), 0);
        ::close_range(1, ~0U, 0);
        be_janitor(0, name.c_str());
    }
    return RunFolder(name, std::move(write_end), pid);
}

RunFolder::~RunFolder()
{
    if (janitor_pid_ < 0) {
        return;
    }
    // Done here and now, since the janitor would first have to be scheduled; it is for the times when this cannot run.
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (std::filesystem::exists(path_, ignored)) {
        alive_.reset();
    } else {
        ::kill(janitor_pid_, SIGKILL);
    }
    int status = 0;
    while (::waitpid(janitor_pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace rogate::process
