/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "string.h"

/* A word that may alias any other type. */
typedef uint32_t __attribute__((may_alias)) any_word;

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *d = to;
    size_t words = bytes / 4;

    bytes %= 4;
    __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                     : "+D"(d), "+S"(from), "+c"(words)
                     : "r"(bytes) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if (d <= s || d >= s + bytes) {
        return memcpy(to, from, bytes);
    }
    while (bytes > 0) {
        bytes--;
        d[bytes] = s[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    void *d = to;
    size_t words = bytes / 4;

    bytes %= 4;
    __asm__ volatile("rep stosl\n\tmovl %3, %%ecx\n\trep stosb"
                     : "+D"(d), "+c"(words)
                     : "a"((uint32_t)(uint8_t)value * 0x01010101u), "r"(bytes)
                     : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const uint8_t *l = left;
    const uint8_t *r = right;

    /* Word by word up to the first that differs: x86 needs no alignment. */
    while (bytes >= 4 && *(const any_word *)l == *(const any_word *)r) {
        l += 4;
        r += 4;
        bytes -= 4;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (l[i] != r[i]) {
            return l[i] < r[i] ? -1 : 1;
        }
    }
    return 0;
}

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
