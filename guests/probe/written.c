/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "written.h"

#include "string.h"

static struct written places[MAX_WRITTEN];
static uint8_t befores[MAX_WRITTEN][MAX_BYTES]
    __attribute__((aligned(4096)));
static unsigned used;

void written_reset(void)
{
    used = 0;
}

unsigned written_count(void)
{
    return used;
}

struct written *written_at(unsigned i)
{
    return &places[i];
}

bool written_overlaps(uint64_t lba, unsigned sectors)
{
    for (unsigned i = 0; i < used; i++) {
        if (lba < places[i].lba + places[i].sectors &&
            places[i].lba < lba + sectors) {
            return true;
        }
    }
    return false;
}

struct written *written_add(const struct command *command, uint64_t lba,
                            unsigned sectors)
{
    struct written *place = &places[used];

    if (used == MAX_WRITTEN) {
        report_panic("table");
    }
    used++;
    memset(place, 0, sizeof(*place));
    place->command = *command;
    place->lba = lba;
    place->sectors = sectors;
    return place;
}

void *written_before(const struct written *place)
{
    return befores[place - places];
}

void written_judge(struct written *place, const void *data,
                   const void *payload)
{
    unsigned bytes = place->sectors * SECTOR_BYTES;

    place->has_crc = data != NULL;
    if (data == NULL) {
        place->back = REPORT_BACK_NONE;
        return;
    }
    place->crc = string_crc32(data, bytes);
    if (payload != NULL && memcmp(data, payload, bytes) == 0) {
        /* a copy of what was there already tells nothing */
        place->back = place->before != NULL &&
                      memcmp(payload, place->before, bytes) == 0
                      ? REPORT_BACK_SAME : REPORT_BACK_NEW;
    } else if (place->before != NULL &&
               memcmp(data, place->before, bytes) == 0) {
        place->back = REPORT_BACK_OLD;
    } else if (string_is_zero(data, bytes)) {
        place->back = REPORT_BACK_ZERO;
    } else {
        place->back = REPORT_BACK_OTHER;
    }
}
