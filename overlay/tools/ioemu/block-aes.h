/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the encryption of qcow and qcow2 images (crypt method 1).
 *
 * AES-128 in CBC mode, one chain per 512-byte sector.  The key is the first
 * 16 bytes of the password, padded with zeros; the initialisation vector is
 * the sector's number on the disk, 64 bits little endian, then 8 zero bytes.
 * The format fixes all of that; it is weak, and kept for old images only.
 */
#ifndef BLOCK_AES_H
#define BLOCK_AES_H

#include <stdint.h>

/* bytes of a password that matter */
#define BLOCK_AES_KEY_SIZE 16

/* a key ready for use; NULL stands for "no key yet" */
typedef struct BlockAES BlockAES;

/* Replaces *aes by the key that `password` stands for; the old one stays if
   that fails.  0, -ENOMEM, or -ENOTSUP if the cipher is not to be had. */
int block_aes_set_key(BlockAES **aes, const char *password);
/* Encrypts or decrypts whole sectors, also in place (out == in).
   0, -ENOKEY without a key, or -EIO. */
int block_aes_encrypt(BlockAES *aes, int64_t sector_num,
                      uint8_t *out, const uint8_t *in, int nb_sectors);
int block_aes_decrypt(BlockAES *aes, int64_t sector_num,
                      uint8_t *out, const uint8_t *in, int nb_sectors);
/* Forgets the key; NULL is fine. */
void block_aes_free(BlockAES *aes);

#endif
