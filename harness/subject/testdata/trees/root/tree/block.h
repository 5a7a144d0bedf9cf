/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block layer as others see it.  A sector is 512 bytes; what can fail
   returns -errno. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdint.h>

typedef struct BlockDriver BlockDriver;
typedef struct BlockDriverState BlockDriverState;

void bdrv_init(void);
BlockDriver *bdrv_find_format(const char *format_name);
void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque);

BlockDriverState *bdrv_new(const char *device_name);
int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot);
int bdrv_open2(BlockDriverState *bs, const char *filename, int snapshot,
               BlockDriver *drv);
void bdrv_close(BlockDriverState *bs);
void bdrv_delete(BlockDriverState *bs);

int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors);
int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors);
void bdrv_flush(BlockDriverState *bs);
int64_t bdrv_getlength(BlockDriverState *bs);
int bdrv_is_inserted(BlockDriverState *bs);

#endif
