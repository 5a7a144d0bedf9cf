/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "string.h"

/* A word that may alias any other type and lie anywhere. */
typedef uint32_t __attribute__((may_alias, aligned(1))) any_word;

bool string_is_zero(const void *data, size_t bytes)
{
    const uint8_t *p = data;

    while (bytes >= 4 && *(const any_word *)p == 0) {
        p += 4;
        bytes -= 4;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

bool string_equals(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

int string_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/*
 * tables[0][b] is the CRC register after the byte b, from a register of 0;
 * tables[k][b] the same after k more zero bytes. With four of them a word is
 * taken at once ("slicing"), which matters for a guest that is emulated.
 */
static uint32_t tables[4][256];

static void fill_tables(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t c = b;

        for (int bit = 0; bit < 8; bit++) {
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        }
        tables[0][b] = c;
    }
    for (uint32_t b = 0; b < 256; b++) {
        for (int k = 1; k < 4; k++) {
            uint32_t c = tables[k - 1][b];

            tables[k][b] = tables[0][c & 0xff] ^ c >> 8;
        }
    }
}

uint32_t string_crc32(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint32_t c = 0xffffffffu;

    if (tables[0][1] == 0) {
        fill_tables();
    }
    for (; bytes >= 4; bytes -= 4, p += 4) {
        c ^= *(const any_word *)p;
        c = tables[3][c & 0xff] ^ tables[2][c >> 8 & 0xff] ^
            tables[1][c >> 16 & 0xff] ^ tables[0][c >> 24];
    }
    for (; bytes > 0; bytes--, p++) {
        c = tables[0][(c ^ *p) & 0xff] ^ c >> 8;
    }
    return ~c;
}
