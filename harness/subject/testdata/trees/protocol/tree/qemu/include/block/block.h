/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests answer by callback, from qemu_aio_wait(); 0 or -errno. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdint.h>

typedef struct BlockDriver BlockDriver;
typedef struct BlockDriverState BlockDriverState;
typedef struct BlockDriverAIOCB BlockDriverAIOCB;
typedef void BlockDriverCompletionFunc(void *opaque, int ret);

#define BDRV_O_RDWR 0x0002
#define BDRV_O_NOCACHE 0x0020

void bdrv_init(void);
BlockDriver *bdrv_find_format(const char *format_name);
void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque);

BlockDriverState *bdrv_new(const char *device_name);
int bdrv_file_open(BlockDriverState **pbs, const char *filename, int flags);
int bdrv_open(BlockDriverState *bs, const char *filename, int flags,
              BlockDriver *drv);
void bdrv_close(BlockDriverState *bs);
void bdrv_delete(BlockDriverState *bs);

BlockDriverAIOCB *bdrv_aio_read(BlockDriverState *bs, int64_t sector_num,
                                uint8_t *buf, int nb_sectors,
                                BlockDriverCompletionFunc *cb, void *opaque);
BlockDriverAIOCB *bdrv_aio_write(BlockDriverState *bs, int64_t sector_num,
                                 const uint8_t *buf, int nb_sectors,
                                 BlockDriverCompletionFunc *cb, void *opaque);
void qemu_aio_wait(void);

int bdrv_flush(BlockDriverState *bs);
int64_t bdrv_getlength(BlockDriverState *bs);
int bdrv_is_inserted(BlockDriverState *bs);

#endif
