/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single things that scenarios are made of. */
#ifndef AGENT_STEP_H
#define AGENT_STEP_H

#include <stdbool.h>

#include "fs.h"

/* What is at hand while a scenario runs. */
struct scene {
    const struct block *disk;
    const char *nonce;
    bool mounted;
    int fd;                         /* of the disk or of a file, -1: none */
};

struct answer {
    int rc;
    int error;                      /* errno, 0: none */
    char text[256];
};

/*
 * One step. `arg` and `number` are the step's own; on a failure rc is -1 and
 * error is set, and the text may say more.
 */
typedef void step_function(struct scene *scene, const char *arg,
                           unsigned long number, struct answer *answer);

/* Mounts the disk on /mnt: `arg` is "type options", number the MS_ flags. */
step_function step_mount;
step_function step_unmount;

/* Reads the file `arg` below /mnt; the text shows how it starts. */
step_function step_read_file;

/* Makes the file `arg` below /mnt, holding the nonce, and keeps it open. */
step_function step_write_file;

/* Opens the disk itself with the flags `number`, and closes what is open. */
step_function step_open;
step_function step_close;
step_function step_fsync;

/* Writes 4 KiB of nonces at sector `number` of the open disk. */
step_function step_write;

/* Reads 4 KiB there: the text says "new" (the nonces), "zero" or "old". */
step_function step_read;

/* Asks for 8 sectors from `number` on to be discarded, or zeroed. */
step_function step_discard;
step_function step_zero;

/* Writes on and on, a sector after the other, until the machine ends. */
step_function step_stream;

/* Swapping onto the disk, with the flags `number`. */
step_function step_swap_on;
step_function step_swap_off;

/* Starts the disk as the one half of a RAID 1 that it is by its header. */
step_function step_md_start;
step_function step_md_stop;

/* Writes 4 KiB to the array at its sector `number`. */
step_function step_md_write;

/* Runs the program of the words in `arg`, "@" standing for the disk. */
step_function step_program;

#endif
