/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port access of the bare-metal guests. */
#ifndef GUEST_IO_H
#define GUEST_IO_H

#include <stdint.h>

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Reads `words` 16-bit words from `port` to `to`. */
static inline void insw(uint16_t port, void *to, uint32_t words)
{
    __asm__ volatile("rep insw"
                     : "+D"(to), "+c"(words) : "d"(port) : "memory");
}

/* Writes `words` 16-bit words from `from` to `port`. */
static inline void outsw(uint16_t port, const void *from, uint32_t words)
{
    __asm__ volatile("rep outsw"
                     : "+S"(from), "+c"(words) : "d"(port) : "memory");
}

/* Reads `words` 32-bit words from `port` to `to`. */
static inline void insl(uint16_t port, void *to, uint32_t words)
{
    __asm__ volatile("rep insl"
                     : "+D"(to), "+c"(words) : "d"(port) : "memory");
}

/* Writes `words` 32-bit words from `from` to `port`. */
static inline void outsl(uint16_t port, const void *from, uint32_t words)
{
    __asm__ volatile("rep outsl"
                     : "+S"(from), "+c"(words) : "d"(port) : "memory");
}

/* Writes `bytes` bytes from `from` to `port`. */
static inline void outsb(uint16_t port, const void *from, uint32_t bytes)
{
    __asm__ volatile("rep outsb"
                     : "+S"(from), "+c"(bytes) : "d"(port) : "memory");
}

#endif
