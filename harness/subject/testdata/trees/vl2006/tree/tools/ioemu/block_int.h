/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BLOCK_INT_H
#define BLOCK_INT_H

#include "vl.h"

struct BlockDriver {
    const char *format_name;
    int instance_size;
    int (*bdrv_probe)(const uint8_t *buf, int buf_size);
    int (*bdrv_open)(BlockDriverState *bs, const char *filename);
    int (*bdrv_read)(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors);
    int (*bdrv_write)(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors);
    void (*bdrv_close)(BlockDriverState *bs);
    BlockDriver *next;
};

struct BlockDriverState {
    int64_t total_sectors;
    int read_only; /* if true, the media is read only */
    BlockDriver *drv;
    int fd;
    void *opaque;
    char device_name[32];
};

#endif
