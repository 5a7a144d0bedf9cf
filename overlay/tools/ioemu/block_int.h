/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: what a format driver sees of the block layer.
 *
 * A driver is one file block-NAME.c that ends in its `BlockDriver bdrv_NAME`.
 * It opens its image itself, with open(2), in its bdrv_open.  Hooks may be
 * NULL where a format has no such thing; the caller then gets -ENOTSUP.
 * Every number read from an image is untrusted: check it against a named
 * limit and against the file's length before arithmetic or allocation.
 */
#ifndef BLOCK_INT_H
#define BLOCK_INT_H

#include <endian.h>
#include <string.h>

#include "vl.h"

/* longest file name, with its NUL */
#define BDRV_NAME_MAX 1024
/* images in one chain of backing files; a longer one is taken for a loop */
#define BDRV_CHAIN_MAX 16

struct BlockDriver {
    const char *format_name;
    size_t instance_size;       /* bytes of bs->opaque, zeroed before open */
    /* how sure: 0 no .. 100 certain; buf holds the first buf_size bytes of
       the file, none if it cannot be read */
    int (*bdrv_probe)(const uint8_t *buf, int buf_size, const char *filename);
    /* sets bs->total_sectors and bs->backing_file; leaves nothing open when
       it fails */
    int (*bdrv_open)(BlockDriverState *bs, const char *filename);
    /* the range was checked against total_sectors by the caller */
    int (*bdrv_read)(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors);
    int (*bdrv_write)(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors);
    void (*bdrv_close)(BlockDriverState *bs);
    int (*bdrv_create)(const char *filename, int64_t total_sectors,
                       const char *backing_file, int flags);
    int (*bdrv_flush)(BlockDriverState *bs);
    /* 1 if sector_num is in this image, 0 if in the backing file; *pnum is
       the number of sectors, 1..nb_sectors, for which that holds.  Having
       this hook is what gives a format a backing file. */
    int (*bdrv_is_allocated)(BlockDriverState *bs, int64_t sector_num,
                             int nb_sectors, int *pnum);
    int (*bdrv_set_key)(BlockDriverState *bs, const char *key);
    int (*bdrv_make_empty)(BlockDriverState *bs);
    int (*bdrv_truncate)(BlockDriverState *bs, int64_t size_in_bytes);
    int64_t (*bdrv_getlength)(BlockDriverState *bs);
    int (*bdrv_write_compressed)(BlockDriverState *bs, int64_t sector_num,
                                 const uint8_t *buf, int nb_sectors);
    int (*bdrv_snapshot_create)(BlockDriverState *bs, BlockSnapshotInfo *info);
    int (*bdrv_snapshot_goto)(BlockDriverState *bs, const char *id_or_name);
    int (*bdrv_snapshot_delete)(BlockDriverState *bs, const char *id_or_name);
    int (*bdrv_snapshot_list)(BlockDriverState *bs, BlockSnapshotInfo **list);
    int (*bdrv_get_info)(BlockDriverState *bs, BlockDriverInfo *info);
    int (*bdrv_ioctl)(BlockDriverState *bs, unsigned long req, void *buf);
    /* the name need not be a regular file (a device, a directory) */
    int any_file;
    BlockDriver *next;
};

struct BlockDriverState {
    int64_t total_sectors;
    int read_only; /* if true, the media is read only */
    int inserted; /* if true, the media is present */
    int removable; /* if true, the media can be removed */
    int locked; /* if true, the media cannot temporarily be ejected */
    int encrypted; /* if true, the media is encrypted */
    BlockDriver *drv; /* NULL means no media */
    void *opaque;

    char filename[BDRV_NAME_MAX];
    char backing_file[BDRV_NAME_MAX]; /* as stored in the image, "" = none */
    BlockDriverState *backing_hd;
    BlockDriver *backing_drv; /* format of the backing file, NULL = probe */
    int chain_depth; /* images above this one in its chain */
    int is_temporary; /* if true, the file is removed when it is closed */

    char device_name[32];
    int type; /* BDRV_TYPE_... */
    void (*change_cb)(void *opaque);
    void *change_opaque;
    BlockDriverState *next;
};

void bdrv_register(BlockDriver *bdrv);

/* integers as they lie in an image, at any alignment */
#define BLOCK_INT_ACCESS(order, bits)                                        \
    static inline uint##bits##_t get_##order##bits(const uint8_t *p)         \
    {                                                                        \
        uint##bits##_t v;                                                    \
        memcpy(&v, p, sizeof(v));                                            \
        return order##bits##toh(v);                                          \
    }                                                                        \
    static inline void put_##order##bits(uint8_t *p, uint##bits##_t v)       \
    {                                                                        \
        v = hto##order##bits(v);                                             \
        memcpy(p, &v, sizeof(v));                                            \
    }
BLOCK_INT_ACCESS(be, 16)
BLOCK_INT_ACCESS(be, 32)
BLOCK_INT_ACCESS(be, 64)
BLOCK_INT_ACCESS(le, 16)
BLOCK_INT_ACCESS(le, 32)
BLOCK_INT_ACCESS(le, 64)
#undef BLOCK_INT_ACCESS

/* Reads from the backing file; zeros without one and past its end. */
int bdrv_backing_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors);

/* Whole transfers at an offset, 0 or -errno; pread_full answers -EIO at the
   end of the file, pread_zero reads zeros there. */
int pread_full(int fd, void *buf, size_t count, int64_t offset);
int pread_zero(int fd, void *buf, size_t count, int64_t offset);
int pwrite_full(int fd, const void *buf, size_t count, int64_t offset);
/* the file's length in bytes, or -errno */
int64_t file_length(int fd);
/* fdatasync as 0 or -errno */
int file_flush(int fd);

#endif
