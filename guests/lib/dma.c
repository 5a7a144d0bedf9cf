/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dma.h"

#include "io.h"

/* Intel 8237A data sheet; ports and page registers as in the PC/AT. */
#define CHANNEL 2
#define ADDRESS_2 0x04
#define COUNT_2 0x05
#define SINGLE_MASK 0x0a
#define MODE 0x0b
#define CLEAR_FLIP_FLOP 0x0c
#define PAGE_2 0x81
#define MASKED 0x04
#define MODE_SINGLE 0x40
#define MODE_TO_MEMORY 0x04
#define MODE_FROM_MEMORY 0x08

void dma_set_up(const void *data, uint32_t bytes, bool to_memory)
{
    uint32_t address = (uint32_t)(uintptr_t)data;
    uint32_t count = bytes - 1;

    outb(SINGLE_MASK, MASKED | CHANNEL);
    outb(MODE, MODE_SINGLE | CHANNEL |
               (to_memory ? MODE_TO_MEMORY : MODE_FROM_MEMORY));
    outb(CLEAR_FLIP_FLOP, 0);
    outb(ADDRESS_2, (uint8_t)address);
    outb(ADDRESS_2, (uint8_t)(address >> 8));
    outb(PAGE_2, (uint8_t)(address >> 16));
    outb(COUNT_2, (uint8_t)count);
    outb(COUNT_2, (uint8_t)(count >> 8));
    outb(SINGLE_MASK, CHANNEL);
}

void dma_stop(void)
{
    outb(SINGLE_MASK, MASKED | CHANNEL);
}
