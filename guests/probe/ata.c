/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ata.h"

#include "string.h"

/* Words of the data of IDENTIFY DEVICE (6.17). */
#define WORD_MODEL 27
#define MODEL_WORDS 20
#define WORD_CAPABILITIES 49
#define CAPABLE_OF_DMA 0x0100
#define WORD_SECTORS_28 60
#define WORD_SATA 76                /* of ACS-2 */
#define CAPABLE_OF_NCQ 0x0100
#define NO_SATA 0xffff
#define WORD_COMMANDS 83
#define LBA48_MASK 0xc400           /* valid, and supported */
#define LBA48_VALUE 0x4400
#define WORD_SECTORS_48 100
#define SECTORS_28 0x10000000u      /* what 28 bits of LBA reach */

#define DEVICE_LBA 0xe0             /* LBA, and the two obsolete bits */
#define DEVICE_NCQ 0x40
#define NCQ_TAG_SHIFT 3             /* in the count register */

unsigned ata_data_sectors(const struct transfer *transfer)
{
    /* One block lists the ranges to trim; they are not data themselves. */
    return transfer->command->class == REPORT_TRIM ? 1 : transfer->sectors;
}

void ata_fill_registers(const struct transfer *transfer,
                        struct ata_registers *registers)
{
    const struct command *command = transfer->command;
    uint16_t sectors = (uint16_t)ata_data_sectors(transfer);

    registers->lba = command->class == REPORT_TRIM ? 0 : transfer->lba;
    if (command->proto == REPORT_NCQ) {
        registers->feature = sectors;
        registers->count = 0 << NCQ_TAG_SHIFT;
        registers->device = DEVICE_NCQ | command->feature;
        return;
    }
    registers->feature = command->feature;
    registers->count = command->flags & ATA_SETS_COUNT
                       ? ATA_MULTIPLE_SECTORS : sectors;
    registers->device = DEVICE_LBA;
    if (!(command->flags & ATA_EXT)) {
        registers->device |= registers->lba >> 24 & 0x0f;
    }
}

/* One range: 48 bits of LBA, 16 of length; zero lengths end the list. */
void ata_prepare(const struct transfer *transfer)
{
    uint64_t *range = transfer->data;

    if (transfer->command->class == REPORT_TRIM) {
        memset(range, 0, SECTOR_BYTES);
        range[0] = transfer->lba | (uint64_t)transfer->sectors << 48;
    }
}

/* Takes the model: two characters a word, the first in the upper byte. */
static void take_model(struct disk *disk, const uint16_t *words)
{
    char text[2 * MODEL_WORDS];

    for (unsigned i = 0; i < MODEL_WORDS; i++) {
        text[2 * i] = (char)(words[WORD_MODEL + i] >> 8);
        text[2 * i + 1] = (char)words[WORD_MODEL + i];
    }
    disk_set_model(disk, text, sizeof(text));
}

/* A number of `n` words, the lowest first. */
static uint64_t number_at(const uint16_t *words, unsigned n)
{
    uint64_t value = 0;

    while (n > 0) {
        value = value << 16 | words[--n];
    }
    return value;
}

/*
 * Two commands that reach every sector. DMA if possible: it is cheaper under
 * emulation, and its data cannot be what a PIO write left in a device buffer.
 */
static void take_readers(struct disk *disk)
{
    if (!disk->has_dma) {
        disk->readers[0] = &ata_reader_pio;
        disk->readers[1] = &ata_reader_multiple;
        return;
    }
    disk->readers[0] = disk->sectors <= SECTORS_28
                       ? &ata_reader_dma : &ata_reader_pio;
    disk->readers[1] = &ata_reader_dma_ext;
}

void ata_take_identity(struct disk *disk, const uint16_t *words,
                       bool controller_has_dma, bool controller_has_ncq)
{
    take_model(disk, words);
    if (disk->driver == NULL) {
        return;
    }
    if ((words[WORD_COMMANDS] & LBA48_MASK) == LBA48_VALUE) {
        disk->sectors = number_at(words + WORD_SECTORS_48, 4);
    } else {
        disk->sectors = number_at(words + WORD_SECTORS_28, 2);
    }
    disk->has_dma = controller_has_dma &&
                    words[WORD_CAPABILITIES] & CAPABLE_OF_DMA;
    disk->has_ncq = controller_has_ncq && words[WORD_SATA] != NO_SATA &&
                    words[WORD_SATA] & CAPABLE_OF_NCQ;
    take_readers(disk);
}
