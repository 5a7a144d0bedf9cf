/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe controllers behind PCI: the first namespace of each. */
#ifndef PROBE_NVME_H
#define PROBE_NVME_H

#include "disk.h"

/* Flags of struct command. */
#define NVME_ADMIN 0x01             /* goes to the admin queue */
#define NVME_RANGE 0x02             /* its data is a range to deallocate */
#define NVME_SOURCE 0x04            /* its data is a range to copy from */
#define NVME_COMPARES 0x08          /* what is there goes along */
#define NVME_BLOCKS 0x10            /* has an LBA and a count of blocks */
#define NVME_HIGH_FEATURE 0x20      /* `feature` is bits 24..31 of word 12 */

#define NVME_COMMANDS 25
extern const struct command nvme_commands[];
extern const struct command nvme_identify;
extern const struct command nvme_identify_controller;
extern const struct command nvme_reader;

/*
 * Finds the first namespaces of the NVMe controllers of bus 0 in the order of
 * their addresses. Fills `disks` (room for `room`) and returns how many there
 * are. Panics with `panic identify=<name>` if one does not answer or has
 * blocks of other than 512 bytes.
 */
unsigned nvme_find(struct disk *disks, unsigned room);

#endif
