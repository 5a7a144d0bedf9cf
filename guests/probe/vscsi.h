/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCSI disks and CD drives on virtio-scsi controllers (VIRTIO 1.0, 5.6). */
#ifndef PROBE_VSCSI_H
#define PROBE_VSCSI_H

#include "disk.h"

#define VSCSI_CONTROLLERS 4
#define VSCSI_TARGETS 64            /* of each, and unit 0 of each target */

/*
 * Finds the units behind the first VSCSI_CONTROLLERS controllers and
 * identifies them. Fills `disks` in the order of controller and target,
 * named vscsi<controller>.<target>; returns how many there are. Panics if
 * there are more than `room`.
 */
unsigned vscsi_find(struct disk *disks, unsigned room);

#endif
