/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "block_int.h"

typedef struct BDRVRawState {
    int fd;
} BDRVRawState;

static int raw_open(BlockDriverState *bs, const char *filename)
{
    BDRVRawState *s = bs->opaque;

    s->fd = open(filename, O_RDWR);
    if (s->fd < 0) {
        return -errno;
    }
    bs->total_sectors = lseek(s->fd, 0, SEEK_END) / 512;
    return 0;
}

static int raw_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVRawState *s = bs->opaque;

    return host_read(s->fd, buf, nb_sectors * 512, sector_num * 512);
}

static int raw_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    BDRVRawState *s = bs->opaque;

    return host_write(s->fd, buf, nb_sectors * 512, sector_num * 512);
}

static void raw_flush(BlockDriverState *bs)
{
    BDRVRawState *s = bs->opaque;

    fdatasync(s->fd);
}

static void raw_close(BlockDriverState *bs)
{
    BDRVRawState *s = bs->opaque;

    close(s->fd);
}

BlockDriver bdrv_raw = {
    "raw",
    sizeof(BDRVRawState),
    raw_open,
    raw_read,
    raw_write,
    raw_flush,
    raw_close,
};
