/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the disks as the device model's own main program opens them.
 *
 * main() (compiled as ioemu_main) parses the words, opens the images and fills
 * bs_table, fd_table and usb_table.  An empty drive is left out, unless a
 * medium may come into it (xenstore): then it is an export of size 0 for as
 * long as it is empty.
 */
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"

int ioemu_main(int argc, char **argv);

/* xenstore.c; a tree without it is served too */
#pragma weak xenstore_fd
#pragma weak xenstore_watch_media
#pragma weak xenstore_process_event
#pragma weak xenstore_is_media_drive
#pragma weak xenstore_close

_Static_assert(MAX_DISKS + MAX_SCSI_DISKS + MAX_FD + MAX_USB_DISKS <=
               BRIDGE_MAX_EXPORTS, "an export for each slot");

BridgeExport bridge_exports[BRIDGE_MAX_EXPORTS];
size_t bridge_nb_exports;

static void close_table(BlockDriverState **table, int slots)
{
    int i;

    for (i = 0; i < slots; i++) {
        if (table[i]) {
            bdrv_close(table[i]);
        }
    }
}

void bridge_close_disks(void)
{
    close_table(bs_table, MAX_DISKS + MAX_SCSI_DISKS);
    close_table(fd_table, MAX_FD);
    close_table(usb_table, MAX_USB_DISKS);
    if (xenstore_close) {
        xenstore_close();
    }
}

/* `last` is the last letter or digit of the name */
static void add_export(BlockDriverState **slot, const char *prefix, char last,
                       int may_be_empty)
{
    BridgeExport *export = &bridge_exports[bridge_nb_exports];

    if (*slot && (may_be_empty || bdrv_is_inserted(*slot))) {
        snprintf(export->name, sizeof(export->name), "%s%c", prefix, last);
        export->slot = slot;
        bridge_nb_exports++;
    }
}

/* whether a medium may come into a drive of bs_table */
static int is_media_drive(int slot)
{
    return xenstore_is_media_drive && xenstore_is_media_drive(slot);
}

int bridge_open_disks(int argc, char **argv)
{
    int i, ret;

    ret = ioemu_main(argc, argv);
    if (ret != 0) {
        nbdkit_error("the device model did not start, status %d", ret);
        return -1;
    }
    for (i = 0; i < MAX_DISKS; i++) {
        add_export(&bs_table[i], "hd", 'a' + i, is_media_drive(i));
    }
    for (i = 0; i < MAX_SCSI_DISKS; i++) {
        add_export(&bs_table[MAX_DISKS + i], "sd", 'a' + i,
                   is_media_drive(MAX_DISKS + i));
    }
    for (i = 0; i < MAX_FD; i++) {
        add_export(&fd_table[i], "fd", 'a' + i, 0);
    }
    for (i = 0; i < MAX_USB_DISKS; i++) {
        add_export(&usb_table[i], "usb", '0' + i, 0);
    }
    return 0;
}

/* A thread that is started before nbdkit goes to the background would be lost:
   libxenstore starts one with the first watch. */
int bridge_start_events(void)
{
    int ret = xenstore_watch_media ? xenstore_watch_media() : 0;

    if (ret < 0) {
        nbdkit_error("cannot watch xenstore: %s", strerror(-ret));
        return -1;
    }
    return 0;
}

void bridge_handle_events(void)
{
    struct pollfd pfd = { .fd = -1, .events = POLLIN };

    if (xenstore_fd && xenstore_process_event) {
        pfd.fd = xenstore_fd();
    }
    if (pfd.fd >= 0 && poll(&pfd, 1, 0) > 0) {
        xenstore_process_event(NULL);
    }
}

void bridge_dump_disks(void)
{
    printf("rogate_max_ide=%d\n"
           "rogate_max_scsi=%d\n"
           "rogate_max_floppy=%d\n"
           "rogate_max_usb=%d\n",
           MAX_DISKS, MAX_SCSI_DISKS, MAX_FD, MAX_USB_DISKS);
}
