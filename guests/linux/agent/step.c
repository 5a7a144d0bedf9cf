/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps on mounted file systems, swap, and programs. */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "program.h"

#define MOUNT_POINT "/mnt"
#define MAX_WORDS 12

/* Takes the result of a system call. */
static void take(struct answer *answer, int rc)
{
    answer->rc = rc;
    answer->error = rc < 0 ? errno : 0;
    if (rc < 0) {
        snprintf(answer->text, sizeof(answer->text), "%s",
                 strerror(answer->error));
    }
}

void step_mount(struct scene *scene, const char *arg, unsigned long number,
                struct answer *answer)
{
    char type[16] = "";
    char options[64] = "";

    sscanf(arg, "%15s %63s", type, options);
    take(answer,
         mount(scene->disk->device, MOUNT_POINT, type, number, options));
    scene->mounted = answer->rc == 0;
}

void step_unmount(struct scene *scene, const char *arg, unsigned long number,
                  struct answer *answer)
{
    (void)arg;
    (void)number;
    if (scene->fd >= 0) {
        close(scene->fd);
        scene->fd = -1;
    }
    take(answer, umount(MOUNT_POINT));
    scene->mounted = answer->rc < 0;
}

void step_read_file(struct scene *scene, const char *arg, unsigned long number,
                    struct answer *answer)
{
    char path[128];
    int fd;
    ssize_t n;

    (void)scene;
    (void)number;
    snprintf(path, sizeof(path), MOUNT_POINT "/%s", arg);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        take(answer, -1);
        return;
    }
    n = read(fd, answer->text, 64);
    take(answer, (int)n);
    if (n >= 0) {
        answer->text[n] = '\0';
        answer->text[strcspn(answer->text, "\n")] = '\0';
    }
    close(fd);
}

void step_write_file(struct scene *scene, const char *arg, unsigned long number,
                     struct answer *answer)
{
    char path[128];

    (void)number;
    snprintf(path, sizeof(path), MOUNT_POINT "/%s", arg);
    scene->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (scene->fd < 0) {
        take(answer, -1);
        return;
    }
    take(answer, (int)write(scene->fd, scene->nonce, strlen(scene->nonce)));
}

void step_fsync(struct scene *scene, const char *arg, unsigned long number,
                struct answer *answer)
{
    (void)arg;
    (void)number;
    take(answer, fsync(scene->fd));
}

void step_swap_on(struct scene *scene, const char *arg, unsigned long number,
                  struct answer *answer)
{
    (void)arg;
    take(answer, swapon(scene->disk->device, (int)number));
}

void step_swap_off(struct scene *scene, const char *arg, unsigned long number,
                   struct answer *answer)
{
    (void)arg;
    (void)number;
    take(answer, swapoff(scene->disk->device));
}

void step_program(struct scene *scene, const char *arg, unsigned long number,
                  struct answer *answer)
{
    char words[256];
    char disk_word[256];
    const char *argv[MAX_WORDS + 1];
    unsigned n = 0;
    char *rest = NULL;

    (void)number;
    snprintf(words, sizeof(words), "%s", arg);
    for (char *word = strtok_r(words, " ", &rest);
         word != NULL && n < MAX_WORDS; word = strtok_r(NULL, " ", &rest)) {
        char *at = strchr(word, '@');

        argv[n] = word;
        if (at != NULL) {
            snprintf(disk_word, sizeof(disk_word), "%.*s%s", (int)(at - word),
                     word, scene->disk->device);
            argv[n] = disk_word;
        }
        n++;
    }
    argv[n] = NULL;
    answer->rc = program_run(argv, answer->text, sizeof(answer->text));
}
