/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block/block_int.h"

static BlockDriver *const formats[] = { &bdrv_raw, &bdrv_vhd };

#define NB_FORMATS ((int)(sizeof(formats) / sizeof(formats[0])))

/* what was started and has not been answered yet */
struct BlockDriverAIOCB {
    BlockDriverCompletionFunc *cb;
    void *opaque;
    int ret;
    BlockDriverAIOCB *next;
};

static BlockDriverAIOCB *pending;

void bdrv_init(void)
{
}

BlockDriver *bdrv_find_format(const char *format_name)
{
    int i;

    for (i = 0; i < NB_FORMATS; i++) {
        if (!strcmp(formats[i]->format_name, format_name)) {
            return formats[i];
        }
    }
    return NULL;
}

void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque)
{
    int i;

    for (i = 0; i < NB_FORMATS; i++) {
        it(opaque, formats[i]->format_name);
    }
}

BlockDriverState *bdrv_new(const char *device_name)
{
    (void)device_name;
    return qemu_mallocz(sizeof(BlockDriverState));
}

static int set_driver(BlockDriverState *bs, BlockDriver *drv, int flags)
{
    bs->drv = drv;
    bs->open_flags = flags;
    bs->opaque = qemu_mallocz(drv->instance_size);
    return bs->opaque ? 0 : -ENOMEM;
}

int bdrv_file_open(BlockDriverState **pbs, const char *filename, int flags)
{
    BlockDriverState *bs = bdrv_new("");
    int ret = set_driver(bs, &bdrv_file, flags);

    if (ret == 0) {
        ret = bs->drv->bdrv_file_open(bs, filename, flags);
    }
    if (ret < 0) {
        bs->drv = NULL;
        bdrv_delete(bs);
        return ret;
    }
    *pbs = bs;
    return 0;
}

int bdrv_open(BlockDriverState *bs, const char *filename, int flags,
              BlockDriver *drv)
{
    /* whatever is asked for: the host decides what it allows */
    int ret = bdrv_file_open(&bs->file, filename, flags | BDRV_O_RDWR);

    if (ret < 0) {
        return ret;
    }
    ret = set_driver(bs, drv ? drv : &bdrv_raw, flags);
    if (ret == 0) {
        ret = bs->drv->bdrv_open(bs, flags);
    }
    if (ret < 0) {
        bdrv_close(bs);
    }
    return ret;
}

void bdrv_close(BlockDriverState *bs)
{
    if (bs->drv) {
        if (bs->drv->bdrv_close) {
            bs->drv->bdrv_close(bs);
        }
        free(bs->opaque);
        bs->drv = NULL;
    }
    if (bs->file) {
        bdrv_delete(bs->file);
        bs->file = NULL;
    }
}

void bdrv_delete(BlockDriverState *bs)
{
    bdrv_close(bs);
    free(bs);
}

int bdrv_pread(BlockDriverState *bs, target_off_t offset,
               void *buf, int count)
{
    return bs->drv ? bs->drv->bdrv_pread(bs, offset, buf, count) : -ENOMEDIUM;
}

int bdrv_pwrite(BlockDriverState *bs, target_off_t offset,
                const void *buf, int count)
{
    return bs->drv ? bs->drv->bdrv_pwrite(bs, offset, buf, count) : -ENOMEDIUM;
}

static BlockDriverAIOCB *answer_later(int ret, BlockDriverCompletionFunc *cb,
                                      void *opaque)
{
    BlockDriverAIOCB *acb = qemu_mallocz(sizeof(*acb));

    acb->cb = cb;
    acb->opaque = opaque;
    acb->ret = ret;
    acb->next = pending;
    pending = acb;
    return acb;
}

BlockDriverAIOCB *bdrv_aio_read(BlockDriverState *bs, int64_t sector_num,
                                uint8_t *buf, int nb_sectors,
                                BlockDriverCompletionFunc *cb, void *opaque)
{
    return answer_later(bdrv_pread(bs, sector_num * 512, buf,
                                   nb_sectors * 512), cb, opaque);
}

BlockDriverAIOCB *bdrv_aio_write(BlockDriverState *bs, int64_t sector_num,
                                 const uint8_t *buf, int nb_sectors,
                                 BlockDriverCompletionFunc *cb, void *opaque)
{
    return answer_later(bdrv_pwrite(bs, sector_num * 512, buf,
                                    nb_sectors * 512), cb, opaque);
}

void qemu_aio_wait(void)
{
    BlockDriverAIOCB *acb = pending;

    if (acb) {
        pending = acb->next;
        acb->cb(acb->opaque, acb->ret);
        free(acb);
    }
}

int bdrv_flush(BlockDriverState *bs)
{
    if (!bs->drv || bs->file) {
        return bs->file ? bdrv_flush(bs->file) : -ENOMEDIUM;
    }
    return bs->drv->bdrv_flush(bs);
}

int64_t bdrv_getlength(BlockDriverState *bs)
{
    return bs->drv ? bs->drv->bdrv_getlength(bs) : -ENOMEDIUM;
}

int bdrv_is_inserted(BlockDriverState *bs)
{
    return bs->drv != NULL;
}
