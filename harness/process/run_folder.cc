// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/run_folder.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <ftw.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rogate::process {
namespace {

int remove_entry(const char* path, const struct stat*, int, struct FTW*)
{
    ::remove(path);
    return 0;
}

/// The janitor's life: make the folder, tell of it, wait until every holder of the socket's other end is gone, then remove
/// it. It makes the folder itself, so that there is none that nobody watches. The programs that rogate started die with
/// it but not in the same instant, so what they still create is removed again.
[[noreturn]] void be_janitor(int alive, std::string folder)
{
    ::setsid();  // a signal sent to rogate's process group must not reach it
    ::prctl(PR_SET_NAME, "rogate-janitor");
    for (int sig : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        ::signal(sig, SIG_IGN);
    }
    if (!::mkdtemp(folder.data())) {
        ::_exit(errno);
    }
    (void)!::write(alive, folder.data(), folder.size());  // nobody reads it when rogate is gone: then so is the folder
    char byte = 0;
    while (::read(alive, &byte, 1) < 0 && errno == EINTR) {
    }
    for (int attempt = 0; attempt < 200; ++attempt) {
        ::nftw(folder.c_str(), remove_entry, 32, FTW_DEPTH | FTW_PHYS);
        if (::access(folder.c_str(), F_OK) != 0) {
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
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return errno_error("make a socket pair for", parent.string(), errno);
    }
    Fd ours(ends[0]);
    Fd janitors(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0) {
        return errno_error("start the janitor for", name, errno);
    }
    if (pid == 0) {
        ours.reset();
        // Nothing of rogate's may be held open by the janitor: a pipe reader would wait for it.
        ::dup2(janitors.get(), 0);
        ::close_range(1, ~0U, 0);
        be_janitor(0, name);
    }
    janitors.reset();
    size_t told = 0;
    for (ssize_t got = 1; got != 0 && told < name.size(); told += std::max<ssize_t>(got, 0)) {
        got = ::read(ours.get(), name.data() + told, name.size() - told);
        if (got < 0 && errno != EINTR) {
            break;
        }
    }
    if (told < name.size()) {
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        return errno_error("make a folder below", parent.string(), WIFEXITED(status) ? WEXITSTATUS(status) : EIO);
    }
    return RunFolder(name, std::move(ours), pid);
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
