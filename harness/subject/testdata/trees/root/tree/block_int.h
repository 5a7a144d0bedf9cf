/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BLOCK_INT_H
#define BLOCK_INT_H

#include "block.h"

struct BlockDriver {
    const char *format_name;
    int instance_size;
    int (*bdrv_open)(BlockDriverState *bs, const char *filename);
    int (*bdrv_read)(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors);
    int (*bdrv_write)(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors);
    void (*bdrv_flush)(BlockDriverState *bs);
    void (*bdrv_close)(BlockDriverState *bs);
};

struct BlockDriverState {
    int64_t total_sectors;
    int read_only;
    BlockDriver *drv;
    void *opaque;
};

extern BlockDriver bdrv_raw;
extern BlockDriver bdrv_qcow;

/* host.c: whole transfers, 0 or -errno */
int host_read(int fd, void *buf, int count, int64_t offset);
int host_write(int fd, const void *buf, int count, int64_t offset);

#endif
