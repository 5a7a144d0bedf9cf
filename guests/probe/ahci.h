/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ATA disks on the ports of AHCI controllers. */
#ifndef PROBE_AHCI_H
#define PROBE_AHCI_H

#include "disk.h"

/*
 * Finds the disks on all ports of all AHCI controllers of bus 0. Fills
 * `disks` (room for `room`) and returns how many there are. A disk's number
 * is its port's; the ports of a second controller count on from the first's.
 * Packet devices are found and not driven. Panics with
 * `panic identify=<name>` if a disk does not answer.
 */
unsigned ahci_find(struct disk *disks, unsigned room);

#endif
