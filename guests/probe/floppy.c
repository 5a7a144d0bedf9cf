/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floppy disk controller at its usual ports; references are to the data
 * sheet of Intel's 82078. The controller seeks by itself (implied seek), its
 * interrupt is not used, and the processor polls.
 *
 * In the report, st, er and sense are ST0, ST1 and ST2 of a result; after
 * SENSE DRIVE STATUS er is ST3, whose bit 6 tells of write protection, and
 * after VERSION it is the version.
 */
#include "floppy.h"

#include <stddef.h>

#include "clock.h"
#include "dma.h"
#include "io.h"
#include "string.h"

#define UNITS 2

/* Drive types in CMOS memory, as in the PC/AT: unit 0 in the upper half. */
#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_FLOPPY_TYPES 0x10
#define TYPE_1440 4

/* Registers (2.1). */
#define PORT_OUTPUT 0x3f2
#define OUTPUT_RUNS 0x04            /* not reset */
#define OUTPUT_DMA 0x08
#define OUTPUT_MOTOR_0 0x10
#define PORT_STATUS 0x3f4
#define STATUS_READY 0x80           /* RQM */
#define STATUS_TO_HOST 0x40         /* DIO */
#define STATUS_NON_DMA 0x20         /* execution phase without DMA */
#define PORT_FIFO 0x3f5
#define PORT_RATE 0x3f7
#define RATE_500 0

#define OP_MASK 0x1f
#define OP_SPECIFY 0x03
#define OP_SENSE_DRIVE 0x04
#define OP_RECALIBRATE 0x07
#define OP_SENSE_INTERRUPT 0x08
#define OP_SEEK 0x0f
#define OP_VERSION 0x10
#define OP_CONFIGURE 0x13
#define OP_FORMAT_AND_WRITE 0xcd    /* the whole byte */
#define OP_MT 0x80

#define SPECIFY_RATES 0xaf          /* step rate, head unload */
#define SPECIFY_LOAD 0x02           /* head load; lowest bit: no DMA */
#define CONFIGURE_IMPLIED_SEEK 0x50 /* and no polling of the drives */
#define SIZE_512 2
#define GAP_RW 0x1b
#define GAP_FORMAT 0x54
#define FILL 0
#define HEADS 2
#define CYLINDERS 80
#define TRACK_SECTORS FLOPPY_TRACK_SECTORS
#define COMMAND_BYTES 11            /* the most that any takes */
#define RESULT_BYTES 7

#define WAIT_MS 2000

/* What the controller has been told last (SPECIFY). */
static bool told_non_dma;

/* Waits until the controller wants a byte, or has one (STATUS_TO_HOST). */
static bool wait_for(uint8_t direction, struct report_outcome *outcome)
{
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    for (;;) {
        uint8_t status = inb(PORT_STATUS);

        if (status & STATUS_READY) {
            return (status & STATUS_TO_HOST) == direction;
        }
        if (clock_idle(&limit)) {
            outcome->timed_out = true;
            return false;
        }
    }
}

/* Sends a command; false if it is not wanted, as one that does not exist. */
static bool send(const uint8_t *bytes, unsigned n,
                 struct report_outcome *outcome)
{
    for (unsigned i = 0; i < n; i++) {
        if (!wait_for(0, outcome)) {
            return false;
        }
        outb(PORT_FIFO, bytes[i]);
    }
    return true;
}

/* Takes a result to its end; returns its bytes, of which `room` are kept. */
static unsigned receive(uint8_t *bytes, unsigned room,
                        struct report_outcome *outcome)
{
    unsigned n = 0;

    while (n <= RESULT_BYTES && wait_for(STATUS_TO_HOST, outcome)) {
        uint8_t byte = inb(PORT_FIFO);

        if (n < room) {
            bytes[n] = byte;
        }
        n++;
    }
    return n;
}

/* How the last seek or reset ended, which has to be asked for. */
static bool sense_interrupt(struct report_outcome *outcome)
{
    static const uint8_t ask[] = { OP_SENSE_INTERRUPT };
    uint8_t answer[2];

    if (!send(ask, sizeof(ask), outcome) ||
        receive(answer, sizeof(answer), outcome) != sizeof(answer)) {
        return false;
    }
    outcome->status = answer[0];
    return true;
}

/* Tells the controller its timing and whether it moves data by DMA. */
static bool specify(bool non_dma, struct report_outcome *outcome)
{
    const uint8_t command[] = {
        OP_SPECIFY, SPECIFY_RATES, SPECIFY_LOAD | (non_dma ? 1 : 0)
    };

    told_non_dma = non_dma;
    return send(command, sizeof(command), outcome);
}

static void select(unsigned unit, bool non_dma)
{
    outb(PORT_OUTPUT, (uint8_t)(OUTPUT_RUNS | (non_dma ? 0 : OUTPUT_DMA) |
                                OUTPUT_MOTOR_0 << unit | unit));
}

static bool reset(unsigned unit)
{
    static const uint8_t configure[] = {
        OP_CONFIGURE, 0, CONFIGURE_IMPLIED_SEEK, 0
    };
    struct report_outcome ignored = { 0 };

    dma_stop();
    outb(PORT_OUTPUT, 0);
    clock_pause(1);
    select(unit, false);
    /* One interrupt for each of the four drives there might be (8.4). */
    for (unsigned i = 0; i < 4; i++) {
        if (!sense_interrupt(&ignored)) {
            return false;
        }
    }
    outb(PORT_RATE, RATE_500);
    return send(configure, sizeof(configure), &ignored) &&
           specify(false, &ignored);
}

/* Where a sector is; numbers on a track count from 1. */
struct address {
    uint8_t cylinder;
    uint8_t head;
    uint8_t sector;
};

static struct address address_of(uint64_t lba)
{
    unsigned track = (unsigned)lba / TRACK_SECTORS;

    return (struct address){
        .cylinder = (uint8_t)(track / HEADS),
        .head = track % HEADS,
        .sector = (uint8_t)((unsigned)lba % TRACK_SECTORS + 1),
    };
}

/* A format takes four bytes a sector: what its address shall be. */
static void prepare(const struct transfer *transfer)
{
    uint8_t *to = transfer->data;

    if (!(transfer->command->flags & FLOPPY_FORMATS)) {
        return;
    }
    for (unsigned s = 0; s < transfer->sectors; s++) {
        struct address at = address_of(transfer->lba + s);

        *to++ = at.cylinder;
        *to++ = at.head;
        *to++ = at.sector;
        *to++ = SIZE_512;
    }
}

static uint32_t data_bytes(const struct transfer *transfer)
{
    return transfer->sectors *
           (transfer->command->flags & FLOPPY_FORMATS ? 4 : SECTOR_BYTES);
}

/* Fills in the bytes of a command; returns how many (6.2). */
static unsigned fill_command(const struct disk *disk,
                             const struct transfer *transfer, uint8_t *bytes)
{
    const struct command *command = transfer->command;
    struct address at = address_of(transfer->lba);

    bytes[0] = command->opcode;
    bytes[1] = (uint8_t)(at.head << 2 | disk->unit);
    if (command->flags & FLOPPY_FORMATS) {
        bytes[2] = SIZE_512;
        bytes[3] = (uint8_t)transfer->sectors;
        bytes[4] = GAP_FORMAT;
        bytes[5] = FILL;
        memset(bytes + 6, 0, COMMAND_BYTES - 6);
        return command->opcode == OP_FORMAT_AND_WRITE ? COMMAND_BYTES : 6;
    }
    if (command->flags & FLOPPY_SECTORS) {
        bytes[2] = at.cylinder;
        bytes[3] = at.head;
        bytes[4] = at.sector;
        bytes[5] = SIZE_512;
        /* Without DMA, or to verify, only the last sector ends it. */
        bytes[6] = (uint8_t)(command->opcode & OP_MT
                             ? TRACK_SECTORS
                             : at.sector + transfer->sectors - 1);
        bytes[7] = GAP_RW;
        bytes[8] = 0xff;
        return 9;
    }
    switch (command->opcode & OP_MASK) {
    case OP_VERSION:
        return 1;
    case OP_SEEK:
        bytes[2] = at.cylinder;
        return 3;
    default:
        return 2;
    }
}

/* Moves data byte by byte, while the controller asks. */
static bool move(const struct transfer *transfer,
                 struct report_outcome *outcome)
{
    uint8_t *next = transfer->data;

    for (uint32_t left = data_bytes(transfer); left > 0; left--, next++) {
        bool is_in = transfer->flow == FLOW_IN;

        if (!wait_for(is_in ? STATUS_TO_HOST : 0, outcome) ||
            !(inb(PORT_STATUS) & STATUS_NON_DMA)) {
            return false;
        }
        if (is_in) {
            *next = inb(PORT_FIFO);
        } else {
            outb(PORT_FIFO, *next);
        }
    }
    return true;
}

/* Takes the result of a command (6.2); ST0 tells whether it ended well. */
static bool take_result(const struct command *command,
                        struct report_outcome *outcome)
{
    uint8_t bytes[RESULT_BYTES];

    switch (command->opcode & OP_MASK) {
    case OP_SENSE_DRIVE:
    case OP_VERSION:
        return receive(&outcome->error, 1, outcome) == 1;
    case OP_RECALIBRATE:
    case OP_SEEK:
        return sense_interrupt(outcome);
    }
    switch (receive(bytes, RESULT_BYTES, outcome)) {
    case RESULT_BYTES:
        outcome->error = bytes[1];
        outcome->sense[0] = bytes[2];
        outcome->sense_bytes = 1;
        break;
    case 1:
        break;                      /* no such command */
    default:
        return false;
    }
    outcome->status = bytes[0];
    return true;
}

static bool run(struct disk *disk, const struct transfer *transfer,
                struct report_outcome *outcome)
{
    const struct command *command = transfer->command;
    bool non_dma = command->flags & FLOPPY_NON_DMA;
    uint8_t bytes[COMMAND_BYTES];

    if (told_non_dma != non_dma && !specify(non_dma, outcome)) {
        return false;
    }
    select(disk->unit, non_dma);
    if ((command->opcode & OP_MASK) == OP_SPECIFY) {
        return specify(non_dma, outcome);
    }
    if (transfer->flow != FLOW_NONE && !non_dma) {
        dma_set_up(transfer->data, data_bytes(transfer),
                   transfer->flow == FLOW_IN);
    }
    if (send(bytes, fill_command(disk, transfer, bytes), outcome) &&
        transfer->flow != FLOW_NONE && non_dma) {
        move(transfer, outcome);    /* or as much as is wanted */
    }
    return !outcome->timed_out && take_result(command, outcome);
}

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    bool done = run(disk, transfer, outcome);

    if (!done) {
        /* It wanted something else than it should: nothing can follow. */
        outcome->timed_out = true;
        reset(disk->unit);
    }
    return done && (outcome->status & 0xc0) == 0;
}

static const struct bus_driver driver = {
    .issue = issue,
    .prepare = prepare,
    .commands = floppy_commands,
    .n_commands = FLOPPY_COMMANDS,
};

static void take_type(struct disk *disk, unsigned type)
{
    disk->kind = "floppy";
    if (type != TYPE_1440) {
        return;
    }
    disk->sectors = CYLINDERS * HEADS * TRACK_SECTORS;
    disk->has_dma = true;
    disk->driver = &driver;
    disk->readers[0] = &floppy_reader;
    disk->readers[1] = &floppy_reader_unskipping;
}

static void identify(struct disk *disk)
{
    static const struct command recalibrate = { .opcode = OP_RECALIBRATE };
    struct transfer transfer = { .command = &recalibrate };

    if (disk->driver != NULL &&
        !issue(disk, &transfer, &disk->identified)) {
        report_panic_about("identify=", disk->name, NAME_BYTES);
    }
}

unsigned floppy_find(struct disk *disks, unsigned room)
{
    unsigned n = 0;
    uint8_t types;

    outb(CMOS_INDEX, CMOS_FLOPPY_TYPES);
    types = inb(CMOS_DATA);
    for (unsigned unit = 0; unit < UNITS; unit++) {
        unsigned type = unit == 0 ? types >> 4 : types & 0x0f;
        struct disk *disk;

        if (type == 0) {
            continue;
        }
        disk = disk_add(disks, &n, room);
        disk_set_name(disk, "fd", unit);
        disk->unit = unit;
        take_type(disk, type);
        if (n == 1 && !reset(unit)) {
            report_panic_about("identify=", disk->name, NAME_BYTES);
        }
        identify(disk);
    }
    return n;
}
