/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI disks and CD drives under Linux, whatever their bus, through SG_IO on
 * /dev/sgN: the kernel carries raw commands to the device, and none of its
 * own read-only courtesy stands between (Linux: drivers/scsi/sg.c, and
 * Documentation/scsi/scsi-generic.rst).
 */
#ifndef AGENT_SG_H
#define AGENT_SG_H

#include "disk.h"

/*
 * Finds the units that scsi_generic shows on the controllers of sg_name.h and
 * identifies them; those of libata and of unknown controllers are passed over.
 * Fills `disks` in the order of their names (numbers by value); the index is
 * the caller's. Returns how many there are; panics if there are more than
 * `room` (at most MAX_DISKS). Calling it again closes what it opened before:
 * older answers are void.
 */
unsigned sg_find(struct disk *disks, unsigned room);

#endif
