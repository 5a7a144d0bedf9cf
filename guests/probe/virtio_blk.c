/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to virtio block devices; references are to the Virtual I/O Device
 * (VIRTIO) specification 1.1, section 5.2. That a device is read-only
 * (VIRTIO_BLK_F_RO) is never agreed on: there have been devices which took a
 * guest that does not know the feature for one that may write.
 */
#include "virtio_blk.h"

#include <stddef.h>

#include "pci.h"
#include "string.h"
#include "virtio.h"

/* Feature bits (5.2.3). */
#define FEATURE_FLUSH (1ull << 9)
#define FEATURE_CONFIG_WCE (1ull << 11)
#define FEATURE_DISCARD (1ull << 13)
#define FEATURE_WRITE_ZEROES (1ull << 14)
#define WANTED (FEATURE_FLUSH | FEATURE_CONFIG_WCE | FEATURE_DISCARD | \
                FEATURE_WRITE_ZEROES)

#define CONFIG_CAPACITY 0           /* sectors of 512 bytes (5.2.4) */

/* Request types (5.2.6); 14 is of version 1.2. */
#define TYPE_IN 0
#define TYPE_OUT 1
#define TYPE_SCSI 2
#define TYPE_FLUSH 4
#define TYPE_GET_ID 8
#define TYPE_DISCARD 11
#define TYPE_WRITE_ZEROES 13
#define TYPE_SECURE_ERASE 14
#define ID_BYTES 20
#define STATUS_NONE 0xff            /* the device did not write it */

#define ZEROES_MAY_UNMAP 0x01       /* flag of a range */

/* Flags of struct command. */
#define TAKES_RANGE 0x01            /* its data is a struct range */
#define TAKES_ID 0x02               /* its data is the device's name */

#define SLOT(k) (16 + 8 * (k))
#define ABSENT(k) (144 + 8 * (k))
#define AT_64_KIB (128 - 4)
#define AT_2_MIB (4096 - 4)

/* Shorthand for the rows; the columns are struct command's. */
#define IDENTIFY REPORT_IDENTIFY, REPORT_DMA, FLOW_IN
#define READ REPORT_READ, REPORT_DMA, FLOW_IN
#define WRITE REPORT_WRITE, REPORT_DMA, FLOW_OUT
#define TRIM REPORT_TRIM, REPORT_DMA, FLOW_OUT
#define ABSENT_OUT REPORT_ABSENT, REPORT_DMA, FLOW_OUT
#define FLUSH REPORT_FLUSH, REPORT_NONE, FLOW_NONE

static const struct command reader = {
    TYPE_IN, READ, AT_LBA, 8, 0, 0, 0, "IN"
};
static const struct command get_id = {
    TYPE_GET_ID, IDENTIFY, AT_LBA, 0, 0, TAKES_ID, 0, "GET_ID"
};

/* The places are those of ata_table.c. */
static const struct command commands[] = {
    { TYPE_GET_ID, IDENTIFY, AT_LBA, 0, 0, TAKES_ID, 0, "GET_ID" },

    { TYPE_IN, READ, AT_LBA, 1, 0, 0, 0, "IN" },
    { TYPE_IN, READ, AT_LBA, 8, 0, 0, AT_64_KIB, "IN" },
    { TYPE_IN, READ, AT_LAST, 3, 0, 0, 0, "IN" },

    { TYPE_OUT, WRITE, AT_LBA, 1, 0, 0, SLOT(0), "OUT" },
    { TYPE_OUT, WRITE, AT_LBA, 8, 0, 0, SLOT(1), "OUT" },
    { TYPE_OUT, WRITE, AT_LBA, 1, 0, 0, 0, "OUT" },
    { TYPE_OUT, WRITE, AT_LBA, 8, 0, 0, AT_64_KIB, "OUT" },
    { TYPE_OUT, WRITE, AT_LBA, 8, 0, 0, AT_2_MIB, "OUT" },
    { TYPE_OUT, WRITE, AT_LAST, 1, 0, 0, 0, "OUT" },

    { TYPE_DISCARD, TRIM, AT_LBA, 8, 0, TAKES_RANGE, SLOT(2), "DISCARD" },
    { TYPE_WRITE_ZEROES, TRIM, AT_LBA, 8, 0, TAKES_RANGE, SLOT(3),
      "WRITE_ZEROES" },
    { TYPE_WRITE_ZEROES, TRIM, AT_LBA, 8, ZEROES_MAY_UNMAP, TAKES_RANGE,
      SLOT(4), "WRITE_ZEROES_UNMAP" },

    /* SCSI commands are for devices of before version 1 only. */
    { TYPE_SCSI, ABSENT_OUT, AT_LBA, 1, 0, 0, ABSENT(0), "SCSI_CMD" },
    { TYPE_SECURE_ERASE, ABSENT_OUT, AT_LBA, 8, 0, TAKES_RANGE, ABSENT(1),
      "SECURE_ERASE" },

    { TYPE_FLUSH, FLUSH, AT_LBA, 0, 0, 0, 0, "FLUSH" },
};

struct range {                      /* discard and write zeroes */
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags;
};

struct request_head {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};

struct block_device {
    struct virtio_device device;
    struct virtio_queue queue;
};

static bool start(struct block_device *block, uint32_t pci)
{
    if (!virtio_start(&block->device, pci, WANTED) ||
        !virtio_start_queue(&block->device, &block->queue, 0)) {
        return false;
    }
    virtio_go(&block->device);
    return true;
}

static void prepare(const struct transfer *transfer)
{
    struct range *range = transfer->data;

    if (transfer->command->flags & TAKES_RANGE) {
        range->sector = transfer->lba;
        range->sectors = transfer->sectors;
        range->flags = transfer->command->feature;
    }
}

static uint32_t data_bytes(const struct transfer *transfer)
{
    if (transfer->flow == FLOW_NONE) {
        return 0;
    }
    if (transfer->command->flags & TAKES_RANGE) {
        return sizeof(struct range);
    }
    return transfer->command->flags & TAKES_ID
           ? ID_BYTES : transfer->sectors * SECTOR_BYTES;
}

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    static struct request_head head;
    static volatile uint8_t status;
    struct block_device *block = disk->bus;
    const struct virtio_part parts[] = {
        { &head, sizeof(head), false },
        { transfer->data, data_bytes(transfer), transfer->flow == FLOW_IN },
        { (void *)(uintptr_t)&status, sizeof(status), true },
    };

    head.type = transfer->command->opcode;
    head.sector = transfer->command->flags & TAKES_RANGE ? 0 : transfer->lba;
    status = STATUS_NONE;
    outcome->timed_out = true;
    if (virtio_add(&block->queue, parts, sizeof(parts) / sizeof(parts[0]))) {
        virtio_ring(&block->queue);
        outcome->timed_out = !virtio_wait(&block->queue);
    }
    outcome->status = status;
    if (outcome->timed_out) {
        start(block, block->device.pci);
        return false;
    }
    return outcome->status == 0;
}

static bool offers(const struct disk *disk, const struct command *command)
{
    const struct block_device *block = disk->bus;
    uint64_t feature = 0;

    switch (command->opcode) {
    case TYPE_FLUSH:
        feature = FEATURE_FLUSH;
        break;
    case TYPE_DISCARD:
        feature = FEATURE_DISCARD;
        break;
    case TYPE_WRITE_ZEROES:
        feature = FEATURE_WRITE_ZEROES;
        break;
    }
    return (block->device.features & feature) == feature;
}

static const struct bus_driver driver = {
    .issue = issue,
    .prepare = prepare,
    .offers = offers,
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(commands[0]),
    .most_read = MAX_READ,
};

static void identify(struct disk *disk)
{
    static char id[ID_BYTES] __attribute__((aligned(4)));
    const struct block_device *block = disk->bus;
    struct transfer transfer = {
        .command = &get_id,
        .flow = FLOW_IN,
        .data = id,
    };

    /* A device that has no name for itself is no fault. */
    if (issue(disk, &transfer, &disk->identified)) {
        disk_set_model(disk, id, sizeof(id));
    }
    if (disk->identified.timed_out || block->device.config == NULL) {
        report_panic_about("identify=", disk->name, NAME_BYTES);
    }
    disk->sectors = *(volatile uint64_t *)(block->device.config +
                                           CONFIG_CAPACITY);
}

unsigned virtio_blk_find(struct disk *disks, unsigned room)
{
    static struct block_device blocks[MAX_DISKS];
    unsigned n = 0;
    uint32_t pci;

    while ((pci = virtio_find(VIRTIO_BLOCK, n)) != PCI_NONE) {
        struct block_device *block = &blocks[n];
        struct disk *disk;

        disk = disk_add(disks, &n, room);
        disk_set_name(disk, "vblk", n - 1);
        disk->kind = "virtio";
        disk->has_dma = true;
        disk->driver = &driver;
        disk->readers[0] = &reader;
        disk->readers[1] = &reader;
        disk->bus = block;
        if (!start(block, pci)) {
            report_panic_about("identify=", disk->name, NAME_BYTES);
        }
        identify(disk);
    }
    return n;
}
