/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the calls of the block layer that no guest reaches, but a monitor's
 * commands do (savevm, commit, a resize, a passed ioctl).
 *
 * Each disk has a second export, "monitor/SLOT".  A write to it at offset 0 is
 * a command: a sector of text, NUL at its end, and behind it the data of those
 * that have any.  The request fails as the call fails.  A read answers how the
 * last command went and what there is to know, as a line of text:
 *
 *   errno N cluster N size N      the last in sectors of 512 bytes
 *
 * Commands: "pwrite SECTOR", "write_compressed SECTOR" (both with data),
 * "truncate" (to the size it has), "ioctl" (of a host device: it may be
 * written), "commit", "make_empty", "snapshot_create", "snapshot_goto",
 * "snapshot_delete" (all three of the snapshot "rogate").
 *
 * A tree whose block layer has these calls is built with BRIDGE_MONITOR.
 */
#include "bridge.h"

#ifdef BRIDGE_MONITOR

#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT "rogate"

/* how the last command went, for any disk: one request runs at a time */
static int last_errno;

static int call_pwrite(BlockDriverState *bs, int64_t sector_num,
                       const uint8_t *data, int nb_sectors)
{
    int ret = bdrv_pwrite(bs, sector_num << BRIDGE_SECTOR_BITS, data,
                          nb_sectors << BRIDGE_SECTOR_BITS);

    return ret < 0 ? ret : 0;
}

static int call_snapshot_create(BlockDriverState *bs)
{
    BlockSnapshotInfo info = { .name = SNAPSHOT };

    return bdrv_snapshot_create(bs, &info);
}

static int call_ioctl(BlockDriverState *bs)
{
    int writable = 0; /* the argument of BLKROSET is "read-only" */

    return bdrv_ioctl(bs, BLKROSET, &writable);
}

static int run_command(BlockDriverState *bs, const char *text,
                       const uint8_t *data, int nb_sectors)
{
    int64_t length = bdrv_getlength(bs);
    const char *arg;

    if (strstart(text, "pwrite ", &arg)) {
        return call_pwrite(bs, strtoll(arg, NULL, 10), data, nb_sectors);
    }
    if (strstart(text, "write_compressed ", &arg)) {
        return bdrv_write_compressed(bs, strtoll(arg, NULL, 10), data,
                                     nb_sectors);
    }
    if (!strcmp(text, "truncate")) {
        return length < 0 ? length : bdrv_truncate(bs, length);
    }
    if (!strcmp(text, "ioctl")) {
        return call_ioctl(bs);
    }
    if (!strcmp(text, "commit")) {
        return bdrv_commit(bs);
    }
    if (!strcmp(text, "make_empty")) {
        return bdrv_make_empty(bs);
    }
    if (!strcmp(text, "snapshot_create")) {
        return call_snapshot_create(bs);
    }
    if (!strcmp(text, "snapshot_goto")) {
        return bdrv_snapshot_goto(bs, SNAPSHOT);
    }
    if (!strcmp(text, "snapshot_delete")) {
        return bdrv_snapshot_delete(bs, SNAPSHOT);
    }
    return -EINVAL;
}

int bridge_monitor_command(BlockDriverState *bs, const void *buf,
                           uint32_t count)
{
    const char *text = buf;
    int ret = -EINVAL;

    if (count >= BRIDGE_SECTOR_SIZE && memchr(text, '\0', BRIDGE_SECTOR_SIZE)) {
        ret = run_command(bs, text, (const uint8_t *)buf + BRIDGE_SECTOR_SIZE,
                          (count >> BRIDGE_SECTOR_BITS) - 1);
    }
    last_errno = ret < 0 ? -ret : 0;
    return ret < 0 ? ret : 0;
}

void bridge_monitor_answer(BlockDriverState *bs, void *buf, uint32_t count)
{
    BlockDriverInfo info = { 0 };
    int64_t length = bdrv_getlength(bs);

    memset(buf, 0, count);
    if (bdrv_get_info(bs, &info) < 0) {
        info.cluster_size = 0;
    }
    snprintf(buf, count, "errno %d cluster %u size %lld\n", last_errno,
             info.cluster_size >> BRIDGE_SECTOR_BITS,
             length < 0 ? 0LL : (long long)(length >> BRIDGE_SECTOR_BITS));
}

int bridge_has_monitor(void)
{
    return 1;
}

#else

int bridge_monitor_command(BlockDriverState *bs, const void *buf,
                           uint32_t count)
{
    (void)bs;
    (void)buf;
    (void)count;
    return -ENOTSUP;
}

void bridge_monitor_answer(BlockDriverState *bs, void *buf, uint32_t count)
{
    (void)bs;
    (void)buf;
    (void)count;
}

int bridge_has_monitor(void)
{
    return 0;
}

#endif
