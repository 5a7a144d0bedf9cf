/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "payload.h"
#include "string.h"
#include "variant.h"
#include "written.h"

#define POISON 0xa5

/* A disk that let so many waits run out is left alone. */
#define MAX_TIMEOUTS 4

static uint8_t data[MAX_BYTES] __attribute__((aligned(4096)));
static uint8_t payload[MAX_BYTES] __attribute__((aligned(4096)));

/*
 * Where nearly all places are. It is read as a whole before the first write
 * and after the last command, where the disk can: that is a fraction of the
 * commands that reading each place takes.
 */
#define LOW_SECTORS 256

static uint8_t low_before[LOW_SECTORS * SECTOR_BYTES]
    __attribute__((aligned(65536)));
static uint8_t low_after[LOW_SECTORS * SECTOR_BYTES]
    __attribute__((aligned(65536)));
static enum { LOW_UNREAD, LOW_READ, LOW_USELESS } low;

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    bool ok;

    memset(outcome, 0, sizeof(*outcome));
    ok = disk->driver->issue(disk, transfer, outcome);
    disk->timeouts += outcome->timed_out;
    return ok;
}

/* Lets the driver replace the payload, where a command takes no payload. */
static void prepare(const struct disk *disk, const struct transfer *transfer)
{
    if (transfer->flow == FLOW_OUT && disk->driver->prepare != NULL) {
        disk->driver->prepare(transfer);
    }
}

/* Reads sectors into `to`, poisoned first, by one of the disk's readers. */
static bool read_at(struct disk *disk, uint64_t lba, unsigned sectors,
                    unsigned reader, void *to, struct report_outcome *outcome)
{
    struct transfer transfer = {
        .command = disk->readers[reader],
        .lba = lba,
        .sectors = sectors,
        .flow = FLOW_IN,
        .data = to,
    };

    memset(to, POISON, sectors * SECTOR_BYTES);
    return issue(disk, &transfer, outcome);
}

static bool read_place(struct disk *disk, const struct written *place,
                       unsigned reader, void *to,
                       struct report_outcome *outcome)
{
    return read_at(disk, place->lba, place->sectors, reader, to, outcome);
}

static bool read_low(struct disk *disk, uint8_t *to,
                     struct report_outcome *outcome)
{
    unsigned end = disk->sectors < LOW_SECTORS ? (unsigned)disk->sectors
                                               : LOW_SECTORS;
    unsigned most = disk->driver->most_read;

    for (unsigned at = 0; at < end; at += most) {
        unsigned n = end - at < most ? end - at : most;

        if (!read_at(disk, at, n, 0, to + at * SECTOR_BYTES, outcome)) {
            return false;
        }
    }
    return true;
}

static bool is_low(const struct written *place)
{
    return place->lba + place->sectors <= LOW_SECTORS &&
           place->command.place != AT_ALL;
}

/* Takes down what the place holds before its command. */
static void look_before(struct disk *disk, struct written *place,
                        const struct options *options)
{
    struct report_outcome ignored;
    void *own = written_before(place);

    if (low == LOW_UNREAD) {
        low = disk->driver->most_read > MAX_TRANSFER && options->only < 0 &&
              read_low(disk, low_before, &ignored) ? LOW_READ : LOW_USELESS;
    }
    if (low == LOW_READ && is_low(place)) {
        place->before = low_before + place->lba * SECTOR_BYTES;
    } else if (read_place(disk, place, 0, own, &ignored)) {
        place->before = own;
    }
}

/*
 * Fills `payload` with what the place should hold after its command; returns
 * NULL if that is not payload.
 */
static const void *fill_payload(struct disk *disk, const struct written *place,
                                const struct options *options)
{
    const struct command *command = &place->command;
    struct report_outcome ignored;

    if (place->copies) {
        return read_at(disk, place->source, place->sectors, 0, payload,
                       &ignored) ? payload : NULL;
    }
    payload_fill(payload, options->nonce, place->lba, place->sectors,
                 command->opcode, (uint8_t)disk->index);
    return command->class == REPORT_TRIM ? NULL : payload;
}

static void report(const struct disk *disk, const struct transfer *transfer,
                   const struct report_outcome *outcome,
                   const struct written *place, bool has_crc, uint32_t crc)
{
    const struct command *command = transfer->command;
    struct report_command line = {
        .disk_name = disk->name,
        .opcode = command->opcode,
        .class = command->class,
        .proto = command->proto,
        .lba = transfer->lba,
        .sectors = transfer->sectors,
        .copies = command->place == AT_LBA_COPY,
        .source = transfer->source,
        .outcome = *outcome,
        .back = place != NULL ? place->back : REPORT_BACK_UNSAID,
        .has_crc = has_crc,
        .crc = crc,
        .name = command->name,
    };

    report_command(&line);
}

/* The line of the command that the place is from. */
static void report_place(const struct disk *disk, struct written *place)
{
    const struct transfer transfer = {
        .command = &place->command,
        .lba = place->lba,
        .sectors = place->told_sectors,
        .source = place->source,
    };

    report(disk, &transfer, &place->outcome, place, place->has_crc,
           place->crc);
    place->is_told = true;
}

/* What a device would say that had done everything asked. */
static void lie(const struct disk *disk, struct written *place)
{
    bool is_trim = place->command.class == REPORT_TRIM;

    place->outcome = disk->driver->good;
    place->outcome.has_bus_master &= place->command.proto == REPORT_DMA;
    memset(data, 0, place->sectors * SECTOR_BYTES);
    written_judge(place, is_trim ? data : payload, is_trim ? NULL : payload);
}

/*
 * A write, a trim, or what the device should lack: looks what the place holds,
 * gives the command, reads the place cold, that is into a poisoned buffer and
 * if possible by another command, so that nothing but the disk can have put
 * the answer there. What should be lacking is read, and told, at the end.
 */
static void run_write(struct disk *disk, struct transfer *transfer,
                      const struct options *options)
{
    const struct command *command = transfer->command;
    struct written *place = written_add(command, transfer->lba,
                                        command->sectors);
    struct report_outcome ignored;
    const void *wanted;
    bool ok;

    place->copies = command->place == AT_LBA_COPY;
    place->source = transfer->source;
    place->told_sectors = transfer->sectors;
    wanted = fill_payload(disk, place, options);
    if (probe_variant.lies) {
        lie(disk, place);
        report_place(disk, place);
        return;
    }
    look_before(disk, place, options);
    transfer->data = data;
    memcpy(data, payload, place->sectors * SECTOR_BYTES);
    prepare(disk, transfer);
    issue(disk, transfer, &place->outcome);
    if (command->class == REPORT_ABSENT && low == LOW_READ && is_low(place)) {
        return;
    }
    ok = read_place(disk, place, 1, data, &ignored);
    written_judge(place, ok ? data : NULL, wanted);
    report_place(disk, place);
}

/* Anything that is not to leave a trace: reads, flushes, and the like. */
static void run_other(struct disk *disk, struct transfer *transfer)
{
    const struct command *command = transfer->command;
    unsigned bytes = transfer->sectors * SECTOR_BYTES;
    struct report_outcome outcome;
    bool has_data;

    transfer->data = data;
    memset(data, POISON, sizeof(data));
    if (probe_variant.lies && command->class == REPORT_ABSENT) {
        transfer->flow = FLOW_NONE;
    }
    prepare(disk, transfer);
    has_data = issue(disk, transfer, &outcome) &&
               transfer->flow == FLOW_IN && bytes > 0;
    report(disk, transfer, &outcome, NULL, has_data,
           has_data ? string_crc32(data, bytes) : 0);
}

/* Tells what has changed in a place since it was read back. */
static void report_change(const struct disk *disk, const struct written *place,
                          const struct report_outcome *outcome)
{
    struct command command = place->command;
    const struct transfer transfer = {
        .command = &command,
        .lba = place->lba,
        .sectors = place->sectors,
        .source = place->source,
    };

    command.class = REPORT_RECHECK;
    command.proto = disk->readers[0]->proto;
    report(disk, &transfer, outcome, place, place->has_crc, place->crc);
}

/*
 * Reads all places again, after the flushes. What has changed since the
 * read-back has a line: its op and name are the write's, its outcome the
 * reading's. What was left for now is told.
 */
static void run_rechecks(struct disk *disk, const struct options *options)
{
    struct report_outcome low_outcome;
    struct report_outcome outcome;
    bool has_low = low == LOW_READ &&
                   read_low(disk, low_after, &low_outcome);

    for (unsigned i = 0; i < written_count(); i++) {
        struct written *place = written_at(i);
        const struct written before = *place;
        const void *wanted = fill_payload(disk, place, options);
        const void *now = data;

        if (has_low && is_low(place)) {
            now = low_after + place->lba * SECTOR_BYTES;
            outcome = low_outcome;
        } else if (!read_place(disk, place, 0, data, &outcome)) {
            now = NULL;
        }
        written_judge(place, now, wanted);
        if (!place->is_told) {
            report_place(disk, place);
        } else if (place->back != before.back ||
                   place->has_crc != before.has_crc ||
                   place->crc != before.crc) {
            report_change(disk, place, &outcome);
        }
    }
}

/* True for what could change the disk's content. */
static bool may_write(const struct command *command)
{
    return command->class == REPORT_WRITE || command->class == REPORT_TRIM ||
           command->class == REPORT_ABSENT;
}

/* True if the options and the disk let the row run at all. */
static bool is_wanted(const struct disk *disk, const struct command *command,
                      const struct options *options)
{
    return (options->only < 0 || options->only == command->opcode) &&
           (options->writes || !may_write(command)) &&
           (options->format || command->place != AT_ALL) &&
           (command->proto != REPORT_DMA || disk->has_dma) &&
           (command->proto != REPORT_NCQ || disk->has_ncq) &&
           command->sectors <= disk->sectors;
}

/* Decides where a row runs on this disk; false if there is no place for it. */
static bool place_row(const struct disk *disk, const struct command *command,
                      struct transfer *transfer)
{
    memset(transfer, 0, sizeof(*transfer));
    transfer->command = command;
    transfer->sectors = command->sectors;
    transfer->flow = command->flow;
    switch (command->place) {
    case AT_ALL:
        transfer->sectors = (unsigned)disk->sectors;
        return true;
    case AT_LAST:
        transfer->lba = disk->sectors - command->sectors;
        break;
    case AT_LBA_COPY:
        transfer->source = command->feature;
        if (!written_overlaps(transfer->source, command->sectors)) {
            return false;
        }
        transfer->lba = command->lba;
        break;
    case AT_LBA_WIDE:
        transfer->lba = command->lba;
        transfer->sectors = command->feature;
        break;
    default:
        transfer->lba = command->lba;
        break;
    }
    return transfer->lba + transfer->sectors <= disk->sectors &&
           !(may_write(command) &&
             written_overlaps(transfer->lba, transfer->sectors));
}

/* True if the place of the command is read before and after it. */
static bool leaves_place(const struct command *command)
{
    return may_write(command) && command->sectors > 0 &&
           !(probe_variant.lies && command->class == REPORT_ABSENT);
}

static void report_found(const struct disk *disk)
{
    struct report_disk line = {
        .name = disk->name,
        .index = disk->index,
        .kind = disk->kind,
        .sectors = disk->sectors,
        .outcome = disk->identified,
        .model = disk->model,
    };

    report_disk(&line);
}

/* Runs one row. What the device says it lacks is absent, or left out. */
static void run_row(struct disk *disk, const struct command *row,
                    const struct options *options)
{
    const struct bus_driver *driver = disk->driver;
    struct command command = *row;
    struct transfer transfer;

    if (driver->offers != NULL && !driver->offers(disk, row)) {
        command.class = REPORT_ABSENT;
    }
    if (!is_wanted(disk, &command, options) ||
        (command.class != row->class && !may_write(row)) ||
        !place_row(disk, &command, &transfer)) {
        return;
    }
    if (leaves_place(&command)) {
        run_write(disk, &transfer, options);
    } else {
        run_other(disk, &transfer);
    }
}

/*
 * Runs the rows of the table that write the whole disk, or all others. False
 * if the disk stopped answering.
 */
static bool run_rows(struct disk *disk, const struct options *options,
                     bool whole)
{
    const struct bus_driver *driver = disk->driver;

    for (unsigned i = 0; i < driver->n_commands; i++) {
        const struct command *row = &driver->commands[i];

        if ((row->place == AT_ALL) == whole) {
            run_row(disk, row, options);
        }
        if (disk->timeouts >= MAX_TIMEOUTS) {
            return false;
        }
    }
    return true;
}

bool run_disk(struct disk *disk, const struct options *options)
{
    report_found(disk);
    if (disk->driver == NULL) {
        return true;
    }
    written_reset();
    low = LOW_UNREAD;
    if (!run_rows(disk, options, false)) {
        return false;
    }
    if (!probe_variant.lies) {
        run_rechecks(disk, options);
    }
    return disk->timeouts < MAX_TIMEOUTS && run_rows(disk, options, true);
}

bool run_knows_only(const struct disk *disks, unsigned n,
                    const struct options *options)
{
    for (unsigned i = 0; i < n; i++) {
        const struct bus_driver *driver = disks[i].driver;

        for (unsigned c = 0; driver != NULL && c < driver->n_commands; c++) {
            if (driver->commands[c].opcode == options->only) {
                return true;
            }
        }
    }
    return options->only < 0;
}
