/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bus.h"

#include <stddef.h>

#include "ahci.h"
#include "floppy.h"
#include "ide.h"
#include "nvme.h"
#include "virtio_blk.h"
#include "vscsi.h"

/*
 * A bus by its name in `buses=`. `find` fills `disks` and returns how many it
 * found; it is quick where there is nothing.
 */
struct bus {
    const char *name;
    unsigned (*find)(struct disk *disks, unsigned room);
};

static const struct bus buses[] = {
    { "ide", ide_find },
    { "ahci", ahci_find },
    { "virtio-blk", virtio_blk_find },
    { "virtio-scsi", vscsi_find },
    { "nvme", nvme_find },
    { "floppy", floppy_find },
};

#define N_BUSES (sizeof(buses) / sizeof(buses[0]))

static bool is_known(const char *name, size_t length)
{
    for (unsigned i = 0; i < N_BUSES; i++) {
        if (options_is_word(name, length, buses[i].name)) {
            return true;
        }
    }
    return false;
}

static void check_names(const struct options *options)
{
    const char *name = NULL;
    size_t length = 0;

    while (options_next_bus(options, &name, &length)) {
        if (!is_known(name, length)) {
            report_panic_about("bus=", name, length);
        }
    }
}

unsigned bus_find_all(const struct options *options, struct disk *disks,
                      unsigned room)
{
    unsigned next_index = IDE_CHANNELS * IDE_UNITS;
    unsigned n = 0;

    check_names(options);
    for (unsigned i = 0; i < N_BUSES; i++) {
        unsigned first = n;

        if (!options_wants_bus(options, buses[i].name)) {
            continue;
        }
        n += buses[i].find(disks + n, room - n);
        if (buses[i].find == ide_find) {
            continue;               /* they have theirs */
        }
        while (first < n) {
            disks[first++].index = next_index++;
        }
    }
    return n;
}
