/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio block devices behind PCI. */
#ifndef PROBE_VIRTIO_BLK_H
#define PROBE_VIRTIO_BLK_H

#include "disk.h"

/*
 * Finds the virtio block devices of bus 0 in the order of their addresses.
 * Fills `disks` (room for `room`) and returns how many there are. Panics with
 * `panic identify=<name>` if one has no modern interface or does not answer.
 */
unsigned virtio_blk_find(struct disk *disks, unsigned room);

#endif
