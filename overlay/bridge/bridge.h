/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: what the parts of the bridge see of each other.
 *
 * bridge_disks.c opens the disks and knows when a medium changes; bridge.c is
 * the nbdkit plugin that serves them; bridge_api.h is the only place that
 * knows how this tree's block layer is called; bridge_monitor.c makes the calls
 * that a monitor's commands would.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include "bridge_api.h"

/* words of the device model's command line, its own name not counted */
#define BRIDGE_MAX_ARGS 256
#define BRIDGE_MAX_EXPORTS 32

/* a disk that is served, by the name of its slot */
typedef struct BridgeExport {
    char name[8];
    BlockDriverState **slot; /* a new medium may mean a new drive */
} BridgeExport;

/* in the order of their slots */
extern BridgeExport bridge_exports[BRIDGE_MAX_EXPORTS];
extern size_t bridge_nb_exports;

/* Opens what the words ask for and fills bridge_exports; argv[0] is a program
   name and argv[argc] NULL.  0, or -1 after nbdkit_error(). */
int bridge_open_disks(int argc, char **argv);
/* Once, in the process that will serve; 0, or -1 after nbdkit_error(). */
int bridge_start_events(void);
/* Does what the device model's main loop would do now; never waits. */
void bridge_handle_events(void);
void bridge_close_disks(void);

/* bridge_monitor.c tells the commands; 0 or -errno */
int bridge_monitor_command(BlockDriverState *bs, const void *buf,
                           uint32_t count);
void bridge_monitor_answer(BlockDriverState *bs, void *buf, uint32_t count);
int bridge_has_monitor(void);

/* prints what `nbdkit --dump-plugin` tells of the disks: name=value lines */
void bridge_dump_disks(void);

#endif
