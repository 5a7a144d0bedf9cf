/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "payload.h"

#include "disk.h"
#include "string.h"

#define BLOCKS 32
#define MARK 0x57u

void payload_fill(void *data, const uint8_t *nonce, uint64_t lba,
                  unsigned sectors, uint8_t opcode, uint8_t disk_index)
{
    uint32_t *word = data;
    uint32_t nonce_words[2];

    memcpy(nonce_words, nonce, sizeof(nonce_words));
    for (unsigned s = 0; s < sectors; s++) {
        for (uint32_t block = 0; block < BLOCKS; block++) {
            *word++ = nonce_words[0];
            *word++ = nonce_words[1];
            *word++ = (uint32_t)lba + s;
            *word++ = opcode | (uint32_t)disk_index << 8 | block << 16 |
                      MARK << 24;
        }
    }
}
