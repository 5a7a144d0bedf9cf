/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report by way of a virtio console (VIRTIO 1.0, 5.3): one request for
 * some 8 KiB of text, where QEMU's debug console costs a system call a byte.
 */
#ifndef PROBE_VIRTIO_CONSOLE_H
#define PROBE_VIRTIO_CONSOLE_H

/* Sends all lines to the machine's virtio console from now on, if it has one
 * that works; without, nothing changes. */
void virtio_console_start(void);

#endif
