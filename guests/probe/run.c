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

/* Reads a place into `to`, poisoned first, by one of the disk's readers. */
static bool read_place(struct disk *disk, const struct written *place,
                       unsigned reader, void *to,
                       struct report_outcome *outcome)
{
    struct transfer transfer = {
        .command = disk->readers[reader],
        .lba = place->lba,
        .sectors = place->sectors,
        .flow = FLOW_IN,
        .data = to,
    };

    memset(to, POISON, place->sectors * SECTOR_BYTES);
    return issue(disk, &transfer, outcome);
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
        .outcome = *outcome,
        .back = place != NULL ? place->back : REPORT_BACK_UNSAID,
        .has_crc = has_crc,
        .crc = crc,
        .name = command->name,
    };

    report_command(&line);
}

/* What a device would say that had done everything asked. */
static void lie(const struct disk *disk, const struct command *command,
                struct written *place, struct report_outcome *outcome)
{
    bool is_trim = command->class == REPORT_TRIM;

    *outcome = disk->driver->good;
    outcome->has_bus_master &= command->proto == REPORT_DMA;
    memset(data, 0, place->sectors * SECTOR_BYTES);
    place->knows_before = false;
    written_judge(place, is_trim ? data : payload, is_trim ? NULL : payload);
}

/*
 * A write, a trim, or what the device should lack: reads the place, gives the
 * command, reads the place cold, that is by another command and into a
 * poisoned buffer, so that nothing but the disk can have put the answer there.
 */
static void run_write(struct disk *disk, struct transfer *transfer,
                      const struct options *options)
{
    const struct command *command = transfer->command;
    bool is_trim = command->class == REPORT_TRIM;
    struct written *place;
    struct report_outcome outcome;
    struct report_outcome read_outcome;

    place = written_add(command, transfer->lba, transfer->sectors);
    payload_fill(payload, options->nonce, place->lba, place->sectors,
                 command->opcode, (uint8_t)disk->index);
    if (probe_variant.lies) {
        lie(disk, command, place, &outcome);
        report(disk, transfer, &outcome, place, place->has_crc, place->crc);
        return;
    }
    place->knows_before = read_place(disk, place, 0,
                                     written_before(place), &read_outcome);
    transfer->data = data;
    memcpy(data, payload, place->sectors * SECTOR_BYTES);
    prepare(disk, transfer);
    issue(disk, transfer, &outcome);
    written_judge(place,
                  read_place(disk, place, 1, data, &read_outcome)
                  ? data : NULL,
                  is_trim ? NULL : payload);
    report(disk, transfer, &outcome, place, place->has_crc, place->crc);
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
    has_data = issue(disk, transfer, &outcome) && transfer->flow == FLOW_IN;
    report(disk, transfer, &outcome, NULL, has_data,
           has_data ? string_crc32(data, bytes) : 0);
}

/*
 * Reads all written places again, after the flushes. A line says what has
 * changed since the read-back: its op and name are the write's, its outcome
 * the reading's.
 */
static void run_rechecks(struct disk *disk, const struct options *options)
{
    for (unsigned i = 0; i < written_count(); i++) {
        struct written *place = written_at(i);
        struct written before = *place;
        struct command command = *place->command;
        struct transfer transfer = {
            .command = &command,
            .lba = place->lba,
            .sectors = place->sectors,
        };
        struct report_outcome outcome;
        bool ok;

        payload_fill(payload, options->nonce, place->lba, place->sectors,
                     command.opcode, (uint8_t)disk->index);
        ok = read_place(disk, place, 0, data, &outcome);
        written_judge(place, ok ? data : NULL,
                      command.class == REPORT_TRIM ? NULL : payload);
        if (place->back != before.back || place->has_crc != before.has_crc ||
            place->crc != before.crc) {
            command.class = REPORT_RECHECK;
            command.proto = disk->readers[0]->proto;
            report(disk, &transfer, &outcome, place, place->has_crc,
                   place->crc);
        }
    }
}

/* True for what could change the disk's content. */
static bool may_write(const struct command *command)
{
    return command->class == REPORT_WRITE || command->class == REPORT_TRIM ||
           command->class == REPORT_ABSENT;
}

/* Decides whether and where a row runs on this disk. */
static bool place_row(const struct disk *disk, const struct command *command,
                      const struct options *options,
                      struct transfer *transfer)
{
    bool writes = may_write(command);

    if ((options->only >= 0 && options->only != command->opcode) ||
        (writes && !options->writes) ||
        (command->proto == REPORT_DMA && !disk->has_dma) ||
        command->sectors > disk->sectors) {
        return false;
    }
    memset(transfer, 0, sizeof(*transfer));
    transfer->command = command;
    transfer->sectors = command->sectors;
    transfer->flow = command->flow;
    transfer->lba = command->place == AT_LAST
                    ? disk->sectors - command->sectors : command->lba;
    if (transfer->lba > disk->sectors - command->sectors) {
        return false;
    }
    return !writes || !written_overlaps(transfer->lba, transfer->sectors);
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

bool run_disk(struct disk *disk, const struct options *options)
{
    const struct bus_driver *driver = disk->driver;
    struct transfer transfer;

    report_found(disk);
    if (driver == NULL) {
        return true;
    }
    written_reset();
    for (unsigned i = 0; i < driver->n_commands; i++) {
        const struct command *command = &driver->commands[i];

        if (disk->timeouts >= MAX_TIMEOUTS) {
            return false;
        }
        if (!place_row(disk, command, options, &transfer)) {
            continue;
        }
        if (leaves_place(command)) {
            run_write(disk, &transfer, options);
        } else {
            run_other(disk, &transfer);
        }
    }
    if (!probe_variant.lies) {
        run_rechecks(disk, options);
    }
    return disk->timeouts < MAX_TIMEOUTS;
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
