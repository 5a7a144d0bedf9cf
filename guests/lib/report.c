/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "console.h"

#define TEXT_SHOWN 64
#define MODEL_SHOWN 40

static const char *const class_names[] = {
    [REPORT_IDENTIFY] = "identify",
    [REPORT_SETUP] = "setup",
    [REPORT_READ] = "read",
    [REPORT_VERIFY] = "verify",
    [REPORT_WRITE] = "write",
    [REPORT_TRIM] = "trim",
    [REPORT_ABSENT] = "absent",
    [REPORT_FLUSH] = "flush",
    [REPORT_RECHECK] = "recheck",
};

static const char *const proto_names[] = {
    [REPORT_NONE] = "none",
    [REPORT_PIO] = "pio",
    [REPORT_DMA] = "dma",
    [REPORT_NCQ] = "ncq",
};

static const char *const back_names[] = {
    [REPORT_BACK_NEW] = "new",
    [REPORT_BACK_OLD] = "old",
    [REPORT_BACK_SAME] = "same",
    [REPORT_BACK_ZERO] = "zero",
    [REPORT_BACK_OTHER] = "other",
    [REPORT_BACK_NONE] = "none",
};

static unsigned disks;
static unsigned commands;

static void put_word(const char *key, const char *value)
{
    console_text(key);
    console_text(value);
}

static void put_number(const char *key, uint64_t value)
{
    console_text(key);
    console_decimal(value);
}

static void put_hex(const char *key, uint32_t value, unsigned digits)
{
    console_text(key);
    console_hex(value, digits);
}

/* st=, er= and to=: what every answer has. */
static void put_answer(const struct report_outcome *outcome)
{
    put_hex(" st=", outcome->status, outcome->status > 0xff ? 4 : 2);
    put_hex(" er=", outcome->error, 2);
    put_number(" to=", outcome->timed_out);
}

void report_start(const struct options *options)
{
    disks = 0;
    commands = 0;
    console_text("rogate-probe 2 nonce=");
    for (unsigned i = 0; i < OPTIONS_NONCE_BYTES; i++) {
        console_hex(options->nonce[i], 2);
    }
    put_word(" writes=", options->writes ? "on" : "off");
    console_end_line();
}

void report_disk(const struct report_disk *disk)
{
    put_word("disk ", disk->name);
    put_number(" index=", disk->index);
    put_word(" kind=", disk->kind);
    put_number(" sectors=", disk->sectors);
    put_answer(&disk->outcome);
    console_text(" model=\"");
    console_foreign(disk->model, MODEL_SHOWN);
    console_text("\"");
    console_end_line();
    disks++;
}

void report_command(const struct report_command *command)
{
    const struct report_outcome *outcome = &command->outcome;

    put_word("cmd ", command->disk_name);
    put_hex(" op=", command->opcode, 2);
    put_word(" class=", class_names[command->class]);
    put_word(" proto=", proto_names[command->proto]);
    put_number(" lba=", command->lba);
    put_number(" n=", command->sectors);
    if (command->copies) {
        put_number(" src=", command->source);
    }
    put_answer(outcome);
    if (outcome->has_bus_master) {
        put_hex(" bm=", outcome->bus_master, 2);
    }
    if (outcome->sense_bytes > 0) {
        console_text(" sense=");
        for (unsigned i = 0; i < outcome->sense_bytes; i++) {
            console_hex(outcome->sense[i], 2);
        }
    }
    if (command->back != REPORT_BACK_UNSAID) {
        put_word(" back=", back_names[command->back]);
    }
    if (command->has_crc) {
        put_hex(" crc=", command->crc, 8);
    }
    put_word(" name=", command->name);
    console_end_line();
    commands++;
}

void report_end(void)
{
    put_number("end disks=", disks);
    put_number(" cmds=", commands);
    console_end_line();
}

_Noreturn void report_panic(const char *text)
{
    put_word("panic ", text);
    console_end_line();
    console_give_up();
}

_Noreturn void report_panic_about(const char *key, const char *text,
                                  size_t length)
{
    put_word("panic ", key);
    console_foreign(text, length < TEXT_SHOWN ? (unsigned)length : TEXT_SHOWN);
    console_end_line();
    console_give_up();
}
