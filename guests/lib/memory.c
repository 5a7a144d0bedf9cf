/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The four memory routines that gcc may call by itself. Only for bare metal:
 * elsewhere the C library has them.
 */
#include "string.h"

/* A word that may alias any other type and lie anywhere. */
typedef uint32_t __attribute__((may_alias, aligned(1))) any_word;

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
