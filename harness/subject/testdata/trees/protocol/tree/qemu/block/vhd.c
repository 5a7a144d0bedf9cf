/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dynamic VHD; blocks that are absent read as zeros */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block/block_int.h"

#define FOOTER_BYTES 512
#define ABSENT 0xffffffffu
#define MAX_BLOCKS (1 << 20)

typedef struct VHDState {
    int64_t size;
    int64_t bat_offset;
    uint32_t nb_blocks;
    uint32_t block_bytes;
    uint32_t bitmap_bytes;
} VHDState;

static int vhd_open(BlockDriverState *bs, int flags)
{
    VHDState *s = bs->opaque;
    uint8_t footer[FOOTER_BYTES], header[1024];
    int ret = bdrv_pread(bs->file, 0, footer, sizeof(footer));

    (void)flags;
    if (ret < 0) {
        return ret;
    }
    if (memcmp(footer, "conectix", 8) || be32(footer + 60) != 3 ||
        be32(footer + 16) || be32(footer + 48)) {
        return -EINVAL;
    }
    ret = bdrv_pread(bs->file, be32(footer + 20), header, sizeof(header));
    if (ret < 0) {
        return ret;
    }
    s->size = be32(footer + 52);
    s->bat_offset = be32(header + 20);
    s->nb_blocks = be32(header + 28);
    s->block_bytes = be32(header + 32);
    if (memcmp(header, "cxsparse", 8) || s->nb_blocks > MAX_BLOCKS ||
        s->block_bytes < 4096 || s->block_bytes > 1 << 28 ||
        s->block_bytes & (s->block_bytes - 1)) {
        return -EINVAL;
    }
    s->bitmap_bytes = (s->block_bytes / 512 / 8 + 511) & ~511u;
    return 0;
}

/* Where the block begins, its bitmap included; 0 = absent, or -errno. */
static int64_t find_block(BlockDriverState *bs, uint32_t block)
{
    VHDState *s = bs->opaque;
    uint8_t entry[4];
    int ret;

    if (block >= s->nb_blocks) {
        return -EINVAL;
    }
    ret = bdrv_pread(bs->file, s->bat_offset + block * 4ll, entry, 4);
    if (ret < 0) {
        return ret;
    }
    return be32(entry) == ABSENT ? 0 : be32(entry) * 512ll;
}

/* Puts a new block where the footer was, and the footer behind it. */
static int64_t add_block(BlockDriverState *bs, uint32_t block)
{
    VHDState *s = bs->opaque;
    int64_t where = bdrv_getlength(bs->file) - FOOTER_BYTES;
    uint32_t bytes = s->bitmap_bytes + s->block_bytes;
    uint8_t footer[FOOTER_BYTES], entry[4];
    uint8_t *data = qemu_mallocz(bytes);
    int ret;

    if (!data) {
        return -ENOMEM;
    }
    memset(data, 0xff, s->bitmap_bytes);
    ret = bdrv_pread(bs->file, where, footer, sizeof(footer));
    if (ret == 0) {
        ret = bdrv_pwrite(bs->file, where + bytes, footer, sizeof(footer));
    }
    if (ret == 0) {
        ret = bdrv_pwrite(bs->file, where, data, bytes);
    }
    free(data);
    entry[0] = where / 512 >> 24;
    entry[1] = where / 512 >> 16;
    entry[2] = where / 512 >> 8;
    entry[3] = where / 512;
    if (ret == 0) {
        ret = bdrv_pwrite(bs->file, s->bat_offset + block * 4ll, entry, 4);
    }
    return ret < 0 ? ret : where;
}

/* `out` is NULL for a write of `in`. */
static int transfer(BlockDriverState *bs, target_off_t offset, uint8_t *out,
                    const uint8_t *in, int count)
{
    VHDState *s = bs->opaque;

    while (count > 0) {
        uint32_t block = offset / s->block_bytes;
        uint32_t within = offset % s->block_bytes;
        int n = s->block_bytes - within;
        int64_t where = find_block(bs, block);
        int ret = 0;

        n = n < count ? n : count;
        if (where == 0 && !out) {
            where = add_block(bs, block);
        }
        if (where < 0) {
            return where;
        }
        if (!out) {
            ret = bdrv_pwrite(bs->file, where + s->bitmap_bytes + within, in,
                              n);
            in += n;
        } else {
            if (where == 0) {
                memset(out, 0, n);
            } else {
                ret = bdrv_pread(bs->file, where + s->bitmap_bytes + within,
                                 out, n);
            }
            out += n;
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        count -= n;
    }
    return 0;
}

static int vhd_pread(BlockDriverState *bs, target_off_t offset,
                     void *buf, int count)
{
    return transfer(bs, offset, buf, NULL, count);
}

static int vhd_pwrite(BlockDriverState *bs, target_off_t offset,
                      const void *buf, int count)
{
    return transfer(bs, offset, NULL, buf, count);
}

static int64_t vhd_getlength(BlockDriverState *bs)
{
    VHDState *s = bs->opaque;

    return s->size;
}

BlockDriver bdrv_vhd = {
    .format_name = "vhd",
    .instance_size = sizeof(VHDState),
    .bdrv_open = vhd_open,
    .bdrv_pread = vhd_pread,
    .bdrv_pwrite = vhd_pwrite,
    .bdrv_getlength = vhd_getlength,
};
