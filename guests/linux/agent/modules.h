/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef AGENT_MODULES_H
#define AGENT_MODULES_H

#include <stdbool.h>

/*
 * Loads the modules of /lib/modules in order: those for all machines, and
 * those for any of the needs in `wanted` (names with commas; NULL: all).
 * False after a module that could not be loaded, which a line has told.
 */
bool modules_load(const char *wanted);

#endif
