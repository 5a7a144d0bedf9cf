/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests' output, line by line, and all that the probe's core asks of the
 * machine it runs on. On bare metal the lines go to QEMU's debug console (port
 * 0xe9). A line is gathered in memory and leaves in one string instruction,
 * because a port access costs about a microsecond whether it is alone or not.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

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

/* Ends the guest, after a panic line. On bare metal: QEMU's exit status 35. */
_Noreturn void console_give_up(void);

#endif
