/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file, the protocol below every format, and raw, the format that is none */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "block/block_int.h"

typedef struct FileState {
    int fd;
} FileState;

static int file_open(BlockDriverState *bs, const char *filename, int flags)
{
    FileState *s = bs->opaque;

    s->fd = open(filename, flags & BDRV_O_RDWR ? O_RDWR : O_RDONLY);
    return s->fd < 0 ? -errno : 0;
}

static int file_pread(BlockDriverState *bs, target_off_t offset,
                      void *buf, int count)
{
    FileState *s = bs->opaque;
    int n = pread(s->fd, buf, count, offset);

    return n < 0 ? -errno : n == count ? 0 : -EIO;
}

static int file_pwrite(BlockDriverState *bs, target_off_t offset,
                       const void *buf, int count)
{
    FileState *s = bs->opaque;
    int n = pwrite(s->fd, buf, count, offset);

    return n < 0 ? -errno : n == count ? 0 : -EIO;
}

static int64_t file_getlength(BlockDriverState *bs)
{
    FileState *s = bs->opaque;

    return lseek(s->fd, 0, SEEK_END);
}

static int file_flush(BlockDriverState *bs)
{
    FileState *s = bs->opaque;

    return fdatasync(s->fd) < 0 ? -errno : 0;
}

static void file_close(BlockDriverState *bs)
{
    FileState *s = bs->opaque;

    close(s->fd);
}

BlockDriver bdrv_file = {
    .format_name = "file",
    .instance_size = sizeof(FileState),
    .bdrv_file_open = file_open,
    .bdrv_pread = file_pread,
    .bdrv_pwrite = file_pwrite,
    .bdrv_getlength = file_getlength,
    .bdrv_flush = file_flush,
    .bdrv_close = file_close,
};

static int raw_open(BlockDriverState *bs, int flags)
{
    (void)bs;
    (void)flags;
    return 0;
}

static int raw_pread(BlockDriverState *bs, target_off_t offset,
                     void *buf, int count)
{
    return bdrv_pread(bs->file, offset, buf, count);
}

static int raw_pwrite(BlockDriverState *bs, target_off_t offset,
                      const void *buf, int count)
{
    return bdrv_pwrite(bs->file, offset, buf, count);
}

static int64_t raw_getlength(BlockDriverState *bs)
{
    return bdrv_getlength(bs->file);
}

BlockDriver bdrv_raw = {
    .format_name = "raw",
    .instance_size = 1,
    .bdrv_open = raw_open,
    .bdrv_pread = raw_pread,
    .bdrv_pwrite = raw_pwrite,
    .bdrv_getlength = raw_getlength,
};
