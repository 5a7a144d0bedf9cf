/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: the bridge, an nbdkit plugin that serves the disks of a device
 * model.
 *
 * One nbdkit process is one device model.  The words given as arg=... are its
 * command line.  Each disk with a medium becomes the export of its slot's
 * name: hda..hdd, sda..sdg, fda, fdb, usb0..usb3.
 *
 * Every export is advertised writable, whatever the block layer thinks of it:
 * the refusal under test is the block layer's, not NBD's negotiation.  The
 * bridge never asks bdrv_is_read_only.
 */
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

/* The block layer keeps its caches and positions in plain variables and is
   written for a single thread, so one request is served at a time. */
#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS

/* bytes of zeros written at once by zero and trim */
#define ZERO_BYTES (64 << 10)
/* of a monitor's export: room for a command and its data */
#define MONITOR_BYTES (1 << 20)
#define MONITOR_PREFIX "monitor/"

/* what a client is connected to */
typedef struct Connection {
    BridgeExport *disk;
    int is_monitor; /* its monitor instead of its data */
} Connection;

static Connection connections[BRIDGE_MAX_EXPORTS][2];

static char *args[BRIDGE_MAX_ARGS + 2] = { (char *)"ioemu" };
static int nb_args = 1;

static void rogate_unload(void)
{
    int i;

    bridge_close_disks();
    for (i = 1; i < nb_args; i++) {
        free(args[i]);
    }
}

static int rogate_config(const char *key, const char *value)
{
    if (strcmp(key, "arg") != 0) {
        nbdkit_error("unknown parameter '%s', the device model's words are "
                     "given as arg=WORD", key);
        return -1;
    }
    if (nb_args > BRIDGE_MAX_ARGS) {
        nbdkit_error("more than %d words for the device model",
                     BRIDGE_MAX_ARGS);
        return -1;
    }
    args[nb_args] = strdup(value);
    if (!args[nb_args]) {
        nbdkit_error("strdup: %m");
        return -1;
    }
    nb_args++;
    return 0;
}

static int rogate_config_complete(void)
{
    if (nb_args == 1) {
        nbdkit_error("no disk: give the device model's words as arg=WORD");
        return -1;
    }
    return 0;
}

/* The images are opened here: before nbdkit goes to the background, so that
   relative names work and a failure is told on its exit. */
static int rogate_get_ready(void)
{
    if (bridge_open_disks(nb_args, args) < 0) {
        return -1;
    }
    if (bridge_nb_exports == 0) {
        nbdkit_error("the device model has no disk with a medium");
        return -1;
    }
    return 0;
}

static int rogate_after_fork(void)
{
    return bridge_start_events();
}

static int rogate_list_exports(int readonly, int is_tls,
                               struct nbdkit_exports *list)
{
    size_t i;

    (void)readonly;
    (void)is_tls;
    for (i = 0; i < bridge_nb_exports; i++) {
        if (nbdkit_add_export(list, bridge_exports[i].name, NULL) == -1) {
            return -1;
        }
    }
    return 0;
}

static const char *rogate_default_export(int readonly, int is_tls)
{
    (void)readonly;
    (void)is_tls;
    return bridge_exports[0].name;
}

/* The handle is a Connection. */
static void *rogate_open(int readonly)
{
    const char *name = nbdkit_export_name();
    int is_monitor;
    size_t i;

    (void)readonly;
    if (!name) {
        return NULL;
    }
    is_monitor = bridge_has_monitor() &&
                 !strncmp(name, MONITOR_PREFIX, strlen(MONITOR_PREFIX));
    if (is_monitor) {
        name += strlen(MONITOR_PREFIX);
    }
    for (i = 0; i < bridge_nb_exports; i++) {
        if (!strcmp(name, bridge_exports[i].name)) {
            connections[i][is_monitor].disk = &bridge_exports[i];
            connections[i][is_monitor].is_monitor = is_monitor;
            return &connections[i][is_monitor];
        }
    }
    nbdkit_error("open '%s': the device model has no such disk", name);
    nbdkit_set_error(ENOENT);
    return NULL;
}

/* The disk of a request; NULL if there was no memory for a new medium's.  One
   request runs at a time, so before each of them is when the device model is
   idle. */
static BlockDriverState *handle_bs(void *handle)
{
    bridge_handle_events();
    return *((Connection *)handle)->disk->slot;
}

/* NBD has few error numbers, and nbdkit turns those it cannot send into EINVAL.
   That would be wrong for a refusal: EPERM is NBD's word for it, and QEMU
   takes EINVAL and ENOTSUP of a trim for no error at all.  So what NBD cannot
   say becomes EIO; the message keeps the block layer's own number. */
static int nbd_errno(int err)
{
    switch (err) {
    case EACCES:
    case EPERM:
    case EROFS:
        return EPERM;
    case EINVAL:
    case ENOMEM:
    case ENOSPC:
        return err;
    default:
        return EIO;
    }
}

/* The one place where the block layer's -errno becomes nbdkit's. */
static int64_t check(void *handle, const char *call, int64_t ret)
{
    if (ret >= 0) {
        return ret;
    }
    nbdkit_error("%s '%s': %s (errno %d)", call, ((Connection *)handle)->disk->name,
                 strerror(-ret), (int)-ret);
    nbdkit_set_error(nbd_errno(-ret));
    return -1;
}

static int64_t rogate_get_size(void *handle)
{
    BlockDriverState *bs = handle_bs(handle);

    if (((Connection *)handle)->is_monitor) {
        return MONITOR_BYTES;
    }
    if (!bs || !bdrv_is_inserted(bs)) {
        return 0;
    }
    return check(handle, "bdrv_getlength", bridge_getlength(bs));
}

static int rogate_block_size(void *handle, uint32_t *minimum,
                             uint32_t *preferred, uint32_t *maximum)
{
    (void)handle;
    *minimum = BRIDGE_SECTOR_SIZE;
    *preferred = 4096;
    *maximum = 32 << 20;
    return 0;
}

static int rogate_yes(void *handle)
{
    (void)handle;
    return 1;
}

/* nbdkit flushes after a write with FUA */
static int rogate_can_fua(void *handle)
{
    (void)handle;
    return NBDKIT_FUA_EMULATE;
}

static int is_aligned(uint32_t count, uint64_t offset)
{
    return count % BRIDGE_SECTOR_SIZE == 0 && offset % BRIDGE_SECTOR_SIZE == 0;
}

static int rogate_pread(void *handle, void *buf, uint32_t count,
                        uint64_t offset, uint32_t flags)
{
    BlockDriverState *bs = handle_bs(handle);

    (void)flags;
    if (!bs || !is_aligned(count, offset)) {
        return check(handle, "bdrv_read", bs ? -EINVAL : -ENOMEDIUM);
    }
    if (((Connection *)handle)->is_monitor) {
        bridge_monitor_answer(bs, buf, count);
        return 0;
    }
    return check(handle, "bdrv_read",
                 bridge_read(bs, offset >> BRIDGE_SECTOR_BITS, buf,
                             count >> BRIDGE_SECTOR_BITS));
}

static int rogate_pwrite(void *handle, const void *buf, uint32_t count,
                         uint64_t offset, uint32_t flags)
{
    BlockDriverState *bs = handle_bs(handle);

    (void)flags;
    if (!bs || !is_aligned(count, offset)) {
        return check(handle, "bdrv_write", bs ? -EINVAL : -ENOMEDIUM);
    }
    if (((Connection *)handle)->is_monitor) {
        return check(handle, "monitor command",
                     bridge_monitor_command(bs, buf, count));
    }
    return check(handle, "bdrv_write",
                 bridge_write(bs, offset >> BRIDGE_SECTOR_BITS, buf,
                              count >> BRIDGE_SECTOR_BITS));
}

/* A block layer of 2007 knows no zeroing and no discarding.  The nearest that
   it has is a write of zeros, so that is what a request for either becomes. */
static int rogate_zero(void *handle, uint32_t count, uint64_t offset,
                       uint32_t flags)
{
    static const uint8_t zeros[ZERO_BYTES];
    BlockDriverState *bs = handle_bs(handle);
    uint32_t n;
    int ret;

    (void)flags;
    if (!bs || !is_aligned(count, offset) ||
        ((Connection *)handle)->is_monitor) {
        return check(handle, "bdrv_write", bs ? -EINVAL : -ENOMEDIUM);
    }
    while (count > 0) {
        n = count < ZERO_BYTES ? count : ZERO_BYTES;
        ret = bridge_write(bs, offset >> BRIDGE_SECTOR_BITS, zeros,
                           n >> BRIDGE_SECTOR_BITS);
        if (ret < 0) {
            return check(handle, "bdrv_write of zeros", ret);
        }
        count -= n;
        offset += n;
    }
    return 0;
}

static int rogate_flush(void *handle, uint32_t flags)
{
    BlockDriverState *bs = handle_bs(handle);

    (void)flags;
    /* an empty drive has nothing to flush */
    return check(handle, "bdrv_flush",
                 bs && bdrv_is_inserted(bs) ? bridge_flush(bs) : 0);
}

static void print_format(void *opaque, const char *name)
{
    printf("%s%s", *(int *)opaque ? "," : "", name);
    *(int *)opaque = 1;
}

static void rogate_dump_plugin(void)
{
    int some = 0;

    bdrv_init();
    printf("rogate_formats=");
    bdrv_iterate_format(print_format, &some);
    printf("\n"
           "rogate_sector_size=%d\n"
           "rogate_max_args=%d\n"
           "rogate_io=%s\n",
           BRIDGE_SECTOR_SIZE, BRIDGE_MAX_ARGS,
           BRIDGE_HAVE_SYNC_IO ? "sync" : "callback");
    bridge_dump_disks();
}

static struct nbdkit_plugin plugin = {
    .name = "rogate",
    .version = "0.1.0",
    .longname = "rogate bridge to an ioemu block layer",
    .description = "Serves each disk of a device model as an export.",
    .magic_config_key = "arg",
    .config = rogate_config,
    .config_complete = rogate_config_complete,
    .config_help = "[arg=]WORD    (repeated) the device model's command line",
    .dump_plugin = rogate_dump_plugin,
    .get_ready = rogate_get_ready,
    .after_fork = rogate_after_fork,
    .unload = rogate_unload,
    .list_exports = rogate_list_exports,
    .default_export = rogate_default_export,
    .open = rogate_open,
    .get_size = rogate_get_size,
    .block_size = rogate_block_size,
    .can_write = rogate_yes,
    .can_flush = rogate_yes,
    .can_trim = rogate_yes,
    .can_zero = rogate_yes,
    .can_fua = rogate_can_fua,
    /* all connections share one block layer and one request runs at a time */
    .can_multi_conn = rogate_yes,
    .pread = rogate_pread,
    .pwrite = rogate_pwrite,
    .zero = rogate_zero,
    .trim = rogate_zero,
    .flush = rogate_flush,
};

NBDKIT_REGISTER_PLUGIN(plugin)
