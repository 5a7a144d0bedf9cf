/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block_int.h"

static BlockDriver *drivers[4];

void bdrv_init(void)
{
    drivers[0] = &bdrv_raw;
    drivers[1] = &bdrv_qcow;
}

BlockDriver *bdrv_find_format(const char *format_name)
{
    int i;

    for (i = 0; drivers[i]; i++) {
        if (!strcmp(drivers[i]->format_name, format_name)) {
            return drivers[i];
        }
    }
    return NULL;
}

void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque)
{
    int i;

    for (i = 0; drivers[i]; i++) {
        it(opaque, drivers[i]->format_name);
    }
}

BlockDriverState *bdrv_new(const char *device_name)
{
    BlockDriverState *bs = calloc(1, sizeof(*bs));

    (void)device_name;
    return bs;
}

int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot)
{
    return bdrv_open2(bs, filename, snapshot, NULL);
}

int bdrv_open2(BlockDriverState *bs, const char *filename, int snapshot,
               BlockDriver *drv)
{
    int ret;

    if (snapshot) {
        return -ENOTSUP;
    }
    bs->read_only = 0;
    bs->drv = drv ? drv : &bdrv_raw;
    bs->opaque = calloc(1, bs->drv->instance_size);
    if (!bs->opaque) {
        return -ENOMEM;
    }
    ret = bs->drv->bdrv_open(bs, filename);
    if (ret < 0) {
        free(bs->opaque);
        bs->drv = NULL;
    }
    return ret;
}

void bdrv_close(BlockDriverState *bs)
{
    if (bs->drv) {
        bs->drv->bdrv_close(bs);
        free(bs->opaque);
        bs->drv = NULL;
    }
}

void bdrv_delete(BlockDriverState *bs)
{
    bdrv_close(bs);
    free(bs);
}

int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    return bs->drv->bdrv_read(bs, sector_num, buf, nb_sectors);
}

int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    return bs->drv->bdrv_write(bs, sector_num, buf, nb_sectors);
}

void bdrv_flush(BlockDriverState *bs)
{
    if (bs->drv) {
        bs->drv->bdrv_flush(bs);
    }
}

int64_t bdrv_getlength(BlockDriverState *bs)
{
    return bs->total_sectors * 512;
}

int bdrv_is_inserted(BlockDriverState *bs)
{
    return bs->drv != NULL;
}
