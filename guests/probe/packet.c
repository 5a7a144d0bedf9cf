/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PACKET command by PIO; references are to ATA/ATAPI-7 volume 2. After an
 * error the device is asked for its sense data at once, as it keeps them only
 * until the next command.
 */
#include "packet.h"

#include "ide.h"
#include "io.h"
#include "scsi.h"
#include "string.h"

#define COMMAND_PACKET 0xa0
#define PACKET_BYTES 12             /* what CD drives take (7.20) */
#define OP_REQUEST_SENSE 0x03

/* The registers are ide.h's; of a packet device these mean something else. */
#define REASON IDE_REG_COUNT        /* interrupt reason */
#define REASON_COMMAND 0x01         /* C/D */
#define REASON_TO_HOST 0x02         /* I/O */
#define BYTES_LOW IDE_REG_LBA_MID
#define BYTES_HIGH IDE_REG_LBA_HIGH
#define MOST_BYTES 0xfffe           /* between two looks at the registers */

/* Moves data as the device asks. False if it asks for what was not meant. */
static bool move(unsigned channel, const struct scsi_request *request,
                 struct report_outcome *outcome)
{
    uint16_t base = ide_base(channel);
    uint32_t left = request->flow == FLOW_NONE ? 0 : request->bytes;
    uint8_t *next = request->data;

    for (;;) {
        uint32_t n;
        uint8_t reason;

        if (!ide_wait_idle(channel, outcome)) {
            return false;
        }
        if (!(ide_alternate_status(channel) & IDE_STATUS_DRQ)) {
            return true;
        }
        reason = inb(base + REASON) & (REASON_COMMAND | REASON_TO_HOST);
        n = inb(base + BYTES_LOW) | (uint32_t)inb(base + BYTES_HIGH) << 8;
        n += n & 1;                 /* an odd end has a byte of padding */
        if (n == 0 || n > left ||
            reason != (request->flow == FLOW_IN ? REASON_TO_HOST : 0)) {
            return false;
        }
        if (request->flow == FLOW_IN) {
            insw(base + IDE_REG_DATA, next, n / 2);
        } else {
            outsw(base + IDE_REG_DATA, next, n / 2);
        }
        next += n;
        left -= n;
    }
}

/* Sends the packet itself. False if the device does not take it. */
static bool send(unsigned channel, const struct scsi_request *request,
                 struct report_outcome *outcome)
{
    uint16_t base = ide_base(channel);
    uint8_t packet[PACKET_BYTES] __attribute__((aligned(4))) = { 0 };

    memcpy(packet, request->cdb, request->cdb_bytes);
    outb(base + IDE_REG_FEATURES, 0);
    outb(base + BYTES_LOW, MOST_BYTES & 0xff);
    outb(base + BYTES_HIGH, MOST_BYTES >> 8);
    outb(base + IDE_REG_COMMAND, COMMAND_PACKET);
    if (!ide_wait_idle(channel, outcome) ||
        !(ide_alternate_status(channel) & IDE_STATUS_DRQ)) {
        return false;
    }
    outsw(base + IDE_REG_DATA, packet, PACKET_BYTES / 2);
    return true;
}

/* One packet, whatever comes of it; the device is idle afterwards. */
static void exchange(unsigned channel, unsigned unit,
                     struct scsi_request *request)
{
    struct report_outcome *outcome = &request->outcome;
    bool done = request->cdb_bytes <= PACKET_BYTES &&
                ide_wait_idle(channel, outcome);

    if (done) {
        ide_select(channel, unit);
        done = send(channel, request, outcome) &&
               move(channel, request, outcome);
    }
    outcome->error = inb(ide_base(channel) + IDE_REG_ERROR);
    outcome->status = inb(ide_base(channel) + IDE_REG_STATUS);
    if (outcome->timed_out ||
        outcome->status & (IDE_STATUS_BSY | IDE_STATUS_DRQ)) {
        ide_reset_channel(channel);
        done = false;
    }
    request->ok = done && !(outcome->status & IDE_STATUS_ERR);
}

static void execute(struct scsi_unit *unit, struct scsi_request *request)
{
    unsigned channel = unit->target / IDE_UNITS;
    static uint8_t sense[SCSI_SENSE_BYTES] __attribute__((aligned(4)));
    struct scsi_request ask = {
        .cdb = { OP_REQUEST_SENSE, 0, 0, 0, SCSI_SENSE_BYTES },
        .cdb_bytes = 6,
        .flow = FLOW_IN,
        .data = sense,
        .bytes = sizeof(sense),
    };

    exchange(channel, unit->target % IDE_UNITS, request);
    if (!(request->outcome.status & IDE_STATUS_ERR) ||
        request->outcome.timed_out) {
        return;
    }
    memset(sense, 0, sizeof(sense));
    exchange(channel, unit->target % IDE_UNITS, &ask);
    if (ask.ok) {
        scsi_take_sense(&request->outcome, sense, sizeof(sense));
    }
}

void packet_identify(struct disk *disk)
{
    static struct scsi_unit units[IDE_CHANNELS * IDE_UNITS];
    static uint8_t inquiry[SCSI_INQUIRY_BYTES] __attribute__((aligned(4)));
    unsigned place = disk->channel * IDE_UNITS + disk->unit;
    struct disk found = *disk;
    struct scsi_request request;

    units[place].execute = execute;
    units[place].target = place;
    disk->bus = found.bus = &units[place];
    scsi_make_inquiry(&request, inquiry);
    execute(&units[place], &request);
    if (!request.ok || !scsi_is_driven(inquiry)) {
        return;
    }
    scsi_identify(&found, &request);
    disk->sectors = found.sectors;
    if (found.driver == &scsi_cd_driver) {
        disk->driver = &scsi_packet_driver;
        disk->readers[0] = &scsi_packet_reader_10;
        disk->readers[1] = &scsi_packet_reader_12;
    }
}
