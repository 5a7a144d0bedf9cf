/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a read-only snapshot and a plain read-write drive as the bridge would,
   with functions that print how they were called. */
#include <stdio.h>

#include "bridge_open.h"

#ifndef FIELD
struct BlockDriverState {
    int read_only;
};
#endif

static BlockDriverState drive;

static int called(const char *name, BlockDriverState *bs, int flags,
                  BlockDriver *drv)
{
    printf("%s(%s,%d,%s)%s ", name, bs == &drive ? "drive" : "none", flags,
           drv ? "driver" : "none", drive.read_only ? "ro" : "");
    drive.read_only = 0;
    return 0;
}

#if defined(NEW_FLAG)
BlockDriverState *bdrv_new(const char *name, int read_only)
{
    printf("new(%s,%d) ", name, read_only);
    return &drive;
}
#elif defined(NEW_ERROR)
BlockDriverState *bdrv_new(const char *name, struct Error **errp)
{
    printf("new(%s,%s) ", name, errp ? "error" : "none");
    return &drive;
}
#else
BlockDriverState *bdrv_new(const char *name)
{
    printf("new(%s) ", name);
    return &drive;
}
#endif

void bdrv_delete(BlockDriverState *bs)
{
    printf("delete(%s) ", bs == &drive ? "drive" : "none");
}

#ifdef OPEN2
int bdrv_open2(BlockDriverState *bs, const char *filename, int flags,
               BlockDriver *drv)
{
    (void)filename;
    return called("open2", bs, flags, drv);
}
#endif
#ifdef FILE_OPEN
int bdrv_file_open(BlockDriverState **pbs, const char *filename, int flags)
{
    (void)filename;
    called("file_open", *pbs, flags, NULL);
    *pbs = &drive;
    return 0;
}
#endif
#if OPEN == 3
int bdrv_open(BlockDriverState *bs, const char *filename, int flags)
{
    (void)filename;
    return called("open", bs, flags, NULL);
}
#elif OPEN == 4
int bdrv_open(BlockDriverState *bs, const char *filename, int flags,
              BlockDriver *drv)
{
    (void)filename;
    return called("open", bs, flags, drv);
}
#elif OPEN == 5
int bdrv_open(BlockDriverState *bs, const char *filename,
              struct QDict *options, int flags, BlockDriver *drv)
{
    (void)filename;
    return options ? -1 : called("open", bs, flags, drv);
}
#elif OPEN == 6
int bdrv_open(BlockDriverState *bs, const char *filename,
              struct QDict *options, int flags, BlockDriver *drv,
              struct Error **errp)
{
    (void)filename;
    return options || errp ? -1 : called("open", bs, flags, drv);
}
#endif

int bdrv_read(BlockDriverState *bs, int64_t sector_num, uint8_t *buf, int n)
{
    return bs && buf && sector_num == n ? 0 : -1;
}

int bdrv_write(BlockDriverState *bs, int64_t sector_num, const uint8_t *buf,
               int n)
{
    return bs && buf && sector_num == n ? 0 : -1;
}

#ifdef FLUSH_VOID
void bdrv_flush(BlockDriverState *bs)
{
    (void)bs;
}
#else
int bdrv_flush(BlockDriverState *bs)
{
    return bs ? -5 : 0;
}
#endif
#if defined(GEOMETRY_UNSIGNED)
void bdrv_get_geometry(BlockDriverState *bs, uint64_t *nb_sectors)
{
    *nb_sectors = bs ? 3 : 0;
}
#elif defined(GEOMETRY)
void bdrv_get_geometry(BlockDriverState *bs, int64_t *nb_sectors)
{
    *nb_sectors = bs ? 3 : 0;
}
#else
int64_t bdrv_getlength(BlockDriverState *bs)
{
    return bs ? 1536 : 0;
}
#endif

static void open_one(int read_only, int snapshot)
{
    static char driver;
    BlockDriverState *bs = bridge_new("hda", read_only);
    int by_flag = read_only && BRIDGE_READ_ONLY != BRIDGE_RO_FIELD;
    int flags = (by_flag ? 0 : BRIDGE_RDWR) | (snapshot ? BRIDGE_SNAPSHOT : 0);

    bridge_set_read_only(bs, read_only);
    if (bridge_open_image(&bs, "x", flags, (BlockDriver *)&driver) < 0 ||
        bs != &drive) {
        printf("failed ");
    }
    bridge_set_read_only(bs, read_only);
    printf("%s; ", bs->read_only ? "ro" : "-");
}

int main(void)
{
    open_one(1, 1);
    drive.read_only = 0;
    open_one(0, 0);
    printf("way=%d named=%d length=%d flush=%d\n", BRIDGE_READ_ONLY,
           BRIDGE_NAMES_DRIVER, (int)bridge_getlength(&drive),
           bridge_flush(&drive));
    return 0;
}
