/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ATA commands the probe runs, in this order, after ATA/ATAPI-7 volume 1
 * (withdrawn ones: ATA-3). Every write has a slot of its own, 16 + 8 * k;
 * those whose place matters follow: the first and the last sector, and the
 * 64 KiB and 2 MiB boundaries, where image formats start another cluster or
 * table. The absent commands keep clear of all these from sector 144 on.
 */
#include "ata.h"

#define SLOT(k) (16 + 8 * (k))
#define ABSENT(k) (144 + 8 * (k))
#define AT_64_KIB (128 - 4)
#define AT_2_MIB (4096 - 4)

#define DSM_TRIM 0x01               /* ACS-2, DATA SET MANAGEMENT */
#define PSEUDO_UNCORRECTABLE 0x55   /* ATA/ATAPI-8, WRITE UNCORRECTABLE */

/* Shorthand for the rows; the columns are struct command's. */
#define IDENTIFY REPORT_IDENTIFY, REPORT_PIO, FLOW_IN
#define SETUP REPORT_SETUP, REPORT_NONE, FLOW_NONE
#define READ_PIO REPORT_READ, REPORT_PIO, FLOW_IN
#define READ_DMA REPORT_READ, REPORT_DMA, FLOW_IN
#define VERIFY REPORT_VERIFY, REPORT_NONE, FLOW_NONE
#define WRITE_PIO REPORT_WRITE, REPORT_PIO, FLOW_OUT
#define WRITE_DMA REPORT_WRITE, REPORT_DMA, FLOW_OUT
#define READ_NCQ REPORT_READ, REPORT_NCQ, FLOW_IN
#define WRITE_NCQ REPORT_WRITE, REPORT_NCQ, FLOW_OUT
#define TRIM REPORT_TRIM, REPORT_DMA, FLOW_OUT
#define ABSENT_NONE REPORT_ABSENT, REPORT_NONE, FLOW_NONE
#define ABSENT_PIO REPORT_ABSENT, REPORT_PIO, FLOW_OUT
#define ABSENT_DMA REPORT_ABSENT, REPORT_DMA, FLOW_OUT
#define FLUSH REPORT_FLUSH, REPORT_NONE, FLOW_NONE

#define MULTI ATA_MULTIPLE

const struct command ata_set_multiple = {
    0xc6, SETUP, AT_LBA, 0, 0, ATA_SETS_COUNT, 0, "SET_MULTIPLE_MODE"
};
const struct command ata_identify = {
    0xec, IDENTIFY, AT_LBA, 1, 0, 0, 0, "IDENTIFY_DEVICE"
};
const struct command ata_identify_packet = {
    0xa1, IDENTIFY, AT_LBA, 1, 0, 0, 0, "IDENTIFY_PACKET_DEVICE"
};
const struct command ata_reader_pio = {
    0x24, READ_PIO, AT_LBA, 8, 0, ATA_EXT, 0, "READ_SECTORS_EXT"
};
const struct command ata_reader_multiple = {
    0x29, READ_PIO, AT_LBA, 8, 0, ATA_EXT | MULTI, 0, "READ_MULTIPLE_EXT"
};
const struct command ata_reader_dma = {
    0xc8, READ_DMA, AT_LBA, 8, 0, 0, 0, "READ_DMA"
};
const struct command ata_reader_dma_ext = {
    0x25, READ_DMA, AT_LBA, 8, 0, ATA_EXT, 0, "READ_DMA_EXT"
};

const struct command ata_commands[] = {
    { 0xec, IDENTIFY, AT_LBA, 1, 0, 0, 0, "IDENTIFY_DEVICE" },
    { 0xc6, SETUP, AT_LBA, 0, 0, ATA_SETS_COUNT, 0, "SET_MULTIPLE_MODE" },

    { 0x20, READ_PIO, AT_LBA, 1, 0, 0, 0, "READ_SECTORS" },
    { 0x21, READ_PIO, AT_LBA, 2, 0, 0, 1, "READ_SECTORS_NORETRY" },
    { 0x24, READ_PIO, AT_LAST, 3, 0, ATA_EXT, 0, "READ_SECTORS_EXT" },
    { 0xc4, READ_PIO, AT_LBA, 6, 0, MULTI, 126, "READ_MULTIPLE" },
    { 0x29, READ_PIO, AT_LBA, 8, 0, ATA_EXT | MULTI, AT_2_MIB,
      "READ_MULTIPLE_EXT" },
    { 0xc8, READ_DMA, AT_LBA, 8, 0, 0, 8, "READ_DMA" },
    { 0xc9, READ_DMA, AT_LBA, 1, 0, 0, 511, "READ_DMA_NORETRY" },
    { 0x25, READ_DMA, AT_LAST, 8, 0, ATA_EXT, 0, "READ_DMA_EXT" },
    { 0x60, READ_NCQ, AT_LBA, 8, 0, ATA_EXT, 4088, "READ_FPDMA_QUEUED" },

    { 0x40, VERIFY, AT_LBA, 8, 0, 0, 0, "READ_VERIFY" },
    { 0x41, VERIFY, AT_LBA, 8, 0, 0, 8, "READ_VERIFY_NORETRY" },
    { 0x42, VERIFY, AT_LAST, 8, 0, ATA_EXT, 0, "READ_VERIFY_EXT" },

    { 0x30, WRITE_PIO, AT_LBA, 1, 0, 0, SLOT(0), "WRITE_SECTORS" },
    { 0x31, WRITE_PIO, AT_LBA, 2, 0, 0, SLOT(1), "WRITE_SECTORS_NORETRY" },
    { 0x34, WRITE_PIO, AT_LBA, 3, 0, ATA_EXT, SLOT(2), "WRITE_SECTORS_EXT" },
    { 0xc5, WRITE_PIO, AT_LBA, 8, 0, MULTI, SLOT(3), "WRITE_MULTIPLE" },
    { 0x39, WRITE_PIO, AT_LBA, 6, 0, ATA_EXT | MULTI, SLOT(4),
      "WRITE_MULTIPLE_EXT" },
    { 0x3c, WRITE_PIO, AT_LBA, 2, 0, 0, SLOT(5), "WRITE_VERIFY" },
    { 0xca, WRITE_DMA, AT_LBA, 8, 0, 0, SLOT(6), "WRITE_DMA" },
    { 0xcb, WRITE_DMA, AT_LBA, 1, 0, 0, SLOT(7), "WRITE_DMA_NORETRY" },
    { 0x35, WRITE_DMA, AT_LBA, 5, 0, ATA_EXT, SLOT(8), "WRITE_DMA_EXT" },
    { 0x61, WRITE_NCQ, AT_LBA, 8, 0, ATA_EXT, SLOT(10), "WRITE_FPDMA_QUEUED" },
    { 0x61, WRITE_NCQ, AT_LBA, 2, ATA_NCQ_FUA, ATA_EXT, SLOT(11),
      "WRITE_FPDMA_QUEUED_FUA" },
    { 0x30, WRITE_PIO, AT_LBA, 1, 0, 0, 0, "WRITE_SECTORS" },
    { 0xca, WRITE_DMA, AT_LBA, 8, 0, 0, AT_64_KIB, "WRITE_DMA" },
    { 0x35, WRITE_DMA, AT_LBA, 8, 0, ATA_EXT, AT_2_MIB, "WRITE_DMA_EXT" },
    { 0x34, WRITE_PIO, AT_LAST, 1, 0, ATA_EXT, 0, "WRITE_SECTORS_EXT" },

    { 0x06, TRIM, AT_LBA, 8, DSM_TRIM, ATA_EXT, SLOT(9), "DSM_TRIM" },

    { 0x36, ABSENT_DMA, AT_LBA, 1, 0, ATA_EXT, ABSENT(0),
      "WRITE_DMA_QUEUED_EXT" },
    { 0x3a, ABSENT_DMA, AT_LBA, 1, 0, ATA_EXT, ABSENT(1),
      "WRITE_STREAM_DMA_EXT" },
    { 0x3b, ABSENT_PIO, AT_LBA, 1, 0, ATA_EXT, ABSENT(2),
      "WRITE_STREAM_EXT" },
    { 0x3d, ABSENT_DMA, AT_LBA, 1, 0, ATA_EXT, ABSENT(3),
      "WRITE_DMA_FUA_EXT" },
    { 0x3f, ABSENT_PIO, AT_LBA, 1, 0, ATA_EXT, ABSENT(4), "WRITE_LOG_EXT" },
    { 0x45, ABSENT_NONE, AT_LBA, 1, PSEUDO_UNCORRECTABLE, ATA_EXT, ABSENT(5),
      "WRITE_UNCORRECTABLE_EXT" },
    { 0x57, ABSENT_DMA, AT_LBA, 1, 0, ATA_EXT, ABSENT(6),
      "WRITE_LOG_DMA_EXT" },
    /* Feature 0: no download subcommand, so nothing can be downloaded. */
    { 0x92, ABSENT_PIO, AT_LBA, 1, 0, 0, ABSENT(7), "DOWNLOAD_MICROCODE" },
    { 0xcc, ABSENT_DMA, AT_LBA, 1, 0, 0, ABSENT(8), "WRITE_DMA_QUEUED" },
    { 0xcd, ABSENT_PIO, AT_LBA, 1, 0, MULTI, ABSENT(9),
      "CFA_WRITE_MULTIPLE_NOERASE" },
    { 0x38, ABSENT_PIO, AT_LBA, 1, 0, 0, ABSENT(10),
      "CFA_WRITE_SECTORS_NOERASE" },
    { 0xce, ABSENT_PIO, AT_LBA, 1, 0, ATA_EXT | MULTI, ABSENT(11),
      "WRITE_MULTIPLE_FUA_EXT" },
    { 0xe8, ABSENT_PIO, AT_LBA, 1, 0, 0, ABSENT(12), "WRITE_BUFFER" },
    { 0xf4, ABSENT_PIO, AT_LBA, 1, 0, 0, ABSENT(13), "SECURITY_ERASE_UNIT" },

    { 0xe7, FLUSH, AT_LBA, 0, 0, 0, 0, "FLUSH_CACHE" },
    { 0xea, FLUSH, AT_LBA, 0, 0, ATA_EXT, 0, "FLUSH_CACHE_EXT" },
};

_Static_assert(sizeof(ata_commands) / sizeof(ata_commands[0]) == ATA_COMMANDS,
               "ata.h tells how many");
