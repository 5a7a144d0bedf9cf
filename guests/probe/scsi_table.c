/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SCSI commands the probe runs, in this order (SPC-4, SBC-3, MMC-5). As in
 * ide_table.c every write has a slot of its own, and those whose place
 * matters follow. Places are in sectors of 512 bytes on CDs, too.
 *
 * WRITE SAME repeats one block, and each payload tells the place it is for:
 * so it writes one block of payload, or several of zeros.
 *
 * Left out: commands of 32 bytes (READ, WRITE, WRITE SAME (32)), as not all
 * transports carry them; SYNCHRONIZE CACHE (16), which QEMU lacks
 * and which must not count as a flush that is refused.
 */
#include "scsi.h"

#define SLOT(k) (16 + 8 * (k))
#define ABSENT(k) (144 + 8 * (k))
#define TRIMMED(k) (216 + 8 * (k))
#define AT_64_KIB (128 - 4)
#define AT_2_MIB (4096 - 4)

/* Byte 1 of CDBs. */
#define FUA 0x08                    /* WRITE: past the caches */
#define UNMAP_BIT 0x08              /* WRITE SAME: deallocate */
#define DISABLE_BLOCKS 0x08         /* MODE SENSE: no block descriptors */
#define PAGE_FORMAT 0x10            /* MODE SELECT: pages as in SPC */
#define READ_CAPACITY_16 0x10       /* service actions */
#define WRITE_LONG_16 0x11
#define SANITIZE_BLOCK_ERASE 0x02
#define BUFFER_DATA 0x02            /* WRITE BUFFER: nothing but its buffer */

/* Shorthand for the rows; the columns are struct command's. */
#define IDENTIFY REPORT_IDENTIFY, REPORT_DMA, FLOW_NONE, AT_LBA, 0
#define TEST REPORT_IDENTIFY, REPORT_NONE, FLOW_NONE, AT_LBA, 0
#define SETUP REPORT_SETUP, REPORT_DMA, FLOW_NONE, AT_LBA, 0
#define READ REPORT_READ, REPORT_DMA, FLOW_IN
#define READ_PIO REPORT_READ, REPORT_PIO, FLOW_IN
#define VERIFY REPORT_VERIFY, REPORT_NONE, FLOW_NONE
#define WRITE REPORT_WRITE, REPORT_DMA, FLOW_OUT
#define TRIM REPORT_TRIM, REPORT_DMA, FLOW_OUT
#define ABSENT_NONE REPORT_ABSENT, REPORT_NONE, FLOW_NONE
#define ABSENT_OUT REPORT_ABSENT, REPORT_DMA, FLOW_OUT
#define FLUSH REPORT_FLUSH, REPORT_NONE, FLOW_NONE, AT_LBA, 0

#define ASKS (SCSI_ASKS | SCSI_NO_PLACE)
#define GIVES (SCSI_GIVES_BACK | SCSI_NO_PLACE)
#define BYTES SCSI_COUNTS_BYTES

const struct command scsi_reader_10 = {
    0x28, READ, AT_LBA, 8, 0, 0, 0, "READ_10"
};
const struct command scsi_reader_12 = {
    0xa8, READ, AT_LBA, 8, 0, 0, 0, "READ_12"
};
const struct command scsi_packet_reader_10 = {
    0x28, READ_PIO, AT_LBA, 8, 0, 0, 0, "READ_10"
};
const struct command scsi_packet_reader_12 = {
    0xa8, READ_PIO, AT_LBA, 8, 0, 0, 0, "READ_12"
};
const struct command scsi_reader_16 = {
    0x88, READ, AT_LBA, 8, 0, 0, 0, "READ_16"
};

static const struct command disk_commands[] = {
    { 0x12, IDENTIFY, 0, ASKS, 0, "INQUIRY" },
    { 0x00, TEST, 0, SCSI_NO_PLACE, 0, "TEST_UNIT_READY" },
    { 0x25, IDENTIFY, 0, ASKS, 0, "READ_CAPACITY_10" },
    { 0x9e, IDENTIFY, READ_CAPACITY_16, ASKS, 0, "READ_CAPACITY_16" },
    { 0xa0, IDENTIFY, 0, ASKS, 0, "REPORT_LUNS" },
    { 0x1a, IDENTIFY, DISABLE_BLOCKS, ASKS, 0, "MODE_SENSE_6" },
    { 0x5a, IDENTIFY, DISABLE_BLOCKS, ASKS, 0, "MODE_SENSE_10" },
    { 0x03, IDENTIFY, 0, ASKS, 0, "REQUEST_SENSE" },
    { 0x15, SETUP, PAGE_FORMAT, GIVES, 0, "MODE_SELECT_6" },
    { 0x55, SETUP, PAGE_FORMAT, GIVES, 0, "MODE_SELECT_10" },

    { 0x08, READ, AT_LBA, 1, 0, 0, 0, "READ_6" },
    { 0x28, READ, AT_LBA, 8, 0, 0, AT_64_KIB, "READ_10" },
    { 0x28, READ, AT_LBA, 2, FUA, 0, 8, "READ_10_FUA" },
    { 0xa8, READ, AT_LBA, 6, 0, 0, AT_2_MIB, "READ_12" },
    { 0x88, READ, AT_LAST, 3, 0, 0, 0, "READ_16" },

    { 0x2f, VERIFY, AT_LBA, 8, 0, 0, 0, "VERIFY_10" },
    { 0x8f, VERIFY, AT_LAST, 8, 0, 0, 0, "VERIFY_16" },

    { 0x0a, WRITE, AT_LBA, 1, 0, 0, SLOT(0), "WRITE_6" },
    { 0x2a, WRITE, AT_LBA, 8, 0, 0, SLOT(1), "WRITE_10" },
    { 0xaa, WRITE, AT_LBA, 3, 0, 0, SLOT(2), "WRITE_12" },
    { 0x8a, WRITE, AT_LBA, 5, 0, 0, SLOT(3), "WRITE_16" },
    { 0x2e, WRITE, AT_LBA, 2, 0, 0, SLOT(4), "WRITE_AND_VERIFY_10" },
    { 0xae, WRITE, AT_LBA, 4, 0, 0, SLOT(5), "WRITE_AND_VERIFY_12" },
    { 0x8e, WRITE, AT_LBA, 6, 0, 0, SLOT(6), "WRITE_AND_VERIFY_16" },
    { 0x41, WRITE, AT_LBA, 1, 0, 0, SLOT(7), "WRITE_SAME_10" },
    { 0x93, WRITE, AT_LBA, 1, 0, 0, SLOT(8), "WRITE_SAME_16" },
    { 0x2a, WRITE, AT_LBA, 7, FUA, 0, SLOT(9), "WRITE_10_FUA" },
    { 0x8a, WRITE, AT_LBA, 1, FUA, 0, SLOT(10), "WRITE_16_FUA" },
    { 0x0a, WRITE, AT_LBA, 1, 0, 0, 0, "WRITE_6" },
    { 0x2a, WRITE, AT_LBA, 8, 0, 0, AT_64_KIB, "WRITE_10" },
    { 0x8a, WRITE, AT_LBA, 8, 0, 0, AT_2_MIB, "WRITE_16" },
    { 0xaa, WRITE, AT_LAST, 1, 0, 0, 0, "WRITE_12" },

    { 0x42, TRIM, AT_LBA, 8, 0, BYTES, TRIMMED(0), "UNMAP" },
    { 0x41, TRIM, AT_LBA, 8, UNMAP_BIT, SCSI_ZEROES, TRIMMED(1),
      "WRITE_SAME_10_UNMAP" },
    { 0x93, TRIM, AT_LBA, 8, UNMAP_BIT, SCSI_ZEROES, TRIMMED(2),
      "WRITE_SAME_16_UNMAP" },
    { 0x41, TRIM, AT_LBA, 6, 0, SCSI_ZEROES, TRIMMED(3),
      "WRITE_SAME_10_ZEROES" },
    { 0x93, TRIM, AT_LBA, 5, 0, SCSI_ZEROES, TRIMMED(4),
      "WRITE_SAME_16_ZEROES" },

    { 0x89, ABSENT_OUT, AT_LBA, 1, 0, SCSI_COMPARES, ABSENT(0),
      "COMPARE_AND_WRITE" },
    { 0x3f, ABSENT_OUT, AT_LBA, 1, 0, BYTES, ABSENT(1), "WRITE_LONG_10" },
    { 0x9f, ABSENT_OUT, AT_LBA, 1, WRITE_LONG_16, BYTES, ABSENT(2),
      "WRITE_LONG_16" },
    { 0x3b, ABSENT_OUT, AT_LBA, 1, BUFFER_DATA, SCSI_NO_PLACE | BYTES,
      ABSENT(3), "WRITE_BUFFER" },
    /* Without a list of what to copy: tells whether the command is there. */
    { 0x83, ABSENT_NONE, AT_LBA, 1, 0, SCSI_NO_PLACE, ABSENT(4),
      "EXTENDED_COPY" },
    { 0x8b, ABSENT_OUT, AT_LBA, 1, 0, 0, ABSENT(5), "ORWRITE_16" },
    { 0x9c, ABSENT_OUT, AT_LBA, 1, 0, 0, ABSENT(6), "WRITE_ATOMIC_16" },
    { 0x48, ABSENT_NONE, AT_LBA, 1, SANITIZE_BLOCK_ERASE, SCSI_NO_PLACE,
      ABSENT(7), "SANITIZE" },

    { 0x35, FLUSH, 0, 0, 0, "SYNCHRONIZE_CACHE_10" },

    /* Last: a disk that really does it has no places left to compare. */
    { 0x04, ABSENT_NONE, AT_LBA, 1, 0, SCSI_NO_PLACE, ABSENT(8),
      "FORMAT_UNIT" },
};

/*
 * A CD's places are whole blocks of its own: multiples of four. `P` is how
 * the bus moves data.
 */
#define CD_IDENTIFY(P) REPORT_IDENTIFY, P, FLOW_NONE, AT_LBA, 0
#define CD_READ(P) REPORT_READ, P, FLOW_IN
#define CD_ABSENT(P) REPORT_ABSENT, P, FLOW_OUT
#define CD_COMMANDS(P) \
    { 0x12, CD_IDENTIFY(P), 0, ASKS, 0, "INQUIRY" }, \
    { 0x00, TEST, 0, SCSI_NO_PLACE, 0, "TEST_UNIT_READY" }, \
    { 0x25, CD_IDENTIFY(P), 0, ASKS, 0, "READ_CAPACITY_10" }, \
    { 0x5a, CD_IDENTIFY(P), DISABLE_BLOCKS, ASKS, 0, "MODE_SENSE_10" }, \
    { 0x03, CD_IDENTIFY(P), 0, ASKS, 0, "REQUEST_SENSE" }, \
    { 0x28, CD_READ(P), AT_LBA, 4, 0, 0, 0, "READ_10" }, \
    { 0x28, CD_READ(P), AT_LBA, 8, 0, 0, AT_64_KIB, "READ_10" }, \
    { 0xa8, CD_READ(P), AT_LBA, 8, 0, 0, AT_2_MIB, "READ_12" }, \
    { 0xa8, CD_READ(P), AT_LAST, 4, 0, 0, 0, "READ_12" }, \
    { 0x2a, CD_ABSENT(P), AT_LBA, 4, 0, 0, SLOT(0), "WRITE_10" }, \
    { 0xaa, CD_ABSENT(P), AT_LBA, 4, 0, 0, SLOT(1), "WRITE_12" }, \
    { 0x2e, CD_ABSENT(P), AT_LBA, 8, 0, 0, SLOT(2), "WRITE_AND_VERIFY_10" }

static const struct command cd_commands[] = { CD_COMMANDS(REPORT_DMA) };
static const struct command packet_commands[] = { CD_COMMANDS(REPORT_PIO) };

const struct bus_driver scsi_driver = {
    .issue = scsi_issue,
    .prepare = scsi_prepare,
    .commands = disk_commands,
    .n_commands = sizeof(disk_commands) / sizeof(disk_commands[0]),
    .most_read = MAX_READ,
};

const struct bus_driver scsi_cd_driver = {
    .issue = scsi_issue,
    .prepare = scsi_prepare,
    .commands = cd_commands,
    .n_commands = sizeof(cd_commands) / sizeof(cd_commands[0]),
};

const struct bus_driver scsi_packet_driver = {
    .issue = scsi_issue,
    .prepare = scsi_prepare,
    .commands = packet_commands,
    .n_commands = sizeof(packet_commands) / sizeof(packet_commands[0]),
    .good = { .status = 0x50 },     /* ready, seek complete */
};
