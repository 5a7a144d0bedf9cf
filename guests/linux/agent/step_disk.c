/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps on the disk itself, through the kernel's block layer. */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define PIECE_BYTES 4096
#define PIECE_SECTORS (PIECE_BYTES / SECTOR_BYTES)

static char data[PIECE_BYTES] __attribute__((aligned(4096)));

static void take(struct answer *answer, long rc)
{
    answer->rc = (int)rc;
    answer->error = rc < 0 ? errno : 0;
    if (rc < 0) {
        snprintf(answer->text, sizeof(answer->text), "%s",
                 strerror(answer->error));
    }
}

/* Fills the buffer with the nonce, over and over. */
static void fill(const char *nonce)
{
    size_t length = strlen(nonce);

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = nonce[i % length];
    }
}

void step_open(struct scene *scene, const char *arg, unsigned long number,
               struct answer *answer)
{
    (void)arg;
    scene->fd = open(scene->disk->device, (int)number | O_CLOEXEC);
    take(answer, scene->fd < 0 ? -1 : 0);
}

void step_close(struct scene *scene, const char *arg, unsigned long number,
                struct answer *answer)
{
    (void)arg;
    (void)number;
    take(answer, close(scene->fd));
    scene->fd = -1;
}

void step_write(struct scene *scene, const char *arg, unsigned long number,
                struct answer *answer)
{
    (void)arg;
    fill(scene->nonce);
    take(answer,
         pwrite(scene->fd, data, sizeof(data), (off_t)number * SECTOR_BYTES));
}

void step_read(struct scene *scene, const char *arg, unsigned long number,
               struct answer *answer)
{
    static char found[PIECE_BYTES] __attribute__((aligned(4096)));
    static const char zeros[PIECE_BYTES];
    ssize_t n;

    (void)arg;
    n = pread(scene->fd, found, sizeof(found), (off_t)number * SECTOR_BYTES);
    take(answer, n);
    if (n == PIECE_BYTES) {
        fill(scene->nonce);
        strcpy(answer->text, memcmp(found, data, sizeof(found)) == 0 ? "new"
                             : memcmp(found, zeros, sizeof(found)) == 0
                                 ? "zero"
                                 : "old");
    }
}

static void ask_range(struct scene *scene, unsigned long request,
                      unsigned long sector, struct answer *answer)
{
    uint64_t range[2] = {sector * SECTOR_BYTES, PIECE_BYTES};

    take(answer, ioctl(scene->fd, request, range));
}

void step_discard(struct scene *scene, const char *arg, unsigned long number,
                  struct answer *answer)
{
    (void)arg;
    ask_range(scene, BLKDISCARD, number, answer);
}

void step_zero(struct scene *scene, const char *arg, unsigned long number,
               struct answer *answer)
{
    (void)arg;
    ask_range(scene, BLKZEROOUT, number, answer);
}

void step_stream(struct scene *scene, const char *arg, unsigned long number,
                 struct answer *answer)
{
    uint64_t pieces = scene->disk->sectors / PIECE_SECTORS;

    (void)arg;
    fill(scene->nonce);
    for (uint64_t i = number; pieces > 0; i++) {
        /* A refusal is no reason to stop: the next may get through. */
        take(answer, pwrite(scene->fd, data, sizeof(data),
                            (off_t)(i % pieces) * PIECE_BYTES));
    }
}
