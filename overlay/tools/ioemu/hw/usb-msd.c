/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioemu: USB mass storage, the disk of -usbdevice disk:. */
#include <stdio.h>
#include <string.h>

#include "vl.h"
#include "hw/usb.h"

typedef struct MSDState {
    USBDevice dev;
    BlockDriverState *bs;
} MSDState;

/* Takes "format=NAME:" off the name; 0, or -1 after a message. */
static int usb_msd_parse_format(const char **filename, BlockDriver **drv)
{
    char fmt[33];
    const char *p, *end;

    *drv = NULL;
    if (!strstart(*filename, "format=", &p)) {
        return 0;
    }
    end = strchr(p, ':');
    if (end && (size_t)(end - p) < sizeof(fmt)) {
        pstrcpy(fmt, end - p + 1, p);
        *drv = bdrv_find_format(fmt);
    }
    if (!*drv) {
        fprintf(stderr, "qemu: unknown format in USB disk '%s'\n", *filename);
        return -1;
    }
    *filename = end + 1;
    return 0;
}

USBDevice *usb_msd_init(const char *filename)
{
    MSDState *s;
    BlockDriverState *bdrv;
    BlockDriver *drv;
    int ret;

    if (usb_msd_parse_format(&filename, &drv) < 0)
        return NULL;

    s = qemu_mallocz(sizeof(MSDState));
    if (!s)
        return NULL;

    bdrv = bdrv_new("usb");
    ret = bdrv ? bdrv_open2(bdrv, filename, 0, drv) : -1;
    if (ret < 0) {
        fprintf(stderr, "qemu: could not open USB disk image '%s': %s\n",
                filename, bdrv ? strerror(-ret) : "not enough memory");
        if (bdrv) {
            bdrv_delete(bdrv);
        }
        qemu_free(s);
        return NULL;
    }

    s->dev.speed = USB_SPEED_FULL;
    s->bs = bdrv;
    snprintf(s->dev.devname, sizeof(s->dev.devname), "QEMU USB MSD(%.16s)",
             filename);
    return &s->dev;
}

BlockDriverState *usb_msd_disk(USBDevice *dev)
{
    return ((MSDState *)dev)->bs;
}

void usb_msd_free(USBDevice *dev)
{
    qemu_free(dev);
}
