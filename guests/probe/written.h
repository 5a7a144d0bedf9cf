/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places a run has written: what they held before, what they hold now. */
#ifndef PROBE_WRITTEN_H
#define PROBE_WRITTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

#define MAX_WRITTEN 48
#define MAX_BYTES (MAX_TRANSFER * SECTOR_BYTES)

struct written {
    struct command command;
    uint64_t lba;
    unsigned sectors;
    bool copies;                    /* what is at `source` */
    uint64_t source;
    const void *before;             /* what it held; NULL: not known */
    bool is_told;                   /* its line is out */
    unsigned told_sectors;          /* n= of its line */
    struct report_outcome outcome;  /* of the command */
    enum report_back back;
    bool has_crc;
    uint32_t crc;                   /* of the last reading */
};

/* Forgets all places: for the next disk. */
void written_reset(void);

/* Number of places, and the place `i` of them. */
unsigned written_count(void);
struct written *written_at(unsigned i);

/* True if any sector of the range is in a place already. */
bool written_overlaps(uint64_t lba, unsigned sectors);

/* Adds a place; the caller fills in the rest. Panics if there are too many. */
struct written *written_add(const struct command *command, uint64_t lba,
                            unsigned sectors);

/* The 4 KiB aligned room for what the place held before its write. */
void *written_before(const struct written *place);

/*
 * Judges `data`, read from the place, against `payload` (NULL after a trim,
 * which has none) and against what it held before, in this order: same, new, old,
 * zero, other; and keeps the answer and the data's CRC. `data` NULL: none.
 */
void written_judge(struct written *place, const void *data,
                   const void *payload);

#endif
