// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/keeper.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rogate::process {
namespace {

/// SIGKILL to every child of this process; false when there is none. Only calls that a signal handler may make.
/// Children have to be listed by thread: each is a child of the one that started it, orphans of the first.
bool kill_children()
{
    char text[4096];
    const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd < 0 ? 0 : ::read(fd, text, sizeof text);
    ::close(fd);
    pid_t pid = 0;
    bool any = false;
    for (ssize_t i = 0; i < length; ++i) {
        if (text[i] >= '0' && text[i] <= '9') {
            pid = pid * 10 + (text[i] - '0');
        } else if (pid > 0) {
            ::kill(pid, SIGKILL);
            any = true;
            pid = 0;
        }
    }
    return any;
}

/// Children of the killed become ours, since we are their subreaper: so it ends when nobody is left.
void kill_descendants()
{
    while (kill_children()) {
        int status = 0;
        while (::waitpid(-1, &status, WNOHANG) > 0) {
        }
        ::usleep(1000);
    }
}

void on_end(int sig)
{
    kill_descendants();
    ::_exit(128 + sig);
}

[[noreturn]] void be_kept(pid_t parent, const std::function<int()>& work)
{
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const int sig : {SIGINT, SIGTERM, SIGHUP}) {
        ::signal(sig, on_end);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) {  // it was killed before it could be said
        ::_exit(128 + SIGTERM);
    }
    const int status = work();
    kill_descendants();
    std::fflush(nullptr);
    ::_exit(status);
}

volatile pid_t kept_pid = 0;

void pass_on(int sig)
{
    ::kill(kept_pid, sig);
}

}  // namespace

int run_kept(const std::function<int()>& work)
{
    std::fflush(nullptr);  // or both would print what is still held back
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        be_kept(parent, work);
    }
    if (pid < 0) {
        return work();  // no process to spare: the programs are still killed as a Group kills them
    }
    kept_pid = pid;
    for (const int sig : {SIGINT, SIGTERM, SIGHUP}) {
        ::signal(sig, pass_on);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (const int sig : {SIGINT, SIGTERM, SIGHUP}) {
        ::signal(sig, SIG_DFL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace rogate::process
