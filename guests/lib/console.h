/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests' output, line by line, and all that the probe's core asks of the
 * machine it runs on. On bare metal the lines go to QEMU's debug console (port
 * 0xe9). A line is gathered in memory and leaves in one string instruction,
 * because a port access costs about a microsecond whether it is alone or not.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Appends a text. A line beyond 512 bytes is cut. */
void console_text(const char *text);

/*
 * Appends at most `limit` bytes of a text from outside, up to its NUL; bytes
 * that are not printable ASCII, and '"', become '?'.
 */
void console_foreign(const char *text, unsigned limit);

/* Appends the lowest `digits` (1..8) hexadecimal digits, in lower case. */
void console_hex(uint32_t value, unsigned digits);

/* Appends a number in decimal. */
void console_decimal(uint64_t value);

/* Ends the line and sends it; an empty one is not sent. */
void console_end_line(void);

/*
 * From now on lines go to `send`, many at a time, and the last of them when
 * console_flush is called: for a way out that costs by the piece and not by
 * the byte. Once `send` fails, that and all later text goes the first way.
 */
void console_redirect(bool (*send)(const char *text, unsigned bytes));

/* Sends what is still held back. To be called before the guest ends. */
void console_flush(void);

/* Ends the guest, after a panic line. On bare metal: QEMU's exit status 35. */
_Noreturn void console_give_up(void);

#endif
