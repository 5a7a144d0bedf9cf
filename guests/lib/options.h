/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that the guests take, from -append or from a line of text. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_NONCE_BYTES 8

struct options {
    uint8_t nonce[OPTIONS_NONCE_BYTES]; /* in the order of the text */
    bool writes;
    bool format;                        /* commands that blank all, too */
    int only;                           /* an opcode, or -1 for all */
    const char *buses;                  /* names with commas; NULL: all */
    size_t buses_length;
};

/*
 * Reads `nonce=<16 hex digits>` (required), `writes=on|off` (default on),
 * `format=on|off` (default off), `only=<1 or 2 hex digits>` and `buses=<name>,<name>...`, separated by
 * spaces; of a repeated word the last counts. Panics with `panic nonce`
 * without a nonce of that form, and with `panic word=...` on anything else.
 * The options point into `words`.
 */
void options_parse(const char *words, struct options *options);

/* True if the `length` bytes at `word` are the text `name`. */
bool options_is_word(const char *word, size_t length, const char *name);

/*
 * Steps through the names of `buses=`: *name NULL starts. False after the
 * last, and if all buses are meant.
 */
bool options_next_bus(const struct options *options, const char **name,
                      size_t *length);

/* True if `buses=` names the bus `name`, or is absent. */
bool options_wants_bus(const struct options *options, const char *name);

#endif
