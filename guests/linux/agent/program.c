/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(char *said, size_t room, const char *piece, size_t bytes)
{
    size_t used = strlen(said);

    for (size_t i = 0; i < bytes; i++) {
        const char *text = piece[i] == '\n' ? "; " : (char[]){ piece[i], 0 };
        size_t length = strlen(text);

        if (used + length < room) {
            memcpy(said + used, text, length + 1);
            used += length;
        }
    }
}

static _Noreturn void become(const char *const *argv, int out)
{
    int null = open("/dev/null", O_RDONLY);

    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

int program_run(const char *const *argv, char *said, size_t room)
{
    char piece[512];
    int ends[2];
    int status;
    ssize_t n;
    pid_t pid;

    said[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        become(argv, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    while ((n = read(ends[0], piece, sizeof(piece))) > 0 ||
           (n < 0 && errno == EINTR)) {
        take(said, room, piece, n > 0 ? (size_t)n : 0);
    }
    close(ends[0]);
    if (waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
