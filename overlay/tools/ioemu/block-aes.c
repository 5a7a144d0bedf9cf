/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioemu: the encryption of qcow and qcow2 images, see block-aes.h. */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "vl.h"
#include "block-aes.h"

struct BlockAES {
    /* each keyed once: setting a key up costs more than a sector */
    EVP_CIPHER_CTX *encrypt;
    EVP_CIPHER_CTX *decrypt;
};

static EVP_CIPHER_CTX *new_context(const uint8_t *key, int enc)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (!ctx) {
        return NULL;
    }
    if (EVP_CipherInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, NULL, enc) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int block_aes_set_key(BlockAES **aes, const char *password)
{
    uint8_t key[BLOCK_AES_KEY_SIZE] = { 0 };
    size_t len = strlen(password);
    BlockAES *fresh = qemu_mallocz(sizeof(*fresh));

    if (!fresh) {
        return -ENOMEM;
    }
    memcpy(key, password, len < sizeof(key) ? len : sizeof(key));
    fresh->encrypt = new_context(key, 1);
    fresh->decrypt = new_context(key, 0);
    OPENSSL_cleanse(key, sizeof(key));
    if (!fresh->encrypt || !fresh->decrypt) {
        block_aes_free(fresh);
        return -ENOTSUP;
    }
    block_aes_free(*aes);
    *aes = fresh;
    return 0;
}

static int crypt_sectors(EVP_CIPHER_CTX *ctx, int64_t sector_num,
                         uint8_t *out, const uint8_t *in, int nb_sectors)
{
    uint8_t iv[16] = { 0 };
    int i, len;

    while (nb_sectors-- > 0) {
        for (i = 0; i < 8; i++) {
            iv[i] = (uint64_t)sector_num >> (8 * i);
        }
        if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1) != 1 ||
            EVP_CipherUpdate(ctx, out, &len, in, SECTOR_SIZE) != 1 ||
            len != SECTOR_SIZE) {
            return -EIO;
        }
        sector_num++;
        out += SECTOR_SIZE;
        in += SECTOR_SIZE;
    }
    return 0;
}

int block_aes_encrypt(BlockAES *aes, int64_t sector_num,
                      uint8_t *out, const uint8_t *in, int nb_sectors)
{
    if (!aes) {
        return -ENOKEY;
    }
    return crypt_sectors(aes->encrypt, sector_num, out, in, nb_sectors);
}

int block_aes_decrypt(BlockAES *aes, int64_t sector_num,
                      uint8_t *out, const uint8_t *in, int nb_sectors)
{
    if (!aes) {
        return -ENOKEY;
    }
    return crypt_sectors(aes->decrypt, sector_num, out, in, nb_sectors);
}

void block_aes_free(BlockAES *aes)
{
    if (!aes) {
        return;
    }
    EVP_CIPHER_CTX_free(aes->encrypt);
    EVP_CIPHER_CTX_free(aes->decrypt);
    qemu_free(aes);
}
