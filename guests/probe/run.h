/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a bus's command table on one disk and reports each command. */
#ifndef PROBE_RUN_H
#define PROBE_RUN_H

#include <stdbool.h>

#include "disk.h"
#include "options.h"

/*
 * Reports the disk, then runs its driver's table in order: what does not fit
 * on the disk, what needs DMA where there is none, and writes onto a place
 * written before are left out. A written place is read before and after its
 * write, and once more at the end. False if the disk stopped answering.
 */
bool run_disk(struct disk *disk, const struct options *options);

/* True if any driver's table in `disks` has the opcode `options->only`. */
bool run_knows_only(const struct disk *disks, unsigned n,
                    const struct options *options);

#endif
