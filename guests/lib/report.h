/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of the guests: one line for the run, one for each disk, one for
 * each command, and `end` only if all of it was done. Nothing here knows a bus
 * or a machine; a guest that cannot go on ends in `panic`.
 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/* What a command does, seen from the disk's content. */
enum report_class {
    REPORT_IDENTIFY,
    REPORT_SETUP,
    REPORT_READ,
    REPORT_VERIFY,
    REPORT_WRITE,
    REPORT_TRIM,
    REPORT_ABSENT,                  /* writes that the device should lack */
    REPORT_FLUSH,
    REPORT_RECHECK,                 /* a written place, read once more */
};

#define REPORT_SENSE_BYTES 3

/* How a command moves its data. */
enum report_proto { REPORT_NONE, REPORT_PIO, REPORT_DMA, REPORT_NCQ };

/* What was found where a write should have gone. */
enum report_back {
    REPORT_BACK_UNSAID,             /* the line has no back= */
    REPORT_BACK_NEW,
    REPORT_BACK_OLD,
    REPORT_BACK_SAME,               /* new and old are the same bytes */
    REPORT_BACK_ZERO,
    REPORT_BACK_OTHER,
    REPORT_BACK_NONE,               /* it could not be read */
};

/*
 * How the device answered, raw. What the registers are depends on the kind of
 * the disk:
 *
 *   kind           status             error            sense
 *   ata            status             error            -
 *   atapi          status             error            key, asc, ascq
 *   scsi, scsi-cd  SCSI status        transport        key, asc, ascq
 *   virtio         status byte        -                -
 *   nvme           SCT << 8 | SC      -                -
 *   floppy         ST0                ST1              ST2
 */
struct report_outcome {
    uint16_t status;
    uint8_t error;
    uint8_t bus_master;
    bool has_bus_master;
    bool timed_out;
    uint8_t sense_bytes;            /* 0: the line has no sense= */
    uint8_t sense[REPORT_SENSE_BYTES];
};

struct report_disk {
    const char *name;               /* "ide0.0": bus and place on it */
    unsigned index;
    const char *kind;               /* a word of the table above */
    uint64_t sectors;               /* of 512 bytes */
    struct report_outcome outcome;  /* of the identification */
    const char *model;              /* from the device: untrusted */
};

struct report_command {
    const char *disk_name;
    uint8_t opcode;
    enum report_class class;
    enum report_proto proto;
    uint64_t lba;
    unsigned sectors;
    bool copies;                    /* the line has src= */
    uint64_t source;                /* first sector of what is copied */
    struct report_outcome outcome;
    enum report_back back;
    bool has_crc;
    uint32_t crc;
    const char *name;
};

/* `rogate-probe 2 nonce=... writes=...`; starts a report. */
void report_start(const struct options *options);

/* `disk ...` */
void report_disk(const struct report_disk *disk);

/* `cmd ...`, counted for the end line. */
void report_command(const struct report_command *command);

/* `end ...`: all of it was done. */
void report_end(void);

/* `panic <text>`, then gives up (console.h). */
_Noreturn void report_panic(const char *text);

/*
 * `panic <key><text>` likewise; `key` ends in "=", and of the text, which may
 * come from outside, at most `length` and at most 64 bytes are shown.
 */
_Noreturn void report_panic_about(const char *key, const char *text,
                                  size_t length);

#endif
