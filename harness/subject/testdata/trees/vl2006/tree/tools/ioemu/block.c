/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

static BlockDriver *first_drv;

static void bdrv_register(BlockDriver *bdrv)
{
    bdrv->next = first_drv;
    first_drv = bdrv;
}

void bdrv_init(void)
{
    if (!first_drv) {
        bdrv_register(&bdrv_raw);
        bdrv_register(&bdrv_cow);
    }
}

BlockDriver *bdrv_find_format(const char *format_name)
{
    BlockDriver *drv = first_drv;

    while (drv && strcmp(drv->format_name, format_name)) {
        drv = drv->next;
    }
    return drv;
}

void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque)
{
    BlockDriver *drv;

    for (drv = first_drv; drv; drv = drv->next) {
        it(opaque, drv->format_name);
    }
}

BlockDriverState *bdrv_new(const char *device_name)
{
    BlockDriverState *bs = qemu_mallocz(sizeof(BlockDriverState));

    if (bs) {
        pstrcpy(bs->device_name, sizeof(bs->device_name), device_name);
    }
    return bs;
}

void bdrv_delete(BlockDriverState *bs)
{
    bdrv_close(bs);
    qemu_free(bs);
}

/* the driver that is surest */
static BlockDriver *find_image_format(int fd)
{
    uint8_t buf[1024];
    int n = pread(fd, buf, sizeof(buf), 0);
    int score, best = -1;
    BlockDriver *drv, *found = NULL;

    for (drv = first_drv; drv; drv = drv->next) {
        score = drv->bdrv_probe(buf, n < 0 ? 0 : n);
        if (score > best) {
            best = score;
            found = drv;
        }
    }
    return found;
}

int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot)
{
    int ret;

    if (snapshot) {
        return -ENOTSUP;
    }
    bs->read_only = 0;
    bs->fd = open(filename, O_RDWR);
    if (bs->fd < 0) {
        bs->fd = open(filename, O_RDONLY);
        bs->read_only = 1;
    }
    if (bs->fd < 0) {
        return -errno;
    }
    bs->drv = find_image_format(bs->fd);
    bs->opaque = qemu_mallocz(bs->drv->instance_size);
    ret = bs->opaque ? bs->drv->bdrv_open(bs, filename) : -ENOMEM;
    if (ret < 0) {
        close(bs->fd);
        qemu_free(bs->opaque);
        bs->drv = NULL;
    }
    return ret;
}

void bdrv_close(BlockDriverState *bs)
{
    if (bs->drv) {
        if (bs->drv->bdrv_close) {
            bs->drv->bdrv_close(bs);
        }
        close(bs->fd);
        qemu_free(bs->opaque);
        bs->drv = NULL;
    }
}

int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors)
{
    return bs->drv ? bs->drv->bdrv_read(bs, sector_num, buf, nb_sectors) : -1;
}

int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors)
{
    return bs->drv ? bs->drv->bdrv_write(bs, sector_num, buf, nb_sectors) : -1;
}

void bdrv_get_geometry(BlockDriverState *bs, int64_t *nb_sectors_ptr)
{
    *nb_sectors_ptr = bs->total_sectors;
}

void bdrv_flush(BlockDriverState *bs)
{
    if (bs->drv) {
        fdatasync(bs->fd);
    }
}

int bdrv_is_inserted(BlockDriverState *bs)
{
    return bs->drv != NULL;
}

void bdrv_get_format(BlockDriverState *bs, char *buf, int buf_size)
{
    pstrcpy(buf, buf_size, bs->drv ? bs->drv->format_name : "");
}

static int raw_probe(const uint8_t *buf, int buf_size)
{
    (void)buf;
    (void)buf_size;
    return 1;
}

static int raw_open(BlockDriverState *bs, const char *filename)
{
    (void)filename;
    bs->total_sectors = lseek(bs->fd, 0, SEEK_END) / 512;
    return 0;
}

static int raw_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    int n = pread(bs->fd, buf, nb_sectors * 512, sector_num * 512);

    return n == nb_sectors * 512 ? 0 : -1;
}

static int raw_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    int n = pwrite(bs->fd, buf, nb_sectors * 512, sector_num * 512);

    return n == nb_sectors * 512 ? 0 : -1;
}

BlockDriver bdrv_raw = {
    "raw",
    1,
    raw_probe,
    raw_open,
    raw_read,
    raw_write,
    0,
};
