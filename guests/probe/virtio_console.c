/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virtio_console.h"

#include "console.h"
#include "pci.h"
#include "virtio.h"

#define TRANSMIT_QUEUE 1            /* of port 0 (5.3.2) */

static struct virtio_device device;
static struct virtio_queue queue;

static bool send(const char *text, unsigned bytes)
{
    struct virtio_part part = { (void *)text, bytes, false };

    if (!virtio_add(&queue, &part, 1)) {
        return false;
    }
    virtio_ring(&queue);
    return virtio_wait(&queue);
}

void virtio_console_start(void)
{
    uint32_t pci = virtio_find(VIRTIO_CONSOLE, 0);

    if (pci != PCI_NONE && virtio_start(&device, pci, 0) &&
        virtio_start_queue(&device, &queue, TRANSMIT_QUEUE)) {
        virtio_go(&device);
        console_redirect(send);
    }
}
