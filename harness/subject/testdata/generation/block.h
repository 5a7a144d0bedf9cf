/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations of a block layer, of the generation that the defines ask for. */
#include <stdint.h>

typedef struct BlockDriver BlockDriver;
typedef struct BlockDriverState BlockDriverState;
struct QDict;
struct Error;

#ifdef FLAGS
#define BDRV_O_RDWR 0x0002
#endif
#ifdef SNAPSHOT_FLAG
#define BDRV_O_SNAPSHOT 0x0008
#endif

#if defined(NEW_FLAG)
BlockDriverState *bdrv_new(const char *name, int read_only);
#elif defined(NEW_ERROR)
BlockDriverState *bdrv_new(const char *name, struct Error **errp);
#else
BlockDriverState *bdrv_new(const char *name);
#endif
void bdrv_delete(BlockDriverState *bs);

#ifdef OPEN2
int bdrv_open2(BlockDriverState *bs, const char *filename, int flags,
               BlockDriver *drv);
#endif
#ifdef FILE_OPEN
int bdrv_file_open(BlockDriverState **pbs, const char *filename, int flags);
#endif
#if OPEN == 3
int bdrv_open(BlockDriverState *bs, const char *filename, int flags);
#elif OPEN == 4
int bdrv_open(BlockDriverState *bs, const char *filename, int flags,
              BlockDriver *drv);
#elif OPEN == 5
int bdrv_open(BlockDriverState *bs, const char *filename,
              struct QDict *options, int flags, BlockDriver *drv);
#elif OPEN == 6
int bdrv_open(BlockDriverState *bs, const char *filename,
              struct QDict *options, int flags, BlockDriver *drv,
              struct Error **errp);
#endif

int bdrv_read(BlockDriverState *bs, int64_t sector_num, uint8_t *buf, int n);
int bdrv_write(BlockDriverState *bs, int64_t sector_num, const uint8_t *buf,
               int n);
#ifdef FLUSH_VOID
void bdrv_flush(BlockDriverState *bs);
#else
int bdrv_flush(BlockDriverState *bs);
#endif
#if defined(GEOMETRY_UNSIGNED)
void bdrv_get_geometry(BlockDriverState *bs, uint64_t *nb_sectors);
#elif defined(GEOMETRY)
void bdrv_get_geometry(BlockDriverState *bs, int64_t *nb_sectors);
#else
int64_t bdrv_getlength(BlockDriverState *bs);
#endif

#ifdef FIELD
struct BlockDriverState {
    int read_only;
};
#endif
