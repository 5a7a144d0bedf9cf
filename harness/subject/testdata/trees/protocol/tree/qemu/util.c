/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "block/block_int.h"

uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

void *qemu_mallocz(int size)
{
    return calloc(1, size);
}
