/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI disks and CD drives behind any transport: a command set in tables, and
 * how their rows become command descriptor blocks (CDB). Nothing of a
 * transport is known here, nor of the machine: the same serves on bare metal
 * and in a program of a 64-bit system. References are to SPC-4, SBC-3, MMC-5.
 */
#ifndef PROBE_SCSI_H
#define PROBE_SCSI_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

#define SCSI_MAX_CDB 16
#define SCSI_SENSE_BYTES 18         /* fixed format, without additions */
#define SCSI_INQUIRY_BYTES 36       /* the standard data */

#define SCSI_BLOCK_DISK 512         /* the only block sizes driven */
#define SCSI_BLOCK_CD 2048

/* Flags of struct command. `feature` is byte 1 of the CDB. */
#define SCSI_NO_PLACE 0x01          /* the CDB has no LBA and no block count */
#define SCSI_ASKS 0x02              /* data about the unit comes in */
#define SCSI_GIVES_BACK 0x04        /* the same goes out, unchanged */
#define SCSI_ZEROES 0x08            /* the payload is zeros */
#define SCSI_COUNTS_BYTES 0x10      /* the CDB's count is bytes of data */
#define SCSI_COMPARES 0x20          /* what is there goes first */

/* One command on its way to a unit, and what became of it. */
struct scsi_request {
    uint8_t cdb[SCSI_MAX_CDB];
    unsigned cdb_bytes;             /* 6, 10, 12 or 16 */
    enum flow flow;
    void *data;                     /* aligned to 4 */
    uint32_t bytes;                 /* 0 if there is no flow */
    /* The answer: all zero before. */
    struct report_outcome outcome;  /* raw, as report.h tells for the kind */
    bool ok;                        /* the device reports no error */
};

struct scsi_unit;

/*
 * Carries `request` to the unit and fills in the answer; leaves the unit
 * ready for the next command. Each wait inside has a limit.
 */
typedef void scsi_execute(struct scsi_unit *unit,
                          struct scsi_request *request);

/* A logical unit; struct disk's `bus` points to it. */
struct scsi_unit {
    scsi_execute *execute;
    void *controller;               /* transport: its own */
    unsigned target;                /* transport: its own */
    uint32_t block_bytes;           /* from READ CAPACITY */
};

/* Drivers for disks, for CD drives, and for CD drives by PIO (ATAPI). */
extern const struct bus_driver scsi_driver;
extern const struct bus_driver scsi_cd_driver;
extern const struct bus_driver scsi_packet_driver;

/* Their readers (struct disk's): each two of a kind are unlike commands. */
extern const struct command scsi_reader_10;
extern const struct command scsi_reader_12;
extern const struct command scsi_reader_16;
extern const struct command scsi_packet_reader_10;
extern const struct command scsi_packet_reader_12;

/* Makes `request` INQUIRY into `data` of SCSI_INQUIRY_BYTES. */
void scsi_make_inquiry(struct scsi_request *request, void *data);

/* True if the INQUIRY data tells of a disk or a CD drive. */
bool scsi_is_driven(const uint8_t *inquiry);

/*
 * Identifies the unit `disk->bus` by `request`, which was an INQUIRY that
 * succeeded (scsi_make_inquiry): clears unit attentions, asks for the size,
 * and fills in the disk's kind, size, model, driver, readers and identified.
 * The driver stays NULL without a medium or if blocks have another size.
 */
void scsi_identify(struct disk *disk, const struct scsi_request *request);

/*
 * Takes key, code and qualifier from `bytes` bytes of sense data, of either
 * format (SPC-4, 4.5). Nothing is taken if it is neither.
 */
void scsi_take_sense(struct report_outcome *outcome, const uint8_t *sense,
                     unsigned bytes);

/* The drivers' `issue` and `prepare` (disk.h). */
bool scsi_issue(struct disk *disk, const struct transfer *transfer,
                struct report_outcome *outcome);
void scsi_prepare(const struct transfer *transfer);

#endif
