/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the disks of a Xen domain, as the tool stack wrote them to xenstore.
 *
 * A disk is a directory below /local/domain/DOMID/device/vbd.  These nodes are
 * looked at, those of the backend in the directory that `backend` names:
 *
 *   device-type    "disk" or "cdrom"
 *   phantom_vbd    the backend directory of a disk of this domain that shows
 *                  the same data; its device is opened instead of params
 *   backend/dev    the name in the guest: hda..hdd, sda..sdg; others are the
 *                  paravirtual driver's and none of ours
 *   backend/type   "file", "phy" (params may lack its /dev/), "tap" (params
 *                  starts with a word for the format and a colon)
 *   backend/params the image; empty: a drive without a medium
 *   backend/format a format's name; else it follows from tap's word, or the
 *                  image is probed
 *
 * A CD drive's params are watched: when they change, so does the medium.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "vl.h"
#include "block_int.h"

#define MAX_BS (MAX_DISKS + MAX_SCSI_DISKS)

/* a drive whose medium the tool stack may change */
typedef struct MediaDrive {
    char *bpath;  /* the backend's directory, NULL = no such drive */
    char *params; /* what is in the drive */
} MediaDrive;

static struct xs_handle *xsh;
static MediaDrive media_drives[MAX_BS];

/* Formats into *buf, whose old content is freed; -1 and NULL on failure. */
static int __attribute__((format(printf, 2, 3)))
pasprintf(char **buf, const char *fmt, ...)
{
    va_list ap;
    int ret;

    free(*buf);
    va_start(ap, fmt);
    ret = vasprintf(buf, fmt, ap);
    va_end(ap);
    if (ret < 0) {
        *buf = NULL;
        return -1;
    }
    return ret;
}

static char *read_node(const char *dir, const char *name)
{
    char *path = NULL, *value = NULL;
    unsigned int len;

    if (pasprintf(&path, "%s/%s", dir, name) != -1) {
        value = xs_read(xsh, XBT_NULL, path, &len);
    }
    free(path);
    return value;
}

int xenstore_fd(void)
{
    return xsh ? xs_fileno(xsh) : -1;
}

void xenstore_close(void)
{
    int i;

    for (i = 0; i < MAX_BS; i++) {
        free(media_drives[i].bpath);
        free(media_drives[i].params);
        media_drives[i].bpath = media_drives[i].params = NULL;
    }
    if (xsh) {
        xs_close(xsh);
        xsh = NULL;
    }
}

int xenstore_is_media_drive(int slot)
{
    return media_drives[slot].bpath != NULL;
}

/* The slot's number on its bus: 0 for "hda" and "sda"; -1 = not ours. */
static int parse_dev(const char *dev, int *is_scsi)
{
    *is_scsi = !strncmp(dev, "sd", 2);
    if ((!*is_scsi && strncmp(dev, "hd", 2)) || strlen(dev) != 3 ||
        dev[2] < 'a' ||
        dev[2] >= 'a' + (*is_scsi ? MAX_SCSI_DISKS : MAX_DISKS)) {
        return -1;
    }
    return dev[2] - 'a';
}

/* What a tap disk's word says of its format; *params goes behind the word. */
static BlockDriver *parse_tap(const char **params)
{
    static const char *const words[][2] = {
        { "aio:", "raw" }, { "sync:", "raw" }, { "qcow:", "qcow" },
        { "qcow2:", "qcow2" }, { "vmdk:", "vmdk" },
    };
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstart(*params, words[i][0], params)) {
            return bdrv_find_format(words[i][1]);
        }
    }
    return NULL;
}

/* Opens what a backend's params name; `drv` is NULL if no node names a format.
   0, or -1 after a message: the drive is then without a medium. */
static int open_params(BlockDriverState *bs, const char *bpath,
                       const char *params, BlockDriver *drv)
{
    char *type = read_node(bpath, "type");
    char filename[BDRV_NAME_MAX];
    BlockDriver *tap_drv = NULL;
    const char *dir = "";
    int ret;

    if (type && !strcmp(type, "tap")) {
        tap_drv = parse_tap(&params);
    } else if (type && !strcmp(type, "phy") && params[0] != '/') {
        dir = "/dev/";
    }
    free(type);
    ret = snprintf(filename, sizeof(filename), "%s%s", dir, params);
    if (ret < 0 || (size_t)ret >= sizeof(filename)) {
        ret = -ENAMETOOLONG;
    } else {
        ret = bdrv_open2(bs, filename, 0, drv ? drv : tap_drv);
    }
    if (ret < 0) {
        fprintf(stderr, "qemu: could not open hard disk image '%s': %s\n",
                params, strerror(-ret));
        return -1;
    }
    return 0;
}

/* The driver that a format node names: 0, or -1 after a message. */
static int find_driver(const char *format, const char *dev, BlockDriver **drv)
{
    *drv = NULL;
    if (format && format[0] != '\0') {
        *drv = bdrv_find_format(format);
        if (!*drv) {
            fprintf(stderr, "qemu: unknown format '%s' of disk '%s'\n",
                    format, dev);
            return -1;
        }
    }
    return 0;
}

void xenstore_parse_domain_config(int domid)
{
    char **e = NULL;
    char *buf = NULL, *path;
    char *fpath = NULL, *bpath = NULL,
        *dev = NULL, *params = NULL, *type = NULL, *format = NULL;
    int i, is_scsi;
    unsigned int len, num, hd_index;
    BlockDriver *drv;

    xenstore_close();
    xsh = xs_open(0);
    if (xsh == NULL) {
        fprintf(stderr, "qemu: cannot reach xenstore: %s\n", strerror(errno));
        return;
    }
    path = xs_get_domain_path(xsh, domid);
    if (path == NULL) {
        fprintf(stderr, "qemu: no path of domain %d in xenstore\n", domid);
        goto out;
    }
    if (pasprintf(&buf, "%s/device/vbd", path) == -1)
        goto out;
    e = xs_directory(xsh, XBT_NULL, buf, &num);
    if (e == NULL)
        num = 0;

    for (i = 0; i < (int)num; i++) {
        /* the backend's side of the disk */
        if (pasprintf(&buf, "%s/device/vbd/%s/backend", path, e[i]) == -1)
            continue;
        free(bpath);
        bpath = xs_read(xsh, XBT_NULL, buf, &len);
        if (bpath == NULL)
            continue;
        /* its name in the guest, which is its slot */
        free(dev);
        dev = read_node(bpath, "dev");
        if (dev == NULL || parse_dev(dev, &is_scsi) < 0)
            continue;
        hd_index = parse_dev(dev, &is_scsi);
        if (bs_table[hd_index + (is_scsi ? MAX_DISKS : 0)]) {
            fprintf(stderr, "qemu: two disks '%s' in xenstore\n", dev);
            continue;
        }
        /* disk or cdrom */
        if (pasprintf(&buf, "%s/device/vbd/%s/device-type", path, e[i]) == -1)
            continue;
        free(type);
        type = xs_read(xsh, XBT_NULL, buf, &len);
        /* what is behind it */
        if (pasprintf(&buf, "%s/params", bpath) == -1)
            continue;
        free(params);
        params = xs_read(xsh, XBT_NULL, buf, &len);
        if (params == NULL)
            continue;
        if (pasprintf(&buf, "%s/format", bpath) == -1)
            continue;
        free(format);
        format = xs_read(xsh, XBT_NULL, buf, &len);
        if (find_driver(format, dev, &drv) < 0)
            continue;
        /* the same data as a device of this domain */
        if (pasprintf(&buf, "%s/device/vbd/%s/phantom_vbd", path, e[i]) == -1)
            continue;
        free(fpath);
        fpath = xs_read(xsh, XBT_NULL, buf, &len);
        if (fpath != NULL) {
            char *phantom_dev = read_node(fpath, "dev");
            int ret = -1;

            if (phantom_dev != NULL) {
                ret = pasprintf(&params, "/dev/%s", phantom_dev);
                free(phantom_dev);
                drv = &bdrv_raw;
            }
            if (ret == -1) {
                continue;
            }
        }

        bs_table[hd_index + (is_scsi ? MAX_DISKS : 0)] = bdrv_new(dev);
        hd_index += is_scsi ? MAX_DISKS : 0;
        if (bs_table[hd_index] == NULL)
            continue;
        /* check if it is a cdrom */
        if (type && !strcmp(type, "cdrom")) {
            bdrv_set_type_hint(bs_table[hd_index], BDRV_TYPE_CDROM);
            media_drives[hd_index].bpath = strdup(bpath);
            media_drives[hd_index].params = strdup(params);
        }
        if (params[0] != '\0') {
            open_params(bs_table[hd_index], bpath, params, drv);
        }
    }

 out:
    free(type);
    free(format);
    free(params);
    free(dev);
    free(bpath);
    free(fpath);
    free(buf);
    free(path);
    free(e);
}

/* The handle of the start may be another process's by now, and libxenstore
   starts a thread with the first watch: hence a connection of our own. */
int xenstore_watch_media(void)
{
    char *path = NULL;
    char token[16];
    int i, ret = 0;

    if (!xsh) {
        return 0;
    }
    xs_close(xsh);
    xsh = xs_open(0);
    if (!xsh) {
        return errno ? -errno : -EIO;
    }
    for (i = 0; i < MAX_BS && ret == 0; i++) {
        if (!media_drives[i].bpath) {
            continue;
        }
        snprintf(token, sizeof(token), "%d", i);
        if (pasprintf(&path, "%s/params", media_drives[i].bpath) == -1) {
            ret = -ENOMEM;
        } else if (!xs_watch(xsh, path, token)) {
            ret = errno ? -errno : -EIO;
        }
    }
    free(path);
    return ret;
}

/* Puts what the params now name into a drive. */
static void change_medium(int slot)
{
    MediaDrive *drive = &media_drives[slot];
    BlockDriverState *bs, *old = bs_table[slot];
    char *params = read_node(drive->bpath, "params");
    char *format;
    char dev[sizeof(old->device_name)];
    BlockDriver *drv;

    if (!params) {
        params = strdup("");
    }
    if (!params || !old || (drive->params && !strcmp(params, drive->params))) {
        free(params);
        return;
    }
    free(drive->params);
    drive->params = params;
    pstrcpy(dev, sizeof(dev), bdrv_get_device_name(old));

    bs = bdrv_new(dev);
    if (!bs) {
        bdrv_close(old);
        return;
    }
    bdrv_set_type_hint(bs, bdrv_get_type_hint(old));
    bdrv_set_change_cb(bs, old->change_cb, old->change_opaque);
    bs_table[slot] = bs;
    bdrv_delete(old);

    format = read_node(drive->bpath, "format");
    if (params[0] != '\0' && find_driver(format, dev, &drv) == 0) {
        open_params(bs, drive->bpath, params, drv);
    }
    free(format);
}

void xenstore_process_event(void *opaque)
{
    char **event, *end;
    unsigned long slot;

    (void)opaque;
    while (xsh && (event = xs_check_watch(xsh)) != NULL) {
        slot = strtoul(event[XS_WATCH_TOKEN], &end, 10);
        if (slot < MAX_BS && media_drives[slot].bpath) {
            change_medium(slot);
        }
        free(event);
    }
}
