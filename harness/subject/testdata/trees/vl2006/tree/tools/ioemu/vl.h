/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything of the device model's that one file sees of another. */
#ifndef VL_H
#define VL_H

#include <stdint.h>

/* osdep.c */
void *qemu_mallocz(int size);
void qemu_free(void *ptr);
void pstrcpy(char *buf, int buf_size, const char *str);

/* block.c; a sector is 512 bytes, what can fail returns -1 or -errno */
typedef struct BlockDriverState BlockDriverState;
typedef struct BlockDriver BlockDriver;

extern BlockDriver bdrv_raw;
extern BlockDriver bdrv_cow;

void bdrv_init(void);
BlockDriver *bdrv_find_format(const char *format_name);
void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque);
BlockDriverState *bdrv_new(const char *device_name);
void bdrv_delete(BlockDriverState *bs);
int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot);
void bdrv_close(BlockDriverState *bs);
int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors);
int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors);
void bdrv_get_geometry(BlockDriverState *bs, int64_t *nb_sectors_ptr);
void bdrv_flush(BlockDriverState *bs);
int bdrv_is_inserted(BlockDriverState *bs);
void bdrv_get_format(BlockDriverState *bs, char *buf, int buf_size);

#endif
