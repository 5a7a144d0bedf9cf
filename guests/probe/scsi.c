/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scsi.h"

#include "string.h"

#define OP_TEST_UNIT_READY 0x00
#define OP_INQUIRY 0x12
#define OP_MODE_SELECT_6 0x15
#define OP_MODE_SENSE_6 0x1a
#define OP_READ_CAPACITY_10 0x25
#define OP_WRITE_SAME_10 0x41
#define OP_UNMAP 0x42
#define OP_MODE_SENSE_10 0x5a
#define OP_WRITE_SAME_16 0x93
#define OP_READ_CAPACITY_16 0x9e

#define ALLOCATION 252              /* what an answer may have; 4 * 63 */

/* MODE SENSE and SELECT (SPC-4, 6.11, 7.5). */
#define SENSE_NO_BLOCKS 0x08        /* byte 1 */
#define PAGE_CACHING 0x08
#define PAGE_ALL 0x3f
#define PAGE_CD 0x2a                /* ATAPI drives do not know the other */
#define PAGE_SAVEABLE 0x80          /* of a page's first byte; in answers */
#define MODE_HEADER_6 4
#define MODE_HEADER_10 8

/* UNMAP parameter list (SBC-3, 5.28). */
#define UNMAP_BYTES 24
#define UNMAP_LENGTH (UNMAP_BYTES - 2)
#define UNMAP_DESCRIPTORS (UNMAP_BYTES - 8)

#define TYPE_MASK 0x1f
#define QUALIFIER_MASK 0xe0         /* not 0: no unit of the type is there */
#define TYPE_DISK 0x00
#define TYPE_CD 0x05
#define INQUIRY_PRODUCT 16
#define PRODUCT_BYTES 16

#define READ_CAPACITY_16_ACTION 0x10
#define KEY_UNIT_ATTENTION 0x06
#define MAX_ATTENTIONS 8            /* each tells of one event */

static void put_number(uint8_t *to, unsigned bytes, uint64_t value)
{
    while (bytes > 0) {
        to[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t take_number(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes-- > 0) {
        value = value << 8 | *from++;
    }
    return value;
}

/* A CDB's length follows from its opcode's upper three bits (SPC-4, 4.3). */
static unsigned cdb_bytes_of(uint8_t opcode)
{
    static const uint8_t by_group[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };

    return by_group[opcode >> 5];
}

/* Starts a request: opcode, byte 1, and the count where its length has it. */
static void start(struct scsi_request *request, uint8_t opcode,
                  uint8_t feature, uint32_t count)
{
    uint8_t *cdb = request->cdb;

    memset(request, 0, sizeof(*request));
    request->cdb_bytes = cdb_bytes_of(opcode);
    cdb[0] = opcode;
    cdb[1] = feature;
    switch (request->cdb_bytes) {
    case 6:
        cdb[4] = (uint8_t)count;
        break;
    case 10:
        put_number(cdb + 7, 2, count);
        break;
    case 12:
        put_number(cdb + 6, 4, count);
        break;
    default:
        put_number(cdb + 10, 4, count);
    }
}

static void put_lba(struct scsi_request *request, uint64_t lba)
{
    uint8_t *cdb = request->cdb;

    if (request->cdb_bytes == 6) {
        cdb[1] |= lba >> 16 & 0x1f;
        put_number(cdb + 2, 2, lba);
    } else {
        put_number(cdb + 2, request->cdb_bytes == 16 ? 8 : 4, lba);
    }
}

/* Sectors as blocks of the unit; without division, which costs i386 code. */
static uint64_t to_blocks(const struct scsi_unit *unit, uint64_t sectors)
{
    for (uint32_t b = SECTOR_BYTES; b < unit->block_bytes; b *= 2) {
        sectors /= 2;
    }
    return sectors;
}

/* Starts a request whose answer, of at most `bytes` bytes, goes to `data`. */
static void start_asking(struct scsi_request *request, uint8_t opcode,
                         uint8_t feature, void *data, uint32_t bytes)
{
    /* READ CAPACITY (10) has a fixed length, and none in its CDB. */
    start(request, opcode, feature,
          opcode == OP_READ_CAPACITY_10 ? 0 : bytes);
    if (opcode == OP_MODE_SENSE_6 || opcode == OP_MODE_SENSE_10) {
        request->cdb[2] = PAGE_ALL;
    }
    request->flow = FLOW_IN;
    request->data = data;
    request->bytes = bytes;
    memset(data, 0, bytes);
}

static bool execute(struct scsi_unit *unit, struct scsi_request *request)
{
    unit->execute(unit, request);
    return request->ok;
}

static bool is_attention(const struct scsi_request *request)
{
    return !request->ok && request->outcome.sense_bytes > 0 &&
           request->outcome.sense[0] == KEY_UNIT_ATTENTION;
}

void scsi_take_sense(struct report_outcome *outcome, const uint8_t *sense,
                     unsigned bytes)
{
    uint8_t format = bytes > 0 ? sense[0] & 0x7f : 0;

    if ((format == 0x70 || format == 0x71) && bytes >= 14) {
        outcome->sense[0] = sense[2] & 0x0f;
        outcome->sense[1] = sense[12];
        outcome->sense[2] = sense[13];
    } else if ((format == 0x72 || format == 0x73) && bytes >= 4) {
        outcome->sense[0] = sense[1] & 0x0f;
        outcome->sense[1] = sense[2];
        outcome->sense[2] = sense[3];
    } else {
        return;
    }
    outcome->sense_bytes = 3;
}

void scsi_make_inquiry(struct scsi_request *request, void *data)
{
    start_asking(request, OP_INQUIRY, 0, data, SCSI_INQUIRY_BYTES);
}

bool scsi_is_driven(const uint8_t *inquiry)
{
    return (inquiry[0] & QUALIFIER_MASK) == 0 &&
           ((inquiry[0] & TYPE_MASK) == TYPE_DISK ||
            (inquiry[0] & TYPE_MASK) == TYPE_CD);
}

/* Asks for the size; 0 sectors and false if the unit does not tell. */
static bool take_capacity(struct disk *disk, struct scsi_unit *unit)
{
    static uint8_t answer[32] __attribute__((aligned(4)));
    struct scsi_request request;
    uint64_t last;

    start_asking(&request, OP_READ_CAPACITY_10, 0, answer, 8);
    if (!execute(unit, &request)) {
        return false;
    }
    last = take_number(answer, 4);
    unit->block_bytes = (uint32_t)take_number(answer + 4, 4);
    if (last == 0xffffffffu) {
        start_asking(&request, OP_READ_CAPACITY_16, READ_CAPACITY_16_ACTION,
                     answer, sizeof(answer));
        if (!execute(unit, &request)) {
            return false;
        }
        last = take_number(answer, 8);
        unit->block_bytes = (uint32_t)take_number(answer + 8, 4);
    }
    disk->sectors = (last + 1) * (unit->block_bytes / SECTOR_BYTES);
    return true;
}

void scsi_identify(struct disk *disk, const struct scsi_request *inquired)
{
    const uint8_t *inquiry = inquired->data;
    bool is_cd = (inquiry[0] & TYPE_MASK) == TYPE_CD;
    struct scsi_unit *unit = disk->bus;
    struct scsi_request request;

    disk->kind = is_cd ? "scsi-cd" : "scsi";
    disk->has_dma = true;
    disk->identified = inquired->outcome;
    disk_set_model(disk, inquiry + INQUIRY_PRODUCT, PRODUCT_BYTES);
    for (unsigned i = 0; i < MAX_ATTENTIONS; i++) {
        start(&request, OP_TEST_UNIT_READY, 0, 0);
        if (execute(unit, &request) || !is_attention(&request)) {
            break;
        }
    }
    if (!take_capacity(disk, unit) ||
        unit->block_bytes != (is_cd ? SCSI_BLOCK_CD : SCSI_BLOCK_DISK)) {
        return;
    }
    disk->driver = is_cd ? &scsi_cd_driver : &scsi_driver;
    disk->readers[0] = &scsi_reader_10;
    disk->readers[1] = is_cd ? &scsi_reader_12 : &scsi_reader_16;
}

/*
 * MODE SELECT of the caching page as it is: MODE SENSE tells it, and only
 * what is reserved in the other direction is blanked (SPC-4, 7.5.5).
 */
static void start_giving_back(struct scsi_unit *unit,
                              struct scsi_request *request,
                              const struct command *command, uint8_t *data)
{
    bool is_6 = command->opcode == OP_MODE_SELECT_6;
    unsigned header = is_6 ? MODE_HEADER_6 : MODE_HEADER_10;
    unsigned bytes;

    start_asking(request, is_6 ? OP_MODE_SENSE_6 : OP_MODE_SENSE_10,
                 SENSE_NO_BLOCKS, data, ALLOCATION);
    request->cdb[2] = PAGE_CACHING;
    execute(unit, request);
    bytes = header + 2 + data[header + 1];
    if (bytes > ALLOCATION) {
        bytes = ALLOCATION;
    }
    memset(data, 0, header);
    data[header] &= (uint8_t)~PAGE_SAVEABLE;
    start(request, command->opcode, command->feature, bytes);
    request->flow = FLOW_OUT;
    request->data = data;
    request->bytes = bytes;
}

/* COMPARE AND WRITE takes what is there, then what is to be there. */
static void put_present_before(struct scsi_unit *unit,
                               struct scsi_request *request,
                               const struct transfer *transfer, uint8_t *data)
{
    struct scsi_request read;
    uint32_t bytes = request->bytes;

    start(&read, scsi_reader_10.opcode, 0,
          (uint32_t)to_blocks(unit, transfer->sectors));
    put_lba(&read, to_blocks(unit, transfer->lba));
    read.flow = FLOW_IN;
    read.data = data;
    read.bytes = bytes;
    execute(unit, &read);
    memcpy(data + bytes, transfer->data, bytes);
    request->data = data;
    request->bytes = 2 * bytes;
}

/* Bytes of data that go along with a command of this flow. */
static uint32_t data_bytes(const struct scsi_unit *unit,
                           const struct transfer *transfer)
{
    switch (transfer->flow == FLOW_NONE ? -1 : transfer->command->opcode) {
    case -1:
        return 0;
    case OP_UNMAP:
        return UNMAP_BYTES;
    case OP_WRITE_SAME_10:
    case OP_WRITE_SAME_16:
        return unit->block_bytes;
    default:
        return transfer->sectors * SECTOR_BYTES;
    }
}

/* A row as a request. `own` has room for what is not the caller's data. */
static void make_request(struct scsi_unit *unit, struct scsi_request *request,
                         const struct transfer *transfer, uint8_t *own)
{
    const struct command *command = transfer->command;
    uint32_t bytes = data_bytes(unit, transfer);
    uint32_t count = (uint32_t)to_blocks(unit, transfer->sectors);

    if (command->flags & SCSI_ASKS) {
        start_asking(request, command->opcode, command->feature, own,
                     ALLOCATION);
        if (request->cdb[2] == PAGE_ALL && unit->block_bytes == SCSI_BLOCK_CD) {
            request->cdb[2] = PAGE_CD;
        }
        return;
    }
    if (command->flags & SCSI_GIVES_BACK) {
        start_giving_back(unit, request, command, own);
        return;
    }
    if (command->flags & SCSI_COUNTS_BYTES) {
        count = bytes;
    } else if (command->flags & SCSI_NO_PLACE) {
        count = 0;
    }
    start(request, command->opcode, command->feature, count);
    request->flow = transfer->flow;
    request->data = transfer->data;
    request->bytes = bytes;
    if (!(command->flags & SCSI_NO_PLACE) && command->opcode != OP_UNMAP) {
        put_lba(request, to_blocks(unit, transfer->lba));
    }
    if (command->flags & SCSI_COMPARES && bytes > 0) {
        put_present_before(unit, request, transfer, own);
    }
}

void scsi_prepare(const struct transfer *transfer)
{
    uint8_t *data = transfer->data;

    if (transfer->command->opcode == OP_UNMAP) {
        memset(data, 0, UNMAP_BYTES);
        put_number(data, 2, UNMAP_LENGTH);
        put_number(data + 2, 2, UNMAP_DESCRIPTORS);
        put_number(data + 8, 8, transfer->lba);
        put_number(data + 16, 4, transfer->sectors);
    } else if (transfer->command->flags & SCSI_ZEROES) {
        memset(data, 0, MAX_TRANSFER * SECTOR_BYTES);
    }
}

bool scsi_issue(struct disk *disk, const struct transfer *transfer,
                struct report_outcome *outcome)
{
    static uint8_t own[2 * MAX_TRANSFER * SECTOR_BYTES]
        __attribute__((aligned(4096)));
    struct scsi_unit *unit = disk->bus;
    struct scsi_request request;

    /* An attention tells of an earlier event: the command was not begun. */
    for (unsigned i = 0; i < MAX_ATTENTIONS; i++) {
        make_request(unit, &request, transfer, own);
        if (execute(unit, &request) || !is_attention(&request)) {
            break;
        }
    }
    *outcome = request.outcome;
    return request.ok;
}
