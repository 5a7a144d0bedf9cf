/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA disks, whatever they hang on: their commands, and what these put into
 * the registers of a device. References are to ATA/ATAPI-7 volume 1, those
 * for queued commands and TRIM to ACS-2.
 */
#ifndef PROBE_ATA_H
#define PROBE_ATA_H

#include "disk.h"

/* Flags of struct command. */
#define ATA_EXT 0x01                /* 48-bit: registers written twice */
#define ATA_MULTIPLE 0x02           /* ATA_MULTIPLE_SECTORS a data block */
#define ATA_SETS_COUNT 0x04         /* the count register is that number */

#define ATA_MULTIPLE_SECTORS 4      /* so that transfers need several blocks */

/* `feature` of queued commands: bits of the device register. */
#define ATA_NCQ_FUA 0x80

#define ATA_STATUS_BSY 0x80
#define ATA_STATUS_DF 0x20
#define ATA_STATUS_DRQ 0x08
#define ATA_STATUS_ERR 0x01
#define ATA_ERROR_ABRT 0x04

/* The command block registers (6.2 of ATA/ATAPI-7 volume 2). */
struct ata_registers {
    uint16_t feature;
    uint16_t count;
    uint64_t lba;                   /* 48 bits */
    uint8_t device;                 /* without the unit's number */
};

/* All commands, in the order of their running. */
#define ATA_COMMANDS 46
extern const struct command ata_commands[];

/* Commands that drivers use themselves. */
extern const struct command ata_set_multiple;
extern const struct command ata_identify;
extern const struct command ata_identify_packet;
extern const struct command ata_reader_pio;
extern const struct command ata_reader_multiple;
extern const struct command ata_reader_dma;
extern const struct command ata_reader_dma_ext;

/* Sectors of data that go along with a command. */
unsigned ata_data_sectors(const struct transfer *transfer);

/* What a command, queued ones with tag 0, wants in the registers. */
void ata_fill_registers(const struct transfer *transfer,
                        struct ata_registers *registers);

/* The drivers' `prepare` (disk.h): the list of ranges to trim. */
void ata_prepare(const struct transfer *transfer);

/*
 * Takes from the 256 words of IDENTIFY (PACKET) DEVICE what the probe needs:
 * the model always, and of a disk (driver not NULL) size, readers, and whether
 * it can do DMA and queue, which only count where the controller can too.
 */
void ata_take_identity(struct disk *disk, const uint16_t *words,
                       bool controller_has_dma, bool controller_has_ncq);

#endif
