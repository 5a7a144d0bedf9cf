/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles if the tree declares a read that returns when it is done. */
#include "bridge_headers.h"

__typeof__(bdrv_read) *rogate_probe;
