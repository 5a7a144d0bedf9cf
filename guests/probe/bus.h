/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buses that the bare-metal probe drives. */
#ifndef PROBE_BUS_H
#define PROBE_BUS_H

#include "disk.h"
#include "options.h"

/*
 * Finds the disks of all buses that the options name, or of all there are.
 * Fills `disks` (room for `room`) and returns how many there are. Those on
 * the legacy IDE channels have the numbers 0..3 of their places, all others
 * 4, 5, ... in the order of finding. Panics with `panic bus=<name>` on a bus
 * that the probe does not know.
 */
unsigned bus_find_all(const struct options *options, struct disk *disks,
                      unsigned room);

#endif
