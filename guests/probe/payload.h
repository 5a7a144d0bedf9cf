/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probe writes. A sector is 32 blocks of 16 bytes, each of them:
 *
 *   0  8  the nonce, in the order of its text
 *   8  4  the sector's number, little endian, lowest 32 bits
 *  12  1  the opcode that wrote it
 *  13  1  the disk's index
 *  14  1  the number of the block, 0..31
 *  15  1  0x57, 'W'
 *
 * so that any 16 bytes found anywhere tell who wrote them, and where to.
 */
#ifndef PROBE_PAYLOAD_H
#define PROBE_PAYLOAD_H

#include <stdint.h>

/* Fills `sectors` sectors at `data` (aligned to 4) as from `lba` on. */
void payload_fill(void *data, const uint8_t *nonce, uint64_t lba,
                  unsigned sectors, uint8_t opcode, uint8_t disk_index);

#endif
