/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA commands on the legacy channels; references are to ATA/ATAPI-7 volume 2
 * and to the Programming Interface for Bus Master IDE Controller 1.0.
 * Interrupts stay enabled in the device (nIEN = 0), because the bus master's
 * interrupt bit follows them, and are never delivered: the processor runs
 * with IF = 0 and polls.
 */
#include "ide.h"

#include "ata.h"
#include "clock.h"
#include "io.h"
#include "pci.h"
#include "string.h"

#define PCI_CLASS_IDE 0x0101
#define PCI_BUS_MASTER_BAR 4

#define STATUS_FLOATING 0xff        /* nobody drives the bus */

#define DEVICE_LBA 0xe0             /* LBA, and the two obsolete bits */
#define DEVICE_UNIT_SHIFT 4
#define CONTROL_SRST 0x04

/* Bus master registers, 2.0 of its document. */
#define BM_COMMAND 0
#define BM_STATUS 2
#define BM_TABLE 4
#define BM_START 0x01
#define BM_TO_MEMORY 0x08
#define BM_ERROR 0x02
#define BM_INTERRUPT 0x04
#define BM_CAPABLE 0x60
#define PRD_LAST 0x80000000u

#define PACKET_MID 0x14             /* signature of a packet device */
#define PACKET_HIGH 0xeb

#define WAIT_MS 2000

struct channel {
    uint16_t command;               /* base of the command block */
    uint16_t control;               /* device control, alternate status */
    uint16_t bus_master;            /* 0 if there is none */
    bool multiple_set[IDE_UNITS];       /* lost by a reset */
};

struct region {                     /* physical region descriptor */
    uint32_t address;
    uint32_t flags_and_bytes;
};

static struct channel channels[IDE_CHANNELS] = {
    { .command = 0x1f0, .control = 0x3f6 },
    { .command = 0x170, .control = 0x376 },
};

/* Waits until the device is not busy; a limit reached is in the outcome. */
static bool wait_idle(const struct channel *channel,
                      struct report_outcome *outcome)
{
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    while (inb(channel->control) & IDE_STATUS_BSY) {
        if (clock_idle(&limit)) {
            outcome->timed_out = true;
            return false;
        }
    }
    return true;
}

/* The same, until the bus master has seen the device's interrupt. */
static bool wait_dma(const struct channel *channel,
                     struct report_outcome *outcome)
{
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    while (!(inb(channel->bus_master + BM_STATUS) &
             (BM_INTERRUPT | BM_ERROR))) {
        if (clock_idle(&limit)) {
            outcome->timed_out = true;
            return false;
        }
    }
    return wait_idle(channel, outcome);
}

/* Software reset of both devices on the channel (9.2). */
static void reset_channel(struct channel *channel)
{
    struct report_outcome ignored = { 0 };

    if (channel->bus_master != 0) {
        outb(channel->bus_master + BM_COMMAND, 0);
    }
    outb(channel->control, CONTROL_SRST);
    clock_pause(1);
    outb(channel->control, 0);
    clock_pause(2);
    wait_idle(channel, &ignored);
    memset(channel->multiple_set, 0, sizeof(channel->multiple_set));
}

/* Fills the task file, all but the command, and selects the device. */
static void set_registers(const struct channel *channel, unsigned unit,
                          const struct transfer *transfer)
{
    uint16_t base = channel->command;
    struct ata_registers to;

    ata_fill_registers(transfer, &to);
    outb(base + IDE_REG_DEVICE,
         to.device | (uint8_t)(unit << DEVICE_UNIT_SHIFT));
    if (transfer->command->flags & ATA_EXT) {
        outb(base + IDE_REG_FEATURES, (uint8_t)(to.feature >> 8));
        outb(base + IDE_REG_COUNT, (uint8_t)(to.count >> 8));
        outb(base + IDE_REG_LBA_LOW, (uint8_t)(to.lba >> 24));
        outb(base + IDE_REG_LBA_MID, (uint8_t)(to.lba >> 32));
        outb(base + IDE_REG_LBA_HIGH, (uint8_t)(to.lba >> 40));
    }
    outb(base + IDE_REG_FEATURES, (uint8_t)to.feature);
    outb(base + IDE_REG_COUNT, (uint8_t)to.count);
    outb(base + IDE_REG_LBA_LOW, (uint8_t)to.lba);
    outb(base + IDE_REG_LBA_MID, (uint8_t)(to.lba >> 8));
    outb(base + IDE_REG_LBA_HIGH, (uint8_t)(to.lba >> 16));
}

/* Moves the data of a PIO command block by block, while the device asks. */
static bool move_pio(const struct channel *channel,
                     const struct transfer *transfer,
                     struct report_outcome *outcome)
{
    unsigned block = transfer->command->flags & ATA_MULTIPLE
                     ? ATA_MULTIPLE_SECTORS : 1;
    unsigned left = ata_data_sectors(transfer);
    uint8_t *next = transfer->data;

    while (left > 0) {
        unsigned n = left < block ? left : block;
        uint8_t status;

        if (!wait_idle(channel, outcome)) {
            return false;
        }
        status = inb(channel->control);
        if (status & (IDE_STATUS_ERR | IDE_STATUS_DF) || !(status & IDE_STATUS_DRQ)) {
            return false;
        }
        if (transfer->flow == FLOW_IN) {
            insl(channel->command + IDE_REG_DATA, next, n * SECTOR_BYTES / 4);
        } else {
            outsl(channel->command + IDE_REG_DATA, next, n * SECTOR_BYTES / 4);
        }
        next += n * SECTOR_BYTES;
        left -= n;
    }
    return true;
}

/* Issues a command and moves its data, or none if there is no flow. */
static bool run_pio(const struct channel *channel,
                    const struct transfer *transfer,
                    struct report_outcome *outcome)
{
    bool moved;

    outb(channel->command + IDE_REG_COMMAND, transfer->command->opcode);
    moved = transfer->flow == FLOW_NONE ||
            move_pio(channel, transfer, outcome);
    return !outcome->timed_out && wait_idle(channel, outcome) && moved;
}

/* Issues a command whose data the bus master moves. */
static bool run_dma(const struct channel *channel,
                    const struct transfer *transfer,
                    struct report_outcome *outcome)
{
    static struct region region __attribute__((aligned(8)));
    uint16_t bm = channel->bus_master;
    uint8_t direction = transfer->flow == FLOW_IN ? BM_TO_MEMORY : 0;
    bool done;

    region.address = (uint32_t)(uintptr_t)transfer->data;
    /* 16 bits of length, where 0 is 64 KiB. */
    region.flags_and_bytes =
        PRD_LAST | (uint16_t)(ata_data_sectors(transfer) * SECTOR_BYTES);
    outl(bm + BM_TABLE, (uint32_t)(uintptr_t)&region);
    outb(bm + BM_COMMAND, direction);
    /* The two events are cleared by writing ones. */
    outb(bm + BM_STATUS, (inb(bm + BM_STATUS) & BM_CAPABLE) | BM_ERROR |
                         BM_INTERRUPT);
    outb(channel->command + IDE_REG_COMMAND, transfer->command->opcode);
    outb(bm + BM_COMMAND, direction | BM_START);
    done = wait_dma(channel, outcome);
    outcome->bus_master = inb(bm + BM_STATUS);
    outcome->has_bus_master = true;
    outb(bm + BM_COMMAND, 0);
    return done && !(outcome->bus_master & BM_ERROR);
}

static bool issue_one(struct disk *disk, const struct transfer *transfer,
                      struct report_outcome *outcome)
{
    struct channel *channel = &channels[disk->channel];
    const struct command *command = transfer->command;
    bool done = wait_idle(channel, outcome);

    if (done) {
        set_registers(channel, disk->unit, transfer);
        if (command->proto == REPORT_DMA && transfer->flow != FLOW_NONE) {
            done = run_dma(channel, transfer, outcome);
        } else {
            done = run_pio(channel, transfer, outcome);
        }
    }
    /* Reading the status register takes the interrupt back. */
    outcome->error = inb(channel->command + IDE_REG_ERROR);
    outcome->status = inb(channel->command + IDE_REG_STATUS);
    if (outcome->timed_out ||
        outcome->status & (IDE_STATUS_BSY | IDE_STATUS_DRQ)) {
        reset_channel(channel);     /* it still waits for something */
        return false;
    }
    if (command->flags & ATA_SETS_COUNT) {
        channel->multiple_set[disk->unit] = done;
    }
    return done && !(outcome->status & (IDE_STATUS_ERR | IDE_STATUS_DF));
}

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    const struct channel *channel = &channels[disk->channel];

    if (transfer->command->flags & ATA_MULTIPLE &&
        !channel->multiple_set[disk->unit]) {
        struct transfer setup = { .command = &ata_set_multiple };
        struct report_outcome ignored = { 0 };

        issue_one(disk, &setup, &ignored);
    }
    return issue_one(disk, transfer, outcome);
}

const struct bus_driver ide_driver = {
    .issue = issue,
    .prepare = ata_prepare,
    .commands = ata_commands,
    .n_commands = ATA_COMMANDS,
    .most_read = MAX_READ,
    .good = { .status = 0x50, .has_bus_master = true, .bus_master = 0x04 },
};

void ide_start(void)
{
    uint32_t controller = pci_find(PCI_CLASS_IDE, 0);

    if (controller != PCI_NONE) {
        uint16_t base;

        pci_enable(controller);
        base = (uint16_t)pci_bar(controller, PCI_BUS_MASTER_BAR);
        channels[0].bus_master = base;
        channels[1].bus_master = base != 0 ? base + 8 : 0;
    }
    for (unsigned c = 0; c < IDE_CHANNELS; c++) {
        outb(channels[c].control, 0);
    }
}

bool ide_answers(unsigned channel, unsigned unit)
{
    uint16_t base = channels[channel].command;
    uint8_t status;

    ide_select(channel, unit);
    status = inb(base + IDE_REG_STATUS);
    return status != 0 && status != STATUS_FLOATING;
}

bool ide_shows_packet(unsigned channel)
{
    uint16_t base = channels[channel].command;

    return inb(base + IDE_REG_LBA_MID) == PACKET_MID &&
           inb(base + IDE_REG_LBA_HIGH) == PACKET_HIGH;
}

bool ide_has_bus_master(unsigned channel)
{
    return channels[channel].bus_master != 0;
}

uint16_t ide_base(unsigned channel)
{
    return channels[channel].command;
}

uint8_t ide_alternate_status(unsigned channel)
{
    return inb(channels[channel].control);
}

void ide_select(unsigned channel, unsigned unit)
{
    outb(channels[channel].command + IDE_REG_DEVICE,
         DEVICE_LBA | (uint8_t)(unit << DEVICE_UNIT_SHIFT));
}

bool ide_wait_idle(unsigned channel, struct report_outcome *outcome)
{
    return wait_idle(&channels[channel], outcome);
}

void ide_reset_channel(unsigned channel)
{
    reset_channel(&channels[channel]);
}
