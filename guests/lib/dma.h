/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC's 8237 DMA controller, for the floppy disk controller. */
#ifndef GUEST_DMA_H
#define GUEST_DMA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sets up channel 2 for one transfer of `bytes` bytes (1..65536) between a
 * device and `data`, which must lie below 16 MiB and not cross a 64 KiB
 * boundary.
 */
void dma_set_up(const void *data, uint32_t bytes, bool to_memory);

/* Masks the channel: whatever is left of a transfer does not happen. */
void dma_stop(void);

#endif
