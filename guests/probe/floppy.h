/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two drives of a PC's floppy disk controller. */
#ifndef PROBE_FLOPPY_H
#define PROBE_FLOPPY_H

#include "disk.h"

/* Flags of struct command. */
#define FLOPPY_NON_DMA 0x01         /* the processor moves the data */
#define FLOPPY_FORMATS 0x02         /* its data are sector addresses */
#define FLOPPY_SECTORS 0x04         /* has an address and a count of sectors */

#define FLOPPY_TRACK_SECTORS 18     /* of 1.44 MB, the only kind driven */

#define FLOPPY_COMMANDS 24
extern const struct command floppy_commands[];
extern const struct command floppy_reader;
extern const struct command floppy_reader_unskipping;

/*
 * Finds the drives that the CMOS memory tells of. Fills `disks` (room for
 * `room`) and returns how many there are; those of other than 1.44 MB
 * are not driven. Panics with `panic identify=<name>` if the controller does
 * not answer.
 */
unsigned floppy_find(struct disk *disks, unsigned room);

#endif
