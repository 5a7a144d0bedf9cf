/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles if the tree tells the name of an open image's format. */
#include "bridge_headers.h"

/* an error even where an undeclared function is none */
__typeof__(bdrv_get_format) *rogate_declared;
void rogate_probe(BlockDriverState *bs);

void rogate_probe(BlockDriverState *bs)
{
    char name[64];

    bdrv_get_format(bs, name, (int)sizeof(name));
}
