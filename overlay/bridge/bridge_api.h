/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the block layer as the bridge calls it, whatever its generation.
 *
 * Which functions a tree declares, and of which type, is found when this is
 * compiled.  Below, functions that not every generation has are redeclared
 * without a prototype, which is right beside every prototype with the same
 * return type; only if there is none is the function's type compatible with
 * one that takes a struct nobody has (BRIDGE_DECLARES).  A call in the branch
 * of another generation is constant dead code: it leaves no reference behind.
 *
 * What only an attempt can tell is tried by the sources in probe/ before the
 * bridge is compiled; the answer to probe/x.c is BRIDGE_HAVE_X in
 * bridge_probes.h.
 *
 * Units: a sector is 512 bytes.  What can fail returns a non-negative result
 * or -errno.
 */
#ifndef BRIDGE_API_H
#define BRIDGE_API_H

#include <errno.h>

#include "bridge_headers.h"
#include "bridge_probes.h"

#define BRIDGE_SECTOR_BITS 9
#define BRIDGE_SECTOR_SIZE 512

struct bridge_nobody;

/* 1 if the function, which returns `ret`, has a prototype */
#define BRIDGE_DECLARES(function, ret) \
    _Generic(&function, ret (*)(struct bridge_nobody *): 0, default: 1)
/* 1 if it is of this very type; for a function that has a prototype */
#define BRIDGE_IS(function, type) _Generic(&function, type *: 1, default: 0)
/* the function as one of that type; NULL, and no reference to it, if it is of
   another */
#define BRIDGE_AS(function, type) \
    _Generic(&function, type *: &function, default: (type *)NULL)

int64_t bdrv_getlength();
void bdrv_get_geometry();

typedef int64_t bridge_length_fn(BlockDriverState *);
typedef void bridge_geometry_fn(BlockDriverState *, int64_t *);
typedef void bridge_geometry_unsigned_fn(BlockDriverState *, uint64_t *);
typedef int bridge_flush_fn(BlockDriverState *);
typedef void bridge_flush_void_fn(BlockDriverState *);

static inline int64_t bridge_getlength(BlockDriverState *bs)
{
    int64_t nb_sectors = 0;
    uint64_t unsigned_sectors = 0;

    if (BRIDGE_DECLARES(bdrv_getlength, int64_t)) {
        return BRIDGE_AS(bdrv_getlength, bridge_length_fn)(bs);
    }
    if (BRIDGE_IS(bdrv_get_geometry, bridge_geometry_unsigned_fn)) {
        BRIDGE_AS(bdrv_get_geometry, bridge_geometry_unsigned_fn)(
            bs, &unsigned_sectors);
        return unsigned_sectors * BRIDGE_SECTOR_SIZE;
    }
    BRIDGE_AS(bdrv_get_geometry, bridge_geometry_fn)(bs, &nb_sectors);
    return nb_sectors * BRIDGE_SECTOR_SIZE;
}

/* the first generations cannot tell that a flush failed */
static inline int bridge_flush(BlockDriverState *bs)
{
    if (BRIDGE_IS(bdrv_flush, bridge_flush_fn)) {
        return BRIDGE_AS(bdrv_flush, bridge_flush_fn)(bs);
    }
    BRIDGE_AS(bdrv_flush, bridge_flush_void_fn)(bs);
    return 0;
}

#if BRIDGE_HAVE_SYNC_IO
static inline int bridge_read(BlockDriverState *bs, int64_t sector_num,
                              uint8_t *buf, int nb_sectors)
{
    return bdrv_read(bs, sector_num, buf, nb_sectors);
}

static inline int bridge_write(BlockDriverState *bs, int64_t sector_num,
                               const uint8_t *buf, int nb_sectors)
{
    return bdrv_write(bs, sector_num, buf, nb_sectors);
}
#else
/* bridge_aio.c */
int bridge_read(BlockDriverState *bs, int64_t sector_num, uint8_t *buf,
                int nb_sectors);
int bridge_write(BlockDriverState *bs, int64_t sector_num, const uint8_t *buf,
                 int nb_sectors);
#endif

#endif
