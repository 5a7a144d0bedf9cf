/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BLOCK_INT_H
#define BLOCK_INT_H

#include "config-host.h"
#include "block/block.h"

/* A format driver reads and writes bs->file; a protocol driver has none. */
struct BlockDriver {
    const char *format_name;
    int instance_size;
    int (*bdrv_open)(BlockDriverState *bs, int flags);
    int (*bdrv_file_open)(BlockDriverState *bs, const char *filename,
                          int flags);
    int (*bdrv_pread)(BlockDriverState *bs, target_off_t offset,
                      void *buf, int count);
    int (*bdrv_pwrite)(BlockDriverState *bs, target_off_t offset,
                       const void *buf, int count);
    int64_t (*bdrv_getlength)(BlockDriverState *bs);
    int (*bdrv_flush)(BlockDriverState *bs);
    void (*bdrv_close)(BlockDriverState *bs);
};

struct BlockDriverState {
    BlockDriver *drv;
    BlockDriverState *file;
    void *opaque;
    int open_flags;
};

extern BlockDriver bdrv_file, bdrv_raw, bdrv_vhd;

int bdrv_pread(BlockDriverState *bs, target_off_t offset,
               void *buf, int count);
int bdrv_pwrite(BlockDriverState *bs, target_off_t offset,
                const void *buf, int count);

/* as C was written before 1999: a copy for each file that wants it inline, the
   one for all others is in util.c */
extern inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* util.c */
void *qemu_mallocz(int size);

#endif
