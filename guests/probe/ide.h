/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two legacy ATA channels of a PC, with bus-master DMA if PCI has it. */
#ifndef PROBE_IDE_H
#define PROBE_IDE_H

#include "disk.h"

/* Flags of struct command. */
#define IDE_EXT 0x01                /* 48-bit: registers written twice */
#define IDE_MULTIPLE 0x02           /* IDE_MULTIPLE_SECTORS a data block */
#define IDE_SETS_COUNT 0x04         /* the count register is that number */

#define IDE_MULTIPLE_SECTORS 4      /* so that transfers need several blocks */

#define IDE_CHANNELS 2
#define IDE_UNITS 2

/* Task file, as offsets from ide_base() (ATA/ATAPI-7 volume 2, 5.3.7). */
#define IDE_REG_DATA 0
#define IDE_REG_ERROR 1             /* read */
#define IDE_REG_FEATURES 1          /* write */
#define IDE_REG_COUNT 2
#define IDE_REG_LBA_LOW 3
#define IDE_REG_LBA_MID 4
#define IDE_REG_LBA_HIGH 5
#define IDE_REG_DEVICE 6
#define IDE_REG_STATUS 7            /* read */
#define IDE_REG_COMMAND 7           /* write */

#define IDE_STATUS_BSY 0x80
#define IDE_STATUS_DF 0x20
#define IDE_STATUS_DRQ 0x08
#define IDE_STATUS_ERR 0x01

/* Commands that the driver itself uses. */
extern const struct command ide_set_multiple;
extern const struct command ide_identify;
extern const struct command ide_identify_packet;
extern const struct command ide_reader_pio;
extern const struct command ide_reader_multiple;
extern const struct command ide_reader_dma;
extern const struct command ide_reader_dma_ext;

extern const struct bus_driver ide_driver;

/*
 * Finds the disks on both channels and identifies them. Fills `disks` (room
 * for `room`) in the order ide0.0, ide0.1, ide1.0, ide1.1; returns how
 * many there are. Panics with `panic identify=<name>` if one does not answer.
 */
unsigned ide_find(struct disk *disks, unsigned room);

/* Sets up the controller; to be called before all below. */
void ide_start(void);

/* First port of the channel's task file. */
uint16_t ide_base(unsigned channel);

/* The status register, without taking an interrupt back. */
uint8_t ide_alternate_status(unsigned channel);

/* Selects the device that the next command is for. */
void ide_select(unsigned channel, unsigned unit);

/* Waits until the device is not busy; a limit reached is in the outcome. */
bool ide_wait_idle(unsigned channel, struct report_outcome *outcome);

/* Software reset of both devices on the channel (9.2). */
void ide_reset_channel(unsigned channel);

/* True if a device may be there; an absent one can be told by identifying. */
bool ide_answers(unsigned channel, unsigned unit);

/* True if the last aborted command left the signature of a packet device. */
bool ide_shows_packet(unsigned channel);

bool ide_has_bus_master(unsigned channel);

/* The driver's `issue` and `prepare` (disk.h). */
bool ide_issue(struct disk *disk, const struct transfer *transfer,
               struct report_outcome *outcome);
void ide_prepare(const struct transfer *transfer);

#endif
