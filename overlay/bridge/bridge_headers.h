/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the headers that declare this tree's block layer.  Trees before the
 * split of vl.h have only that one; bridge_profile.h, made from the profile,
 * may name others.
 */
#ifndef BRIDGE_HEADERS_H
#define BRIDGE_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "bridge_profile.h"

#ifndef BRIDGE_PROFILE_HEADERS
#if __has_include("qemu-common.h")
#include "qemu-common.h"
#endif
#if __has_include("block/block.h")
#include "block/block.h"
#elif __has_include("block.h")
#include "block.h"
#else
#include "vl.h"
#endif
#endif

#endif
