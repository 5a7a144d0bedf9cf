/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioemu: USB devices, as far as they have disks. */
#ifndef HW_USB_H
#define HW_USB_H

#include "vl.h"

#define USB_SPEED_LOW 0
#define USB_SPEED_FULL 1

typedef struct USBDevice {
    int speed;
    char devname[32];
} USBDevice;

/* hw/usb-msd.c */

/* A memory stick.  `filename` is the image, with "format=NAME:" before it to
   name the format; without, it is probed.  NULL after a message. */
USBDevice *usb_msd_init(const char *filename);
BlockDriverState *usb_msd_disk(USBDevice *dev);
/* frees the device, but not its disk */
void usb_msd_free(USBDevice *dev);

#endif
