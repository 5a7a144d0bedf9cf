/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the floppy disk controller that the probe runs, in this
 * order, after the data sheet of Intel's 82078 (5 and 6). An opcode's upper
 * bits are MT (80: on to the other head), MFM (40) and SK (20). A transfer
 * stays on a track, or with MT on a cylinder: each write starts one.
 *
 * No write without DMA: QEMU's controller takes the data, writes it, and then
 * never ends the command, whether the disk took the data or refused it.
 */
#include "floppy.h"

#define CYLINDER(k) (2 * FLOPPY_TRACK_SECTORS * (k))
#define AT_64_KIB (128 - 4)         /* over to head 1 of cylinder 3 */

/* Shorthand for the rows; the columns are struct command's. */
#define IDENTIFY REPORT_IDENTIFY, REPORT_NONE, FLOW_NONE
#define SETUP REPORT_SETUP, REPORT_NONE, FLOW_NONE
#define READ_DMA REPORT_READ, REPORT_DMA, FLOW_IN
#define READ_PIO REPORT_READ, REPORT_PIO, FLOW_IN
#define VERIFY REPORT_VERIFY, REPORT_NONE, FLOW_NONE
#define WRITE_DMA REPORT_WRITE, REPORT_DMA, FLOW_OUT
#define ABSENT_DMA REPORT_ABSENT, REPORT_DMA, FLOW_OUT
#define ABSENT_PIO REPORT_ABSENT, REPORT_PIO, FLOW_OUT

#define SECTORS FLOPPY_SECTORS
#define NON_DMA (FLOPPY_SECTORS | FLOPPY_NON_DMA)
#define FORMATS FLOPPY_FORMATS
#define WHOLE_TRACK AT_LBA_WIDE, 8, FLOPPY_TRACK_SECTORS

const struct command floppy_reader = {
    0xe6, READ_DMA, AT_LBA, 8, 0, SECTORS, 0, "READ_DATA_MT_SK"
};
const struct command floppy_reader_unskipping = {
    0xc6, READ_DMA, AT_LBA, 8, 0, SECTORS, 0, "READ_DATA_MT"
};

const struct command floppy_commands[] = {
    { 0x10, IDENTIFY, AT_LBA, 0, 0, 0, 0, "VERSION" },
    { 0x04, IDENTIFY, AT_LBA, 0, 0, 0, 0, "SENSE_DRIVE_STATUS" },
    { 0x03, SETUP, AT_LBA, 0, 0, 0, 0, "SPECIFY" },
    { 0x07, SETUP, AT_LBA, 0, 0, 0, 0, "RECALIBRATE" },
    { 0x0f, SETUP, AT_LBA, 0, 0, 0, CYLINDER(40), "SEEK" },
    { 0x4a, IDENTIFY, AT_LBA, 0, 0, 0, 0, "READ_ID" },

    { 0x46, READ_DMA, AT_LBA, 1, 0, SECTORS, 0, "READ_DATA" },
    { 0x66, READ_DMA, AT_LBA, 8, 0, SECTORS, 4, "READ_DATA_SK" },
    { 0xc6, READ_DMA, AT_LBA, 8, 0, SECTORS, AT_64_KIB, "READ_DATA_MT" },
    { 0xe6, READ_DMA, AT_LAST, 3, 0, SECTORS, 0, "READ_DATA_MT_SK" },
    { 0x42, READ_DMA, AT_LBA, 8, 0, SECTORS, CYLINDER(1), "READ_TRACK" },
    { 0x46, READ_PIO, AT_LBA, 1, 0, NON_DMA, 1, "READ_DATA" },

    { 0x56, VERIFY, AT_LBA, 8, 0, SECTORS, 0, "VERIFY" },

    { 0x45, WRITE_DMA, AT_LBA, 1, 0, SECTORS, CYLINDER(1), "WRITE_DATA" },
    { 0x45, WRITE_DMA, AT_LBA, 8, 0, SECTORS, CYLINDER(2), "WRITE_DATA" },
    { 0xc5, WRITE_DMA, AT_LBA, 8, 0, SECTORS, AT_64_KIB, "WRITE_DATA_MT" },
    { 0x45, WRITE_DMA, AT_LBA, 1, 0, SECTORS, 0, "WRITE_DATA" },
    { 0x45, WRITE_DMA, AT_LAST, 1, 0, SECTORS, 0, "WRITE_DATA" },

    { 0x49, ABSENT_DMA, AT_LBA, 1, 0, SECTORS, CYLINDER(4), "WRITE_DELETED" },
    { 0xc9, ABSENT_DMA, AT_LBA, 8, 0, SECTORS, CYLINDER(5),
      "WRITE_DELETED_MT" },
    { 0x49, ABSENT_PIO, AT_LBA, 1, 0, NON_DMA, CYLINDER(7), "WRITE_DELETED" },
    { 0x4d, ABSENT_DMA, WHOLE_TRACK, FORMATS, CYLINDER(8), "FORMAT_TRACK" },
    { 0x4d, ABSENT_PIO, WHOLE_TRACK, FORMATS | FLOPPY_NON_DMA, CYLINDER(9),
      "FORMAT_TRACK" },
    { 0xcd, ABSENT_DMA, WHOLE_TRACK, FORMATS, CYLINDER(10),
      "FORMAT_AND_WRITE" },
};
_Static_assert(sizeof(floppy_commands) / sizeof(floppy_commands[0]) ==
               FLOPPY_COMMANDS, "floppy.h tells how many");
