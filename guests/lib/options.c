/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <stddef.h>

#include "report.h"
#include "string.h"

/* If the word of `length` bytes starts with `key`, returns what follows it. */
static const char *value_of(const char *word, size_t length, const char *key,
                            size_t *value_length)
{
    size_t i = 0;

    while (key[i] != '\0') {
        if (i == length || word[i] != key[i]) {
            return NULL;
        }
        i++;
    }
    *value_length = length - i;
    return word + i;
}

bool options_is_word(const char *word, size_t length, const char *name)
{
    size_t rest;

    return value_of(word, length, name, &rest) != NULL && rest == 0;
}

static bool parse_nonce(const char *value, size_t length, uint8_t *nonce)
{
    if (length != 2 * OPTIONS_NONCE_BYTES) {
        return false;
    }
    for (size_t i = 0; i < OPTIONS_NONCE_BYTES; i++) {
        int high = string_hex_digit(value[2 * i]);
        int low = string_hex_digit(value[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        nonce[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool parse_opcode(const char *value, size_t length, int *opcode)
{
    int sum = 0;

    if (length < 1 || length > 2) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        int digit = string_hex_digit(value[i]);

        if (digit < 0) {
            return false;
        }
        sum = sum << 4 | digit;
    }
    *opcode = sum;
    return true;
}

/* Takes one word; returns false if it is none of ours. */
static bool take_word(const char *word, size_t length, struct options *options,
                      bool *has_nonce)
{
    const char *value;
    size_t n;

    value = value_of(word, length, "nonce=", &n);
    if (value != NULL) {
        *has_nonce = parse_nonce(value, n, options->nonce);
        if (!*has_nonce) {
            report_panic("nonce");
        }
        return true;
    }
    value = value_of(word, length, "only=", &n);
    if (value != NULL) {
        return parse_opcode(value, n, &options->only);
    }
    if (options_is_word(word, length, "format=on") ||
        options_is_word(word, length, "format=off")) {
        options->format = options_is_word(word, length, "format=on");
        return true;
    }
    value = value_of(word, length, "buses=", &n);
    if (value != NULL && n > 0) {
        options->buses = value;
        options->buses_length = n;
        return true;
    }
    if (options_is_word(word, length, "writes=on")) {
        options->writes = true;
        return true;
    }
    if (options_is_word(word, length, "writes=off")) {
        options->writes = false;
        return true;
    }
    return false;
}

void options_parse(const char *words, struct options *options)
{
    bool has_nonce = false;

    memset(options, 0, sizeof(*options));
    options->writes = true;
    options->only = -1;
    for (;;) {
        size_t length = 0;

        while (*words == ' ') {
            words++;
        }
        if (*words == '\0') {
            break;
        }
        while (words[length] != '\0' && words[length] != ' ') {
            length++;
        }
        if (!take_word(words, length, options, &has_nonce)) {
            report_panic_about("word=", words, length);
        }
        words += length;
    }
    if (!has_nonce) {
        report_panic("nonce");
    }
}

bool options_next_bus(const struct options *options, const char **name,
                      size_t *length)
{
    const char *end;
    const char *next;

    if (options->buses == NULL) {
        return false;
    }
    end = options->buses + options->buses_length;
    next = *name != NULL ? *name + *length + 1 : options->buses;
    if (next > end) {
        return false;
    }
    *name = next;
    while (next < end && *next != ',') {
        next++;
    }
    *length = (size_t)(next - *name);
    return true;
}

bool options_wants_bus(const struct options *options, const char *name)
{
    const char *word = NULL;
    size_t length = 0;

    while (options_next_bus(options, &word, &length)) {
        if (options_is_word(word, length, name)) {
            return true;
        }
    }
    return options->buses == NULL;
}
