/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles if the tree tells the name of an open image's format. */
#include "bridge_headers.h"

void rogate_probe(BlockDriverState *bs);

void rogate_probe(BlockDriverState *bs)
{
    char name[64];

    bdrv_get_format(bs, name, (int)sizeof(name));
}
