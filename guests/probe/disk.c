/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include "string.h"

static char *put_text(char *to, const char *text)
{
    while (*text != '\0') {
        *to++ = *text++;
    }
    return to;
}

/* At most three digits: there are no more than 256 of anything. */
static char *put_number(char *to, unsigned number)
{
    if (number >= 100) {
        *to++ = (char)('0' + number / 100 % 10);
    }
    if (number >= 10) {
        *to++ = (char)('0' + number / 10 % 10);
    }
    *to++ = (char)('0' + number % 10);
    return to;
}

void disk_set_name(struct disk *disk, const char *prefix, unsigned number)
{
    *put_number(put_text(disk->name, prefix), number) = '\0';
}

void disk_set_name_of_two(struct disk *disk, const char *prefix,
                          unsigned first, unsigned second)
{
    char *end = put_number(put_text(disk->name, prefix), first);

    *end++ = '.';
    *put_number(end, second) = '\0';
}

void disk_set_model(struct disk *disk, const void *text, unsigned bytes)
{
    const char *from = text;
    unsigned n = 0;

    while (n < bytes && n < MODEL_BYTES && from[n] != '\0') {
        disk->model[n] = from[n];
        n++;
    }
    while (n > 0 && disk->model[n - 1] == ' ') {
        n--;
    }
    disk->model[n] = '\0';
}

struct disk *disk_add(struct disk *disks, unsigned *n, unsigned room)
{
    struct disk *disk = &disks[*n];

    if (*n == room) {
        report_panic("disks");
    }
    memset(disk, 0, sizeof(*disk));
    (*n)++;
    return disk;
}
