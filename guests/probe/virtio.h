/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices behind PCI, the modern interface of the Virtual I/O Device
 * (VIRTIO) specification 1.0: configuration (4.1) and split queues (2.4).
 * Interrupts only end a halt (msi.h, irq.h): what is done, the queue tells.
 */
#ifndef PROBE_VIRTIO_H
#define PROBE_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_QUEUE_SIZE 64        /* parts in flight, a power of two */
#define VIRTIO_WAIT_MS 2000

/* Device types (5). */
#define VIRTIO_BLOCK 2
#define VIRTIO_CONSOLE 3
#define VIRTIO_SCSI 8

struct virtio_device {
    uint32_t pci;
    volatile uint8_t *common;
    volatile uint8_t *notify;
    volatile uint8_t *isr;
    volatile uint8_t *config;       /* the type's own, or NULL */
    uint32_t notify_multiplier;
    uint64_t features;              /* agreed on */
    bool sends_messages;            /* its queues can end msi_wait */
};

/* The three parts of a queue as the device sees them (2.4.5 to 2.4.8). */
struct virtio_descriptor {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtio_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[VIRTIO_QUEUE_SIZE];
    uint16_t used_event;
};

struct virtio_used {
    uint16_t flags;
    uint16_t index;
    struct {
        uint32_t id;
        uint32_t bytes;
    } ring[VIRTIO_QUEUE_SIZE];
    uint16_t available_event;
};

struct virtio_queue {
    struct virtio_descriptor descriptors[VIRTIO_QUEUE_SIZE]
        __attribute__((aligned(16)));
    struct virtio_available available;
    struct virtio_used used __attribute__((aligned(4)));
    volatile uint16_t *doorbell;
    volatile uint8_t *isr;
    uint16_t number;
    uint16_t size;                  /* what the device takes, at most ours */
    uint16_t filled;                /* descriptors of requests on their way */
    bool sends_messages;
};

/* One piece of a request: a stretch of memory and its direction. */
struct virtio_part {
    void *data;                     /* not read when `bytes` is 0 */
    uint32_t bytes;                 /* 0: left out */
    bool device_writes;
};

/*
 * The `nth` (from 0) function on bus 0 that is a device of `type`, in the
 * order of device and function; PCI_NONE (pci.h) if there is none.
 */
uint32_t virtio_find(unsigned type, unsigned nth);

/*
 * Resets the device and agrees on those of the `wanted` features that it
 * offers, and on VERSION_1. False if it has no modern interface or does not
 * agree. To be called again after a request that did not come back: nothing
 * of what was on its way is carried on.
 */
bool virtio_start(struct virtio_device *device, uint32_t pci,
                  uint64_t wanted);

/* Hands queue `number` to the device. False if it does not have it. */
bool virtio_start_queue(struct virtio_device *device,
                        struct virtio_queue *queue, uint16_t number);

/* After the last queue: the device may work (DRIVER_OK). */
void virtio_go(struct virtio_device *device);

/*
 * Adds a request of `n` parts, the device's own last. False if the queue has
 * no room for it. The device looks at it after virtio_ring.
 */
bool virtio_add(struct virtio_queue *queue, const struct virtio_part *parts,
                unsigned n);

/* Tells the device that there are requests. */
void virtio_ring(struct virtio_queue *queue);

/*
 * Waits until all requests came back, at most VIRTIO_WAIT_MS, and empties the
 * queue. False if time was up; then the device is to be started anew.
 */
bool virtio_wait(struct virtio_queue *queue);

#endif
