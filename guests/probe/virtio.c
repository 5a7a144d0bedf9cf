/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virtio.h"

#include <stddef.h>

#include "clock.h"
#include "msi.h"
#include "pci.h"
#include "string.h"

/* PCI identity (4.1.2): modern numbers follow the type, older ones do not. */
#define PCI_CLASS_STORAGE_SCSI 0x0100   /* what block and SCSI devices show */
#define MAX_FUNCTIONS 256           /* 32 slots of 8 */
#define VENDOR 0x1af4u
#define MODERN_ID 0x1040u
#define PCI_CLASS_OTHER_COMMUNICATION 0x0780
#define OLD_ID_CONSOLE 0x1003u
#define OLD_ID_BLOCK 0x1001u
#define OLD_ID_SCSI 0x1004u

#define PCI_REG_ID 0x00
#define PCI_REG_STATUS 0x04         /* upper half */
#define PCI_HAS_CAPABILITIES 0x00100000u
#define PCI_REG_CAPABILITIES 0x34
#define PCI_CAPABILITY_VENDOR 0x09
#define PCI_CAPABILITY_MSIX 0x11
#define MAX_CAPABILITIES 48         /* a list longer than that is a circle */

/* struct virtio_pci_cap (4.1.4) */
#define CAP_BAR 4
#define CAP_OFFSET 8
#define CAP_NOTIFY_MULTIPLIER 16
#define CAP_TYPE_COMMON 1
#define CAP_TYPE_NOTIFY 2
#define CAP_TYPE_ISR 3
#define CAP_TYPE_DEVICE 4

/* MSI-X (PCI 3.0, 6.8.2): a capability, and a table of entries in a BAR. */
#define MSIX_TABLE 4
#define MSIX_TABLE_BAR 0x07u
#define MSIX_ENABLE 0x80000000u     /* of the capability's first register */
#define MSIX_MASK_ALL 0x40000000u
#define NO_VECTOR 0xffff

/* struct virtio_pci_common_cfg (4.1.4.3) */
#define COMMON_DEVICE_FEATURE_SELECT 0
#define COMMON_DEVICE_FEATURE 4
#define COMMON_DRIVER_FEATURE_SELECT 8
#define COMMON_DRIVER_FEATURE 12
#define COMMON_STATUS 20
#define COMMON_QUEUE_SELECT 22
#define COMMON_QUEUE_SIZE 24
#define COMMON_QUEUE_VECTOR 26
#define COMMON_QUEUE_ENABLE 28
#define COMMON_QUEUE_NOTIFY 30
#define COMMON_QUEUE_DESCRIPTORS 32
#define COMMON_QUEUE_AVAILABLE 40
#define COMMON_QUEUE_USED 48

/* Device status (2.1) */
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8

#define FEATURE_VERSION_1 (1ull << 32)
#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_DEVICE_WRITES 2

#define LOOKS 64                    /* at the queue, before a halt */
#define CLOCK_CALLS 64              /* so many look at the timer for sure */

static void put8(const struct virtio_device *device, unsigned at, uint8_t v)
{
    device->common[at] = v;
}

static uint16_t get16(const struct virtio_device *device, unsigned at)
{
    return *(volatile uint16_t *)(device->common + at);
}

static void put16(const struct virtio_device *device, unsigned at, uint16_t v)
{
    *(volatile uint16_t *)(device->common + at) = v;
}

static uint32_t get32(const struct virtio_device *device, unsigned at)
{
    return *(volatile uint32_t *)(device->common + at);
}

static void put32(const struct virtio_device *device, unsigned at, uint32_t v)
{
    *(volatile uint32_t *)(device->common + at) = v;
}

static void put_address(const struct virtio_device *device, unsigned at,
                        const void *address)
{
    put32(device, at, (uint32_t)(uintptr_t)address);
    put32(device, at + 4, 0);       /* guests run below 4 GiB */
}

/* Every function that shows the class, looked for once: each look costs. */
static unsigned list_functions(uint32_t *pci, uint32_t *id, unsigned room)
{
    unsigned n = 0;

    while (n < room && (pci[n] = pci_find(PCI_CLASS_STORAGE_SCSI, n)) !=
                           PCI_NONE) {
        id[n] = pci_read(pci[n], PCI_REG_ID);
        n++;
    }
    return n;
}

/* True if a function with that PCI identity is a device of `type`. */
static bool is_type(uint32_t id, unsigned type)
{
    uint32_t old = type == VIRTIO_BLOCK ? OLD_ID_BLOCK
                 : type == VIRTIO_SCSI ? OLD_ID_SCSI : OLD_ID_CONSOLE;

    return id == (VENDOR | (MODERN_ID + type) << 16) ||
           id == (VENDOR | old << 16);
}

/* A console has a class of its own, and one of them will do. */
static uint32_t find_console(void)
{
    uint32_t pci = pci_find(PCI_CLASS_OTHER_COMMUNICATION, 0);

    return pci != PCI_NONE &&
           is_type(pci_read(pci, PCI_REG_ID), VIRTIO_CONSOLE) ? pci : PCI_NONE;
}

uint32_t virtio_find(unsigned type, unsigned nth)
{
    static uint32_t pci[MAX_FUNCTIONS];
    static uint32_t id[MAX_FUNCTIONS];
    static unsigned n;
    static bool listed;

    if (type == VIRTIO_CONSOLE) {
        return nth == 0 ? find_console() : PCI_NONE;
    }
    if (!listed) {
        n = list_functions(pci, id, MAX_FUNCTIONS);
        listed = true;
    }
    for (unsigned i = 0; i < n; i++) {
        if (is_type(id[i], type) && nth-- == 0) {
            return pci[i];
        }
    }
    return PCI_NONE;
}

/* Takes what one capability tells; those of no use here are passed over. */
static void take_capability(struct virtio_device *device, unsigned at,
                            unsigned type)
{
    unsigned bar = pci_read(device->pci, at + CAP_BAR) & 0xff;
    uint32_t offset = pci_read(device->pci, at + CAP_OFFSET);
    volatile uint8_t *base;

    if (bar > 5 || pci_bar(device->pci, bar) == 0) {
        return;
    }
    base = (volatile uint8_t *)(uintptr_t)(pci_bar(device->pci, bar) + offset);
    /* Of several of a kind the first is the preferred one (4.1.4.1). */
    if (type == CAP_TYPE_COMMON && device->common == NULL) {
        device->common = base;
    } else if (type == CAP_TYPE_NOTIFY && device->notify == NULL) {
        device->notify = base;
        device->notify_multiplier =
            pci_read(device->pci, at + CAP_NOTIFY_MULTIPLIER);
    } else if (type == CAP_TYPE_ISR && device->isr == NULL) {
        device->isr = base;
    } else if (type == CAP_TYPE_DEVICE && device->config == NULL) {
        device->config = base;
    }
}

/* Lets the device send messages: entry 0 of its table, for all queues. */
static void take_messages(struct virtio_device *device, unsigned at)
{
    uint32_t where = pci_read(device->pci, at + MSIX_TABLE);
    uint32_t base = pci_bar(device->pci, where & MSIX_TABLE_BAR);
    volatile uint32_t *entry;

    if ((where & MSIX_TABLE_BAR) > 5 || base == 0 || !msi_start()) {
        return;
    }
    entry = (volatile uint32_t *)(uintptr_t)(base + (where & ~MSIX_TABLE_BAR));
    pci_write(device->pci, at, (pci_read(device->pci, at) | MSIX_ENABLE) &
                               ~MSIX_MASK_ALL);
    entry[0] = MSI_ADDRESS;
    entry[1] = 0;
    entry[2] = MSI_DATA;
    entry[3] = 0;                   /* not masked */
    device->sends_messages = true;
}

static bool map(struct virtio_device *device)
{
    unsigned at;

    pci_enable(device->pci);
    if (!(pci_read(device->pci, PCI_REG_STATUS) & PCI_HAS_CAPABILITIES)) {
        return false;
    }
    at = pci_read(device->pci, PCI_REG_CAPABILITIES) & 0xfc;
    for (unsigned i = 0; at != 0 && i < MAX_CAPABILITIES; i++) {
        uint32_t head = pci_read(device->pci, at);

        if ((head & 0xff) == PCI_CAPABILITY_VENDOR) {
            take_capability(device, at, head >> 24);
        } else if ((head & 0xff) == PCI_CAPABILITY_MSIX) {
            take_messages(device, at);
        }
        at = head >> 8 & 0xfc;
    }
    return device->common != NULL && device->notify != NULL &&
           device->isr != NULL;
}

static uint64_t offered(const struct virtio_device *device)
{
    uint64_t low;

    put32(device, COMMON_DEVICE_FEATURE_SELECT, 0);
    low = get32(device, COMMON_DEVICE_FEATURE);
    put32(device, COMMON_DEVICE_FEATURE_SELECT, 1);
    return low | (uint64_t)get32(device, COMMON_DEVICE_FEATURE) << 32;
}

bool virtio_start(struct virtio_device *device, uint32_t pci, uint64_t wanted)
{
    struct clock_limit limit;

    memset(device, 0, sizeof(*device));
    device->pci = pci;
    if (!map(device)) {
        return false;
    }
    put8(device, COMMON_STATUS, 0);
    clock_start(&limit, VIRTIO_WAIT_MS);
    while (device->common[COMMON_STATUS] != 0) {
        if (clock_expired(&limit)) {
            return false;
        }
    }
    put8(device, COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    device->features = offered(device) & (wanted | FEATURE_VERSION_1);
    put32(device, COMMON_DRIVER_FEATURE_SELECT, 0);
    put32(device, COMMON_DRIVER_FEATURE, (uint32_t)device->features);
    put32(device, COMMON_DRIVER_FEATURE_SELECT, 1);
    put32(device, COMMON_DRIVER_FEATURE, (uint32_t)(device->features >> 32));
    put8(device, COMMON_STATUS,
         STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    return device->features & FEATURE_VERSION_1 &&
           device->common[COMMON_STATUS] & STATUS_FEATURES_OK;
}

bool virtio_start_queue(struct virtio_device *device,
                        struct virtio_queue *queue, uint16_t number)
{
    uint32_t doorbell;

    memset(queue, 0, sizeof(*queue));
    put16(device, COMMON_QUEUE_SELECT, number);
    queue->number = number;
    queue->isr = device->isr;
    queue->size = get16(device, COMMON_QUEUE_SIZE);
    if (queue->size == 0) {
        return false;
    }
    if (queue->size > VIRTIO_QUEUE_SIZE) {
        queue->size = VIRTIO_QUEUE_SIZE;
        put16(device, COMMON_QUEUE_SIZE, queue->size);
    }
    put_address(device, COMMON_QUEUE_DESCRIPTORS, queue->descriptors);
    put_address(device, COMMON_QUEUE_AVAILABLE, &queue->available);
    put_address(device, COMMON_QUEUE_USED, &queue->used);
    if (device->sends_messages) {
        put16(device, COMMON_QUEUE_VECTOR, 0);
        queue->sends_messages =
            get16(device, COMMON_QUEUE_VECTOR) != NO_VECTOR;
    }
    doorbell = get16(device, COMMON_QUEUE_NOTIFY) * device->notify_multiplier;
    queue->doorbell = (volatile uint16_t *)(device->notify + doorbell);
    put16(device, COMMON_QUEUE_ENABLE, 1);
    return true;
}

void virtio_go(struct virtio_device *device)
{
    put8(device, COMMON_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER |
                                STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

bool virtio_add(struct virtio_queue *queue, const struct virtio_part *parts,
                unsigned n)
{
    uint16_t first = queue->filled;
    uint16_t at = first;
    struct virtio_available *available = &queue->available;

    if (n == 0 || n > (unsigned)(queue->size - first)) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        struct virtio_descriptor *descriptor = &queue->descriptors[at];

        if (parts[i].bytes == 0) {
            continue;
        }
        at++;
        descriptor->address = (uintptr_t)parts[i].data;
        descriptor->bytes = parts[i].bytes;
        descriptor->flags = DESCRIPTOR_NEXT |
                            (parts[i].device_writes
                             ? DESCRIPTOR_DEVICE_WRITES : 0);
        descriptor->next = at;
    }
    if (at == first) {
        return false;
    }
    queue->descriptors[at - 1].flags &= (uint16_t)~DESCRIPTOR_NEXT;
    queue->filled = at;
    available->ring[available->index & (queue->size - 1)] = first;
    /* The device may look as soon as the index tells; x86 keeps the order. */
    __asm__ volatile("" : : : "memory");
    available->index++;
    return true;
}

void virtio_ring(struct virtio_queue *queue)
{
    __asm__ volatile("" : : : "memory");
    *queue->doorbell = queue->number;
}

/* True if all requests came back. */
static bool is_done(const struct virtio_queue *queue)
{
    volatile const uint16_t *done = &queue->used.index;

    for (unsigned i = 0; i < LOOKS; i++) {
        if (*done == queue->available.index) {
            return true;
        }
    }
    return false;
}

/* Sleeps until there is something to see, or time passed. False if it is up. */
static bool rest(const struct virtio_queue *queue, struct clock_limit *limit)
{
    msi_wait();
    if (is_done(queue)) {
        return true;
    }
    for (unsigned i = 0; i < CLOCK_CALLS; i++) {
        if (clock_expired(limit)) {
            return false;
        }
    }
    return true;
}

bool virtio_wait(struct virtio_queue *queue)
{
    struct clock_limit limit;

    clock_start(&limit, VIRTIO_WAIT_MS);
    while (!is_done(queue)) {
        if (queue->sends_messages ? !rest(queue, &limit)
                                  : clock_idle(&limit)) {
            return false;
        }
    }
    if (!queue->sends_messages) {
        (void)*queue->isr;          /* takes the line back (4.1.4.5) */
    }
    queue->filled = 0;
    __asm__ volatile("" : : : "memory");
    return true;
}
