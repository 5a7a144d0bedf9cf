/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks there are, from IDENTIFY DEVICE (ATA/ATAPI-7 volume 1, 6.17). */
#include "ide.h"
#include "packet.h"
#include "string.h"

#define WORD_MODEL 27
#define MODEL_WORDS 20
#define WORD_CAPABILITIES 49
#define CAPABLE_OF_DMA 0x0100
#define WORD_SECTORS_28 60
#define WORD_COMMANDS 83
#define LBA48_MASK 0xc400           /* valid, and supported */
#define LBA48_VALUE 0x4400
#define WORD_SECTORS_48 100
#define SECTORS_28 0x10000000u      /* what 28 bits of LBA reach */

#define ERROR_ABRT 0x04

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
        disk->readers[0] = &ide_reader_pio;
        disk->readers[1] = &ide_reader_multiple;
        return;
    }
    disk->readers[0] = disk->sectors <= SECTORS_28
                       ? &ide_reader_dma : &ide_reader_pio;
    disk->readers[1] = &ide_reader_dma_ext;
}

/* Takes what the probe needs to drive a disk. */
static void take_geometry(struct disk *disk, const uint16_t *words)
{
    if ((words[WORD_COMMANDS] & LBA48_MASK) == LBA48_VALUE) {
        disk->sectors = number_at(words + WORD_SECTORS_48, 4);
    } else {
        disk->sectors = number_at(words + WORD_SECTORS_28, 2);
    }
    disk->has_dma = words[WORD_CAPABILITIES] & CAPABLE_OF_DMA &&
                    ide_has_bus_master(disk->channel);
    take_readers(disk);
}

/*
 * Identifies what answers as `disk`; a packet device has its own command for
 * it. False if nothing is there: where only the second device of a channel
 * exists, commands to the first are aborted.
 */
static bool identify(struct disk *disk)
{
    static uint16_t words[SECTOR_BYTES / 2] __attribute__((aligned(4)));
    struct report_outcome *outcome = &disk->identified;
    struct transfer transfer = {
        .command = &ide_identify,
        .sectors = 1,
        .flow = FLOW_IN,
        .data = words,
    };
    bool ok = ide_issue(disk, &transfer, outcome);

    if (!ok && ide_shows_packet(disk->channel)) {
        disk->kind = "atapi";
        disk->driver = NULL;
        transfer.command = &ide_identify_packet;
        ok = ide_issue(disk, &transfer, outcome);
    }
    if (!ok && disk->driver != NULL && !outcome->timed_out &&
        outcome->status & IDE_STATUS_ERR && outcome->error & ERROR_ABRT) {
        return false;
    }
    if (!ok) {
        report_panic_about("identify=", disk->name, MODEL_BYTES);
    }
    take_model(disk, words);
    if (disk->driver != NULL) {
        take_geometry(disk, words);
    } else {
        packet_identify(disk);
    }
    return true;
}

unsigned ide_find(struct disk *disks, unsigned room)
{
    unsigned n = 0;

    ide_start();
    for (unsigned c = 0; c < IDE_CHANNELS; c++) {
        for (unsigned u = 0; u < IDE_UNITS; u++) {
            struct disk *disk;

            if (!ide_answers(c, u)) {
                continue;
            }
            disk = disk_add(disks, &n, room);
            disk_set_name_of_two(disk, "ide", c, u);
            disk->kind = "ata";
            disk->index = c * IDE_UNITS + u;
            disk->driver = &ide_driver;
            disk->channel = c;
            disk->unit = u;
            if (!identify(disk)) {
                n--;
            }
        }
    }
    return n;
}
