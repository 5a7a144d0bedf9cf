/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the block layer as the bridge calls it.
 *
 * Units: a sector is 512 bytes.  What can fail returns a non-negative result
 * or -errno.
 */
#ifndef BRIDGE_API_H
#define BRIDGE_API_H

#include <errno.h>
#include <stdint.h>

#include "vl.h"

#define BRIDGE_SECTOR_BITS 9
#define BRIDGE_SECTOR_SIZE 512

static inline int64_t bridge_getlength(BlockDriverState *bs)
{
    return bdrv_getlength(bs);
}

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

static inline int bridge_flush(BlockDriverState *bs)
{
    return bdrv_flush(bs);
}

#endif
