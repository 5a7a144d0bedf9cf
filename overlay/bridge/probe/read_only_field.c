/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles if a drive has a field `read_only` that the bridge can reach. */
#include "bridge_int.h"

void rogate_probe(BlockDriverState *bs);

void rogate_probe(BlockDriverState *bs)
{
    bs->read_only = 1;
}
