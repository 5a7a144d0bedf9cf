/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guests/lib/console.h for the Linux guest: the lines go out on COM1. */
#include "console.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serial.h"

#define LINE_MAX 512
#define EXIT_PANIC 1

static char line[LINE_MAX + 1];
static size_t used;

static void put(char c)
{
    if (used < LINE_MAX) {
        line[used++] = c;
    }
}

void console_text(const char *text)
{
    while (*text != '\0') {
        put(*text++);
    }
}

void console_foreign(const char *text, unsigned limit)
{
    for (; limit > 0 && *text != '\0'; limit--, text++) {
        put(*text >= ' ' && *text <= '~' && *text != '"' ? *text : '?');
    }
}

void console_hex(uint32_t value, unsigned digits)
{
    while (digits > 0) {
        digits--;
        put("0123456789abcdef"[value >> digits * 4 & 15]);
    }
}

void console_decimal(uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    console_text(text);
}

void console_end_line(void)
{
    if (used == 0) {
        return;
    }
    line[used] = '\n';
    serial_send(line, used + 1);
    used = 0;
}

/* The probe's core runs in a process of its own, see main.c. */
_Noreturn void console_give_up(void) { _exit(EXIT_PANIC); }
