/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: compressed loop images, V2.0, big endian.
 *
 * A shell script of 128 bytes (never run here), the size and number of the
 * blocks, their offsets with one more for the end of the last, and the
 * blocks, each a zlib stream of its own.  The format cannot be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "vl.h"
#include "block_int.h"

#define CLOOP_PREAMBLE "#!/bin/sh\n#V2.0 Format\n"
#define CLOOP_BLOCK_SIZE_OFFSET 128
#define CLOOP_OFFSETS_OFFSET 136
/* limits: 64 MiB for a block, and for the table of offsets */
#define CLOOP_MAX_BLOCK (64 << 20)
#define CLOOP_MAX_BLOCKS ((64 << 20) / 8 - 1)

typedef struct BDRVCloopState {
    int fd;
    uint32_t block_size; /* bytes */
    uint32_t n_blocks;
    uint64_t *offsets;   /* n_blocks + 1, never decreasing */
    uint8_t *compressed; /* room for the longest compressed block */
    uint8_t *block;      /* the decoded block, if any */
    int64_t block_num;   /* its number, -1 = none */
} BDRVCloopState;

static int cloop_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    const int length = sizeof(CLOOP_PREAMBLE) - 1;

    (void)filename;
    return buf_size >= length && !memcmp(buf, CLOOP_PREAMBLE, length) ? 100
                                                                      : 0;
}

static int cloop_read_header(BDRVCloopState *s, int fd)
{
    uint8_t raw[CLOOP_OFFSETS_OFFSET];
    int ret = pread_full(fd, raw, sizeof(raw), 0);

    if (ret < 0) {
        return ret;
    }
    s->block_size = get_be32(raw + CLOOP_BLOCK_SIZE_OFFSET);
    s->n_blocks = get_be32(raw + CLOOP_BLOCK_SIZE_OFFSET + 4);
    if (!cloop_probe(raw, sizeof(raw), NULL) ||
        s->block_size == 0 || s->block_size % SECTOR_SIZE != 0 ||
        s->block_size > CLOOP_MAX_BLOCK ||
        s->n_blocks == 0 || s->n_blocks > CLOOP_MAX_BLOCKS) {
        return -EINVAL;
    }
    return 0;
}

/* Reads the offsets and finds the length of the longest compressed block. */
static int cloop_read_offsets(BDRVCloopState *s, int fd, uint64_t *longest)
{
    size_t size = ((size_t)s->n_blocks + 1) * sizeof(uint64_t);
    int64_t length = file_length(fd);
    uint64_t previous = CLOOP_OFFSETS_OFFSET + size;
    uint32_t i;
    int ret;

    if (length < 0) {
        return length;
    }
    if (previous > (uint64_t)length) {
        return -EINVAL;
    }
    s->offsets = qemu_malloc(size);
    if (!s->offsets) {
        return -ENOMEM;
    }
    ret = pread_full(fd, s->offsets, size, CLOOP_OFFSETS_OFFSET);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i <= s->n_blocks; i++) {
        s->offsets[i] = be64toh(s->offsets[i]);
        if (s->offsets[i] < previous ||
            s->offsets[i] > (uint64_t)length) {
            return -EINVAL;
        }
        if (i > 0 && s->offsets[i] - previous > *longest) {
            *longest = s->offsets[i] - previous;
        }
        previous = s->offsets[i];
    }
    /* what does not compress grows by little more than 0.1 % */
    return *longest <= 2 * (uint64_t)s->block_size ? 0 : -EINVAL;
}

static void cloop_free(BDRVCloopState *s)
{
    qemu_free(s->offsets);
    qemu_free(s->compressed);
    qemu_free(s->block);
}

static int cloop_open(BlockDriverState *bs, const char *filename)
{
    BDRVCloopState *s = bs->opaque;
    uint64_t longest = 0;
    int fd, ret;

    fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
    if (fd < 0)
        return -errno;

    bs->read_only = 1;

    ret = cloop_read_header(s, fd);
    if (ret < 0) {
        goto fail;
    }
    ret = cloop_read_offsets(s, fd, &longest);
    if (ret < 0) {
        goto fail;
    }
    s->compressed = qemu_malloc(longest + 1);
    s->block = qemu_malloc(s->block_size);
    if (!s->compressed || !s->block) {
        ret = -ENOMEM;
        goto fail;
    }
    s->block_num = -1;
    s->fd = fd;
    bs->total_sectors = (int64_t)s->n_blocks * (s->block_size / SECTOR_SIZE);
    return 0;

fail:
    cloop_free(s);
    close(fd);
    return ret;
}

/* Makes block `num` the decoded one.  A damaged block is an error each time
   it is read: the old content is given up before decoding. */
static int cloop_load_block(BDRVCloopState *s, int64_t num)
{
    size_t length = s->offsets[num + 1] - s->offsets[num];
    uLongf decoded = s->block_size;
    int ret;

    if (s->block_num == num) {
        return 0;
    }
    s->block_num = -1;
    ret = pread_full(s->fd, s->compressed, length, s->offsets[num]);
    if (ret < 0) {
        return ret;
    }
    if (uncompress(s->block, &decoded, s->compressed, length) != Z_OK ||
        decoded != s->block_size) {
        return -EIO;
    }
    s->block_num = num;
    return 0;
}

static int cloop_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors)
{
    BDRVCloopState *s = bs->opaque;
    uint32_t block_sectors = s->block_size / SECTOR_SIZE;
    uint32_t index;
    int ret, n;

    while (nb_sectors > 0) {
        ret = cloop_load_block(s, sector_num / block_sectors);
        if (ret < 0) {
            return ret;
        }
        index = sector_num % block_sectors;
        n = block_sectors - index;
        if (n > nb_sectors) {
            n = nb_sectors;
        }
        memcpy(buf, s->block + (size_t)index * SECTOR_SIZE,
               (size_t)n * SECTOR_SIZE);
        sector_num += n;
        buf += (size_t)n * SECTOR_SIZE;
        nb_sectors -= n;
    }
    return 0;
}

static void cloop_close(BlockDriverState *bs)
{
    BDRVCloopState *s = bs->opaque;

    cloop_free(s);
    close(s->fd);
}

BlockDriver bdrv_cloop = {
    .format_name = "cloop",
    .instance_size = sizeof(BDRVCloopState),
    .bdrv_probe = cloop_probe,
    .bdrv_open = cloop_open,
    .bdrv_read = cloop_read,
    .bdrv_close = cloop_close,
};
