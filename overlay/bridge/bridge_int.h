/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the header that shows what a BlockDriverState is made of, if the tree
 * has it where it is looked for.
 */
#ifndef BRIDGE_INT_H
#define BRIDGE_INT_H

#include "bridge_headers.h"

#if __has_include("block/block_int.h")
#include "block/block_int.h"
#elif __has_include("block_int.h")
#include "block_int.h"
#endif

#endif
