/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probe knows of a disk and of a bus. A bus driver finds its disks
 * and carries out commands; which commands there are is a table of the bus,
 * and the order of things and the reporting are run.c's, the same for all.
 */
#ifndef PROBE_DISK_H
#define PROBE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define SECTOR_BYTES 512
#define MAX_TRANSFER 8              /* sectors in one command */
#define MAX_DISKS 4
#define MODEL_BYTES 40

/* Where a command of a table goes. */
enum place {
    AT_LBA,                         /* at command.lba */
    AT_LAST,                        /* at the last sectors of the disk */
};

/* Which way its data goes. */
enum flow { FLOW_NONE, FLOW_IN, FLOW_OUT };

/* One row of a bus's command table. */
struct command {
    uint8_t opcode;
    uint8_t class;                  /* enum report_class */
    uint8_t proto;                  /* enum report_proto */
    uint8_t flow;                   /* enum flow */
    uint8_t place;                  /* enum place */
    uint8_t sectors;                /* 0..MAX_TRANSFER */
    uint8_t feature;                /* bus: features register */
    uint8_t flags;                  /* bus: its own */
    uint32_t lba;
    const char *name;
};

struct disk;

/* One command on its way. `data` holds `sectors` sectors, 4 KiB aligned. */
struct transfer {
    const struct command *command;
    uint64_t lba;
    unsigned sectors;
    enum flow flow;                 /* FLOW_NONE: give the device no data */
    void *data;
};

struct bus_driver {
    /*
     * Carries out a command. Fills in the outcome as the device left it, and
     * leaves the device ready for the next one. True if all data moved and
     * the device reports no error. Each wait inside has a limit.
     */
    bool (*issue)(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome);

    /* Puts into `list` the data block that asks to trim one range. */
    void (*fill_trim)(void *list, uint64_t lba, unsigned sectors);

    const struct command *commands; /* in the order of their running */
    unsigned n_commands;
};

struct disk {
    const char *name;
    unsigned index;
    bool is_packet;                 /* ATAPI: reported, not driven */
    bool has_dma;
    uint64_t sectors;
    struct report_outcome identified;
    char model[MODEL_BYTES + 1];
    const struct bus_driver *driver;
    /* Two unlike commands that read any place: before, and after. */
    const struct command *readers[2];
    unsigned timeouts;              /* waits that reached their limit */
    unsigned channel;               /* bus: which controller port */
    unsigned unit;                  /* bus: which device on it */
};

#endif
