/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places of disks: from where sysfs has a device to the name that the report
 * gives it, "lsi0.3".
 */
#ifndef AGENT_PLACE_H
#define AGENT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define PLACE_NAME_BYTES 32

struct place {
    char name[PLACE_NAME_BYTES];    /* as in the report */
};

/*
 * Finds the place of the device whose sysfs folder is, with links resolved,
 * `path`; it goes by the controllers' PCI identities, never by the order in
 * which the kernel found the disks. False for what is on no known bus.
 */
bool place_of(const char *path, struct place *place);

/* A disk as the kernel's block layer has it. */
struct block {
    struct place place;
    char device[64];                /* "/dev/sda" */
    unsigned long long sectors;     /* of 512 bytes */
};

/* Finds up to `room` whole disks, sorted by name; returns their number. */
unsigned block_find(struct block *blocks, unsigned room);

/* Finds the disk with the report's name `name`. */
bool block_by_name(const char *name, struct block *block);

#endif
