/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and text routines of the guests. */
#ifndef GUEST_STRING_H
#define GUEST_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four that gcc may call by itself: memory.c, or the C library. */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

/* True if each of `bytes` bytes at `data` is zero. */
bool string_is_zero(const void *data, size_t bytes);

/* True if the two texts are the same. */
bool string_equals(const char *left, const char *right);

/* Value of the hexadecimal digit `c` of either case, or -1. */
int string_hex_digit(char c);

/*
 * CRC-32 of `bytes` bytes at `data`: IEEE 802.3, reflected, start and final
 * xor all ones, as gzip and zlib count it.
 */
uint32_t string_crc32(const void *data, size_t bytes);

#endif
