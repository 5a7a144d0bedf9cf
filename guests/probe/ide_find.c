/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks there are on the legacy channels. */
#include "ata.h"
#include "ide.h"
#include "packet.h"

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
        .command = &ata_identify,
        .sectors = 1,
        .flow = FLOW_IN,
        .data = words,
    };
    bool ok = ide_driver.issue(disk, &transfer, outcome);

    if (!ok && ide_shows_packet(disk->channel)) {
        disk->kind = "atapi";
        disk->driver = NULL;
        transfer.command = &ata_identify_packet;
        ok = ide_driver.issue(disk, &transfer, outcome);
    }
    if (!ok && disk->driver != NULL && !outcome->timed_out &&
        outcome->status & ATA_STATUS_ERR && outcome->error & ATA_ERROR_ABRT) {
        return false;
    }
    if (!ok) {
        report_panic_about("identify=", disk->name, MODEL_BYTES);
    }
    ata_take_identity(disk, words, ide_has_bus_master(disk->channel), false);
    if (disk->driver == NULL) {
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
