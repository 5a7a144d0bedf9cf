/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that behave like guests: what a system does to a disk with its own
 * file systems and programs. A scenario is a list of steps; each is tried and
 * told, none is judged:
 *
 *   fs <disk> scenario=<name> step=<name> rc=<n> errno=<n> text="..."
 *   kmsg text="..."
 *   end-fs <disk> scenario=<name> steps=<n>
 *
 * rc is what the system call returned, or the exit status of a program; errno
 * is 0 unless rc is -1 by a system call. A step whose mount or open failed is
 * not tried: rc=-1 errno=0 text="not tried".
 */
#ifndef AGENT_FS_H
#define AGENT_FS_H

#include <stdbool.h>

#include "place.h"

#define FS_NONCE_BYTES 16           /* hexadecimal digits */

/*
 * Runs the scenario on the disk; the text `nonce` goes into what is written.
 * False if there is no scenario of that name.
 */
bool fs_run(const struct block *disk, const char *scenario,
            const char *nonce);

/* Sends a line `scenario <name>` for each. */
void fs_list(void);

#endif
