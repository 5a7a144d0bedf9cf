/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of -append that the bare-metal guests take. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_NONCE_BYTES 8

struct options {
    uint8_t nonce[OPTIONS_NONCE_BYTES]; /* in the order of the text */
    bool writes;
    int only;                           /* an opcode, or -1 for all */
};

/*
 * Reads `nonce=<16 hex digits>` (required), `writes=on|off` (default on) and
 * `only=<1 or 2 hex digits>`, separated by spaces; of a repeated word the
 * last counts. Panics with `panic nonce` without a nonce of that form, and
 * with `panic word=...` on anything else.
 */
void options_parse(const char *words, struct options *options);

#endif
