/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe by one admin and one I/O queue pair, one command at a time; references
 * are to the NVM Express Base Specification 1.4.
 */
#include "nvme.h"

#include <stddef.h>

#include "clock.h"
#include "pci.h"
#include "string.h"

#define PCI_CLASS_NVME 0x0108
#define PCI_NVME_BAR 0
#define MAX_CONTROLLERS 32

/* Controller registers (3.1), in words. */
#define REG_CAPABILITIES_HIGH 1
#define STRIDE_MASK 0x0f
#define REG_CONFIGURATION 5
#define REG_STATUS 7
#define STATUS_READY 0x01u
#define REG_ADMIN_SIZES 9
#define REG_ADMIN_SUBMISSION 10
#define REG_ADMIN_COMPLETION 12
#define REG_DOORBELLS 1024
/* Enabled; entries of 64 and of 16 bytes; pages of 4 KiB. */
#define CONFIGURATION 0x00460001u

#define ENTRIES 16
#define PAGE 4096
#define COMPLETION_PHASE 0x00010000u    /* word 3 */
#define STATUS_CODE_SHIFT 17
#define STATUS_TYPE_SHIFT 25

#define ADMIN_CREATE_SUBMISSION 0x01
#define ADMIN_CREATE_COMPLETION 0x05
#define ADMIN_GET_LOG 0x02
#define ADMIN_SET_FEATURES 0x09
#define FEATURE_QUEUES 0x07
#define CONTIGUOUS 0x01
#define INTERRUPTS 0x02
#define IO_QUEUE 1
#define NAMESPACE 1
#define OP_COMPARE 0x05
#define OP_WRITE_ZEROES 0x08
#define OP_DSM 0x09
#define OP_COPY 0x19
#define HIGH_SHIFT 24
#define DSM_DEALLOCATE 0x04

/* Identify (5.15.2), in bytes. */
#define ID_MODEL 24
#define ID_FORMATTED 26
#define ID_FORMATS 128
#define ID_MOST_COPIED 74           /* MSSRL */
#define ID_OPTIONAL 520             /* ONCS */
#define ONCS_COMPARE 0x001
#define ONCS_DSM 0x004
#define ONCS_WRITE_ZEROES 0x008
#define ONCS_COPY 0x100
#define FORMAT_MASK 0x0f
#define FORMAT_BLOCK_SHIFT 2
#define BLOCK_SHIFT_512 9

#define WAIT_MS 2000

struct entry {                      /* submission queue entry (4.2) */
    uint32_t words[16];
};

struct completion {                 /* completion queue entry (4.6) */
    uint32_t words[4];
};

struct queue {
    struct entry *entries;
    volatile struct completion *completions;
    volatile uint32_t *tail_doorbell;
    volatile uint32_t *head_doorbell;
    unsigned place;                 /* of both the next entry and its answer */
    uint32_t phase;
};

struct controller {
    uint8_t pages[4][PAGE] __attribute__((aligned(PAGE)));
    volatile uint32_t *registers;
    struct queue admin;
    struct queue io;
    uint16_t optional;              /* commands */
    uint16_t most_copied;           /* blocks in one range */
};

struct dsm_range {                  /* 6.7.1 */
    uint32_t attributes;
    uint32_t blocks;
    uint64_t lba;
};

struct copy_range {                 /* format 0 */
    uint64_t reserved;
    uint64_t lba;
    uint32_t blocks_less_one;
    uint32_t more[3];
};

static void open_queue(struct controller *controller, struct queue *queue,
                       unsigned number)
{
    volatile uint32_t *r = controller->registers;
    unsigned stride = 1u << (r[REG_CAPABILITIES_HIGH] & STRIDE_MASK);

    memset(queue, 0, sizeof(*queue));
    memset(controller->pages[2 * number], 0, 2 * PAGE);
    queue->entries = (struct entry *)controller->pages[2 * number];
    queue->completions =
        (volatile struct completion *)controller->pages[2 * number + 1];
    queue->tail_doorbell = r + REG_DOORBELLS + 2 * number * stride;
    queue->head_doorbell = queue->tail_doorbell + stride;
    queue->phase = COMPLETION_PHASE;
}

/*
 * Gives the entry to the controller and waits for its completion. Fills in
 * the status; false if none came or it tells of an error.
 */
static bool run(struct queue *queue, const struct entry *entry,
                struct report_outcome *outcome)
{
    volatile struct completion *done = &queue->completions[queue->place];
    struct clock_limit limit;
    uint32_t answer;

    queue->entries[queue->place] = *entry;
    queue->place = (queue->place + 1) % ENTRIES;
    __asm__ volatile("" : : : "memory");
    *queue->tail_doorbell = queue->place;
    clock_start(&limit, WAIT_MS);
    while (((answer = done->words[3]) & COMPLETION_PHASE) != queue->phase) {
        if (clock_idle(&limit)) {
            outcome->timed_out = true;
            return false;
        }
    }
    __asm__ volatile("" : : : "memory");
    if (queue->place == 0) {
        queue->phase ^= COMPLETION_PHASE;
    }
    *queue->head_doorbell = queue->place;
    outcome->status = (uint16_t)((answer >> STATUS_TYPE_SHIFT & 7) << 8 |
                                 (answer >> STATUS_CODE_SHIFT & 0xff));
    return outcome->status == 0;
}

static bool wait_ready(struct controller *controller, uint32_t ready)
{
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    while ((controller->registers[REG_STATUS] & STATUS_READY) != ready) {
        if (clock_expired(&limit)) {
            return false;
        }
    }
    return true;
}

/* Has the controller make an I/O queue (5.3, 5.4): the answers' one first. */
static bool create_queue(struct controller *controller, uint8_t opcode,
                         const void *memory, uint32_t flags)
{
    struct report_outcome ignored = { 0 };
    const struct entry entry = {
        .words = {
            [0] = opcode,
            [6] = (uint32_t)(uintptr_t)memory,
            [10] = (ENTRIES - 1) << 16 | IO_QUEUE,
            [11] = flags,
        },
    };

    return run(&controller->admin, &entry, &ignored);
}

/* Resets the controller and sets up its queues (7.6.1). */
static bool start(struct controller *controller)
{
    static const struct entry one_io_queue = {
        .words = { [0] = ADMIN_SET_FEATURES, [10] = FEATURE_QUEUES },
    };
    volatile uint32_t *r = controller->registers;
    struct report_outcome ignored = { 0 };

    r[REG_CONFIGURATION] = 0;
    if (!wait_ready(controller, 0)) {
        return false;
    }
    open_queue(controller, &controller->admin, 0);
    open_queue(controller, &controller->io, IO_QUEUE);
    r[REG_ADMIN_SIZES] = (ENTRIES - 1) << 16 | (ENTRIES - 1);
    r[REG_ADMIN_SUBMISSION] =
        (uint32_t)(uintptr_t)controller->admin.entries;
    r[REG_ADMIN_SUBMISSION + 1] = 0;
    r[REG_ADMIN_COMPLETION] =
        (uint32_t)(uintptr_t)controller->admin.completions;
    r[REG_ADMIN_COMPLETION + 1] = 0;
    r[REG_CONFIGURATION] = CONFIGURATION;
    return wait_ready(controller, STATUS_READY) &&
           run(&controller->admin, &one_io_queue, &ignored) &&
           create_queue(controller, ADMIN_CREATE_COMPLETION,
                        (const void *)controller->io.completions,
                        CONTIGUOUS | INTERRUPTS) &&
           create_queue(controller, ADMIN_CREATE_SUBMISSION,
                        controller->io.entries,
                        IO_QUEUE << 16 | CONTIGUOUS);
}

static void prepare(const struct transfer *transfer)
{
    if (transfer->command->flags & NVME_RANGE) {
        struct dsm_range *range = transfer->data;

        range->attributes = 0;
        range->blocks = transfer->sectors;
        range->lba = transfer->lba;
    } else if (transfer->command->flags & NVME_SOURCE) {
        struct copy_range *range = transfer->data;

        memset(range, 0, sizeof(*range));
        range->lba = transfer->source;
        range->blocks_less_one = transfer->sectors - 1;
    }
}

/* Words 10 to 15: each command's own. */
static void fill_words(const struct transfer *transfer, struct entry *entry)
{
    const struct command *command = transfer->command;
    uint32_t *words = entry->words;

    if (command->flags & (NVME_BLOCKS | NVME_SOURCE)) {
        words[10] = (uint32_t)transfer->lba;
        words[11] = (uint32_t)(transfer->lba >> 32);
    }
    if (command->flags & NVME_BLOCKS) {
        words[12] = transfer->sectors - 1;
    }
    if (command->flags & NVME_HIGH_FEATURE) {
        words[12] |= (uint32_t)command->feature << HIGH_SHIFT;
    }
    if (command->flags & NVME_RANGE) {
        words[11] = DSM_DEALLOCATE;         /* one range, counted from 0 */
    }
    if (command->flags & NVME_ADMIN) {
        words[10] = command->feature;
        if (command->opcode == ADMIN_GET_LOG) {
            words[10] |= (transfer->sectors * SECTOR_BYTES / 4 - 1) << 16;
        }
    }
}

/* Where the data is: a page, or more of which the rest is in a list (4.3). */
static void fill_pages(const struct transfer *transfer, struct entry *entry)
{
    static uint64_t list[MAX_READ * SECTOR_BYTES / PAGE]
        __attribute__((aligned(PAGE)));
    uint32_t data = (uint32_t)(uintptr_t)transfer->data;
    unsigned pages = (transfer->sectors * SECTOR_BYTES + PAGE - 1) / PAGE;

    entry->words[6] = data;
    if (pages == 2) {
        entry->words[8] = data + PAGE;
    } else if (pages > 2) {
        for (unsigned i = 1; i < pages; i++) {
            list[i - 1] = data + i * PAGE;
        }
        entry->words[8] = (uint32_t)(uintptr_t)list;
    }
}

static bool issue_one(struct disk *disk, const struct transfer *transfer,
                      struct report_outcome *outcome)
{
    struct controller *controller = disk->bus;
    const struct command *command = transfer->command;
    struct entry entry = {
        .words = { [0] = command->opcode, [1] = NAMESPACE },
    };
    bool ok;

    if (transfer->flow != FLOW_NONE) {
        fill_pages(transfer, &entry);
    }
    fill_words(transfer, &entry);
    ok = run(command->flags & NVME_ADMIN ? &controller->admin
                                         : &controller->io, &entry, outcome);
    if (outcome->timed_out) {
        start(controller);
    }
    return ok;
}

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    if (transfer->command->flags & NVME_COMPARES) {
        struct transfer before = *transfer;

        before.command = &nvme_reader;
        before.flow = FLOW_IN;
        if (!issue_one(disk, &before, outcome)) {
            return false;
        }
    }
    return issue_one(disk, transfer, outcome);
}

/*
 * By ONCS and, for COPY, by the most that the namespace copies at once. Not
 * VERIFY: QEMU 7.2 has it without saying so.
 */
static bool offers(const struct disk *disk, const struct command *command)
{
    const struct controller *controller = disk->bus;

    if (command->flags & NVME_ADMIN) {
        return true;
    }
    switch (command->opcode) {
    case OP_COMPARE:
        return controller->optional & ONCS_COMPARE;
    case OP_WRITE_ZEROES:
        return controller->optional & ONCS_WRITE_ZEROES;
    case OP_DSM:
        return controller->optional & ONCS_DSM;
    case OP_COPY:
        return controller->optional & ONCS_COPY &&
               controller->most_copied >= command->sectors;
    default:
        return true;
    }
}

static const struct bus_driver driver = {
    .issue = issue,
    .prepare = prepare,
    .offers = offers,
    .commands = nvme_commands,
    .n_commands = NVME_COMMANDS,
    .most_read = MAX_READ,
};

/* False if the namespace is not there or not of blocks that can be driven. */
static bool take_namespace(struct disk *disk, const uint8_t *data)
{
    struct controller *controller = disk->bus;
    unsigned format = data[ID_FORMATTED] & FORMAT_MASK;

    memcpy(&disk->sectors, data, sizeof(disk->sectors));
    memcpy(&controller->most_copied, data + ID_MOST_COPIED,
           sizeof(controller->most_copied));
    return disk->sectors != 0 &&
           data[ID_FORMATS + 4 * format + FORMAT_BLOCK_SHIFT] ==
               BLOCK_SHIFT_512;
}

static bool identify(struct disk *disk)
{
    static uint8_t data[PAGE] __attribute__((aligned(PAGE)));
    struct controller *controller = disk->bus;
    struct transfer transfer = {
        .command = &nvme_identify_controller,
        .sectors = PAGE / SECTOR_BYTES,
        .flow = FLOW_IN,
        .data = data,
    };

    if (!issue(disk, &transfer, &disk->identified)) {
        return false;
    }
    disk_set_model(disk, data + ID_MODEL, MODEL_BYTES);
    memcpy(&controller->optional, data + ID_OPTIONAL,
           sizeof(controller->optional));
    transfer.command = &nvme_identify;
    return issue(disk, &transfer, &disk->identified) &&
           take_namespace(disk, data);
}

unsigned nvme_find(struct disk *disks, unsigned room)
{
    static struct controller controllers[MAX_CONTROLLERS];
    unsigned n = 0;
    uint32_t pci;

    if (room > MAX_CONTROLLERS) {
        room = MAX_CONTROLLERS;
    }
    while ((pci = pci_find(PCI_CLASS_NVME, n)) != PCI_NONE) {
        struct controller *controller = &controllers[n];
        struct disk *disk = disk_add(disks, &n, room);

        disk_set_name(disk, "nvme", n - 1);
        disk->kind = "nvme";
        disk->has_dma = true;
        disk->driver = &driver;
        disk->readers[0] = &nvme_reader;
        disk->readers[1] = &nvme_reader;
        disk->bus = controller;
        pci_enable(pci);
        controller->registers =
            (volatile uint32_t *)(uintptr_t)pci_bar(pci, PCI_NVME_BAR);
        if (!start(controller) || !identify(disk)) {
            report_panic_about("identify=", disk->name, NAME_BYTES);
        }
    }
    return n;
}
