/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"

#include <stddef.h>

#include "guest.h"
#include "io.h"
#include "string.h"

#define DEBUG_PORT 0xe9
#define LINE_MAX 512
#define PIECE_BYTES 8192            /* so much text may be held back */

static char line[LINE_MAX + 1];
static unsigned used;

static bool (*redirected)(const char *text, unsigned bytes);
static char held[PIECE_BYTES];
static unsigned n_held;

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

/*
 * Divides *value by ten and returns the remainder. By hand, 16 bits at a
 * time: a 64-bit division would need libgcc, whose 32-bit copy is a package
 * of its own (gcc-multilib).
 */
static unsigned divide_by_ten(uint64_t *value)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;

    for (int shift = 48; shift >= 0; shift -= 16) {
        rest = rest << 16 | (uint16_t)(*value >> shift);
        quotient = quotient << 16 | rest / 10;
        rest %= 10;
    }
    *value = quotient;
    return rest;
}

void console_decimal(uint64_t value)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = '0' + divide_by_ten(&value);
    } while (value != 0);
    while (n > 0) {
        put(digits[--n]);
    }
}

void console_end_line(void)
{
    if (used == 0) {
        return;
    }
    line[used++] = '\n';
    if (redirected == NULL) {
        outsb(DEBUG_PORT, line, used);
    } else {
        if (used > PIECE_BYTES - n_held) {
            console_flush();
        }
        memcpy(held + n_held, line, used);
        n_held += used;
    }
    used = 0;
}

void console_redirect(bool (*send)(const char *text, unsigned bytes))
{
    redirected = send;
}

void console_flush(void)
{
    unsigned bytes = n_held;

    if (bytes == 0) {
        return;
    }
    n_held = 0;
    if (redirected != NULL && !redirected(held, bytes)) {
        redirected = NULL;
    }
    if (redirected == NULL) {
        outsb(DEBUG_PORT, held, bytes);
    }
}

_Noreturn void console_give_up(void)
{
    guest_exit(GUEST_EXIT_PANIC);
}
