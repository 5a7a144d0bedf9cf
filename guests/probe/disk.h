/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probe knows of a disk and of a bus. A bus driver finds its disks
 * and carries out commands; which commands there are is a table of the bus,
 * and the order of things and the reporting are run.c's, the same for all.
 * Nothing here, in run.c, written.c, payload.c or disk.c is of bare metal:
 * a program of a 64-bit system drives its disks through the same.
 */
#ifndef PROBE_DISK_H
#define PROBE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define SECTOR_BYTES 512            /* whatever the device's own block is */
#define MAX_TRANSFER 8              /* sectors in one command of a table */
#define MAX_READ 128                /* sectors in one command of a reader */
#define MAX_DISKS 96
#define NAME_BYTES 16
#define MODEL_BYTES 40

/* Where a command of a table goes. */
enum place {
    AT_LBA,                         /* at command.lba */
    AT_LAST,                        /* at the last sectors of the disk */
    AT_LBA_COPY,                    /* at command.lba, where it copies what
                                       is at command.feature: only if that
                                       has been written */
    AT_LBA_WIDE,                    /* at command.lba, and command.feature
                                       sectors wide, which may be more than
                                       the command.sectors read back */
    AT_ALL,                         /* the whole disk: only if the options
                                       have it, and after all else; the first
                                       command.sectors are read back */
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
    uint8_t feature;                /* bus: features register; AT_LBA_COPY:
                                       first sector to copy from; AT_LBA_WIDE:
                                       number of sectors */
    uint8_t flags;                  /* bus: its own */
    uint32_t lba;
    const char *name;
};

struct disk;

/*
 * One command on its way. `data` is 4 KiB aligned and has room for
 * MAX_TRANSFER sectors, whatever the command moves. Of more than that, which
 * only readers are asked for, it is 64 KiB aligned.
 */
struct transfer {
    const struct command *command;
    uint64_t lba;
    unsigned sectors;
    uint64_t source;                /* AT_LBA_COPY: where from */
    enum flow flow;
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

    /*
     * Called before a command that sends data, with the payload in `data`:
     * puts there instead what the command takes if that is no payload, such
     * as a list of ranges. NULL if there is no such command.
     */
    void (*prepare)(const struct transfer *transfer);

    /*
     * False if the device itself says that it does not have the command: then
     * a write is run as one of REPORT_ABSENT, and any other row is left out.
     * NULL: it has all.
     */
    bool (*offers)(const struct disk *disk, const struct command *command);

    const struct command *commands; /* in the order of their running */
    unsigned n_commands;

    /* Most sectors that its disks' readers move at once; 0: MAX_TRANSFER. */
    unsigned most_read;

    /* What a good end of a command looks like; bus master: of DMA only. */
    struct report_outcome good;
};

struct disk {
    char name[NAME_BYTES];
    const char *kind;               /* report.h */
    unsigned index;                 /* unique in the machine */
    bool has_dma;                   /* rows of REPORT_DMA can run */
    bool has_ncq;                   /* rows of REPORT_NCQ can */
    uint64_t sectors;
    struct report_outcome identified;
    char model[MODEL_BYTES + 1];
    const struct bus_driver *driver;    /* NULL: reported, not driven */
    /* Two unlike commands that read any place: before, and after. */
    const struct command *readers[2];
    unsigned timeouts;              /* waits that reached their limit */
    unsigned channel;               /* bus: which controller or port */
    unsigned unit;                  /* bus: which device on it */
    void *bus;                      /* bus: its own */
};

/* Names a disk: the prefix, and a number after it; or two with a dot. */
void disk_set_name(struct disk *disk, const char *prefix, unsigned number);
void disk_set_name_of_two(struct disk *disk, const char *prefix,
                          unsigned first, unsigned second);

/*
 * Copies at most MODEL_BYTES bytes of a model from a device, up to a NUL, and
 * drops the spaces at its end.
 */
void disk_set_model(struct disk *disk, const void *text, unsigned bytes);

/*
 * Clears the next disk of a finder that has found `*n` and has room for
 * `room`, and counts it. Panics with `panic disks` if there is no room.
 */
struct disk *disk_add(struct disk *disks, unsigned *n, unsigned room);

#endif
