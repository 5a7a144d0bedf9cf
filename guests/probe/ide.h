/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two legacy ATA channels of a PC, with bus-master DMA if PCI has it. */
#ifndef PROBE_IDE_H
#define PROBE_IDE_H

#include "disk.h"

#define IDE_CHANNELS 2
#define IDE_UNITS 2

/* Task file, as offsets from the channel's command block (5.3.7). */
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

extern const struct bus_driver ide_driver;

/*
 * Finds the disks on both channels and identifies them. Fills `disks` (room
 * for `room`) in the order ide0.0, ide0.1, ide1.0, ide1.1; returns how
 * many there are. Panics with `panic identify=<name>` if one does not answer.
 */
unsigned ide_find(struct disk *disks, unsigned room);

/* Sets up the controller; to be called before all below. */
void ide_start(void);

/* True if a device may be there; an absent one can be told by identifying. */
bool ide_answers(unsigned channel, unsigned unit);

/* True if the last aborted command left the signature of a packet device. */
bool ide_shows_packet(unsigned channel);

bool ide_has_bus_master(unsigned channel);

/* First port of the channel's command block. */
uint16_t ide_base(unsigned channel);

/* The status register, without taking back an interrupt. */
uint8_t ide_alternate_status(unsigned channel);

/* Makes the registers those of a device; the channel must be idle. */
void ide_select(unsigned channel, unsigned unit);

/*
 * Waits until the channel is not busy; false after 2 s, which is then in the
 * outcome.
 */
bool ide_wait_idle(unsigned channel, struct report_outcome *outcome);

/* Software reset of both devices on the channel. */
void ide_reset_channel(unsigned channel);

#endif
