/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: Virtual PC's disks (VHD), fixed and dynamic.  All integers are big
 * endian.
 *
 * A fixed disk is its sectors and a footer behind them.  A dynamic one starts
 * with a copy of the footer, then come a header, a table with the place of
 * each block (BAT), the blocks in any order and the footer.  A block is a
 * bitmap, one bit a sector, most significant first, and the sectors; a sector
 * whose bit is not set reads as zeros.
 *
 * The footer at the end tells what the file is: in a fixed disk a guest can
 * write everything before it.  Opening writes nothing.  A write to an absent
 * block moves the footer and puts the block in its place; the BAT's entry is
 * the last step, so that a crash loses the write and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define VPC_FOOTER_SIZE 512
/* what very old products wrote */
#define VPC_SHORT_FOOTER_SIZE 511
#define VPC_SUBHEADER_SIZE 1024
#define VPC_VERSION 0x00010000

#define VPC_FIXED 2
#define VPC_DYNAMIC 3
#define VPC_DIFFERENCING 4

#define VPC_ABSENT 0xffffffff
#define VPC_MIN_BLOCK_SIZE 4096
#define VPC_MAX_BLOCK_SIZE (256 << 20)
/* the format's limit, 2040 GiB */
#define VPC_MAX_SECTORS (INT64_C(2040) << (30 - SECTOR_BITS))
/* entries of the BAT: 16 MiB of them */
#define VPC_MAX_BLOCKS (4 << 20)
/* the largest geometry: it stands for any larger disk too */
#define VPC_MAX_CHS_SECTORS (INT64_C(65535) * 16 * 255)

/* what vpc_create writes */
#define CREATE_BLOCK_SIZE (2 << 20)
#define CREATE_BAT_OFFSET (VPC_FOOTER_SIZE + VPC_SUBHEADER_SIZE)
/* time stamps count from 2000-01-01 00:00 UTC */
#define VPC_EPOCH 946684800

/* the header of a dynamic disk, decoded and checked */
struct vpc_subheader {
    uint64_t offset;
    uint64_t bat_offset;
    uint32_t bat_entries;
    uint32_t block_size;
};

typedef struct BDRVVPCState {
    int fd;
    uint8_t footer[VPC_FOOTER_SIZE];
    int64_t end; /* where the footer is, or should be; bytes */

    /* dynamic only */
    uint32_t *bat; /* host order; NULL: the disk is fixed */
    uint32_t nb_blocks;
    int64_t bat_offset;
    int block_sectors;
    int bitmap_size; /* bytes, whole sectors */
    uint8_t *bitmap; /* of one block */
    int64_t bitmap_block; /* whose it is, -1: no one's */
} BDRVVPCState;

/* Only a dynamic disk can be told by its start. */
static int vpc_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    (void)filename;
    return buf_size >= 8 && !memcmp(buf, "conectix", 8) ? 100 : 0;
}

/* The complement of the sum of the bytes, the field itself left out. */
static uint32_t vpc_checksum(const uint8_t *buf, size_t size, size_t field)
{
    uint32_t sum = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        if (i < field || i >= field + 4) {
            sum += buf[i];
        }
    }
    return ~sum;
}

static int vpc_check_footer(const uint8_t *footer)
{
    if (memcmp(footer, "conectix", 8) != 0 ||
        get_be32(footer + 64) != vpc_checksum(footer, VPC_FOOTER_SIZE, 64) ||
        get_be32(footer + 12) >> 16 != VPC_VERSION >> 16) {
        return -EINVAL;
    }
    return 0;
}

/* Reads and checks a footer of `size` bytes at `offset`. */
static int vpc_read_footer(BDRVVPCState *s, int64_t offset, size_t size)
{
    int ret;

    if (offset < 0) {
        return -EINVAL;
    }
    memset(s->footer, 0, sizeof(s->footer));
    ret = pread_full(s->fd, s->footer, size, offset);
    if (ret < 0) {
        return ret;
    }
    s->end = offset;
    return vpc_check_footer(s->footer);
}

/* Finds the footer: at the file's end or, if that one is damaged, the copy
   of a dynamic disk.  The disk's type, or -errno. */
static int vpc_find_footer(BDRVVPCState *s)
{
    int64_t length = file_length(s->fd);
    uint32_t type;
    int ret, is_copy = 0;

    if (length < 0) {
        return length;
    }
    ret = vpc_read_footer(s, length - VPC_FOOTER_SIZE, VPC_FOOTER_SIZE);
    if (ret == -EINVAL) {
        ret = vpc_read_footer(s, length - VPC_SHORT_FOOTER_SIZE,
                              VPC_SHORT_FOOTER_SIZE);
    }
    if (ret == -EINVAL && length >= VPC_FOOTER_SIZE) {
        ret = vpc_read_footer(s, 0, VPC_FOOTER_SIZE);
        /* what was to be the footer may be half a block */
        s->end = length;
        is_copy = 1;
    }
    if (ret < 0) {
        return ret;
    }
    type = get_be32(s->footer + 60);
    if (type == VPC_DIFFERENCING) {
        return -ENOTSUP;
    }
    if (type != VPC_DYNAMIC && (type != VPC_FIXED || is_copy)) {
        return -EINVAL;
    }
    return type;
}

/*
 * The disk's size in sectors, or -errno.  A footer tells two: in bytes, and
 * the product of the geometry, which may be less.  Virtual PC and its kin
 * show the guest the geometry; those named below write the size that counts
 * in bytes, as must anyone for a disk larger than any geometry.
 */
static int64_t vpc_size(const uint8_t *footer)
{
    static const char by_bytes[][4] = {
        { 'w', 'i', 'n', ' ' }, { 'q', 'e', 'm', '2' },
        { 't', 'a', 'p', '\0' }, { 'C', 'T', 'X', 'S' },
    };
    int64_t chs = (int64_t)get_be16(footer + 56) * footer[58] * footer[59];
    uint64_t sectors = get_be64(footer + 48) / SECTOR_SIZE;
    int use_bytes = chs == 0 || chs == VPC_MAX_CHS_SECTORS;
    size_t i;

    for (i = 0; i < sizeof(by_bytes) / sizeof(by_bytes[0]); i++) {
        if (!memcmp(footer + 28, by_bytes[i], 4)) {
            use_bytes = 1;
        }
    }
    if (!use_bytes) {
        sectors = chs;
    }
    if (sectors == 0) {
        return -EINVAL;
    }
    return sectors <= VPC_MAX_SECTORS ? (int64_t)sectors : -EFBIG;
}

/* Reads and checks the header of a dynamic disk. */
static int vpc_read_subheader(BDRVVPCState *s, struct vpc_subheader *h)
{
    uint8_t raw[VPC_SUBHEADER_SIZE];
    int ret;

    h->offset = get_be64(s->footer + 16);
    if (h->offset < VPC_FOOTER_SIZE || h->offset % SECTOR_SIZE != 0 ||
        h->offset > (uint64_t)s->end) {
        return -EINVAL;
    }
    ret = pread_full(s->fd, raw, sizeof(raw), h->offset);
    if (ret < 0) {
        return ret;
    }
    h->bat_offset = get_be64(raw + 16);
    h->bat_entries = get_be32(raw + 28);
    h->block_size = get_be32(raw + 32);
    if (memcmp(raw, "cxsparse", 8) != 0 ||
        get_be32(raw + 36) != vpc_checksum(raw, sizeof(raw), 36) ||
        get_be32(raw + 24) >> 16 != VPC_VERSION >> 16 ||
        h->block_size < VPC_MIN_BLOCK_SIZE ||
        h->block_size > VPC_MAX_BLOCK_SIZE ||
        (h->block_size & (h->block_size - 1)) != 0) {
        return -EINVAL;
    }
    return 0;
}

/* Where blocks may begin: behind header and BAT, which are in the file and
   apart from each other; bytes, or -errno. */
static int64_t vpc_data_start(const BDRVVPCState *s,
                              const struct vpc_subheader *h)
{
    uint64_t bat_bytes = (uint64_t)h->bat_entries * 4, bat_end;
    uint64_t header_end = h->offset + VPC_SUBHEADER_SIZE;

    bat_bytes = (bat_bytes + SECTOR_SIZE - 1) & ~(uint64_t)(SECTOR_SIZE - 1);
    if (header_end > (uint64_t)s->end || bat_bytes > (uint64_t)s->end ||
        h->bat_offset > (uint64_t)s->end - bat_bytes ||
        h->bat_offset < VPC_FOOTER_SIZE || h->bat_offset % SECTOR_SIZE != 0) {
        return -EINVAL;
    }
    bat_end = h->bat_offset + bat_bytes;
    if (h->bat_offset < header_end && h->offset < bat_end) {
        return -EINVAL;
    }
    return bat_end > header_end ? bat_end : header_end;
}

static int compare_sectors(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Each block must lie between the tables and the footer, and no two of them
   share a sector. */
static int vpc_check_bat(const BDRVVPCState *s, int64_t data_start)
{
    int64_t block = (s->bitmap_size >> SECTOR_BITS) + s->block_sectors;
    uint32_t *sorted = qemu_malloc((size_t)s->nb_blocks * sizeof(uint32_t));
    uint32_t i, used = 0;
    int ret = 0;

    if (!sorted) {
        return -ENOMEM;
    }
    for (i = 0; i < s->nb_blocks; i++) {
        if (s->bat[i] == VPC_ABSENT) {
            continue;
        }
        if (s->bat[i] < data_start >> SECTOR_BITS ||
            s->bat[i] + block > s->end >> SECTOR_BITS) {
            ret = -EINVAL;
        }
        sorted[used++] = s->bat[i];
    }
    qsort(sorted, used, sizeof(uint32_t), compare_sectors);
    for (i = 1; i < used; i++) {
        if (sorted[i] - sorted[i - 1] < block) {
            ret = -EINVAL;
        }
    }
    qemu_free(sorted);
    return ret;
}

static int vpc_load_bat(BDRVVPCState *s, const struct vpc_subheader *h,
                        int64_t total_sectors)
{
    int64_t data_start = vpc_data_start(s, h), blocks;
    uint32_t i;
    int ret;

    if (data_start < 0) {
        return data_start;
    }
    s->bat_offset = h->bat_offset;
    s->block_sectors = h->block_size >> SECTOR_BITS;
    s->bitmap_size = (s->block_sectors / 8 + SECTOR_SIZE - 1) &
                     ~(SECTOR_SIZE - 1);
    s->bitmap_block = -1;
    blocks = (total_sectors + s->block_sectors - 1) / s->block_sectors;
    if (blocks > h->bat_entries) {
        return -EINVAL;
    }
    if (blocks > VPC_MAX_BLOCKS) {
        return -EFBIG;
    }
    s->nb_blocks = blocks;
    s->bat = qemu_malloc(blocks * sizeof(uint32_t));
    s->bitmap = qemu_malloc(s->bitmap_size);
    if (!s->bat || !s->bitmap) {
        return -ENOMEM;
    }
    ret = pread_full(s->fd, s->bat, blocks * sizeof(uint32_t), s->bat_offset);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < s->nb_blocks; i++) {
        s->bat[i] = be32toh(s->bat[i]);
    }
    return vpc_check_bat(s, data_start);
}

static void vpc_free(BDRVVPCState *s)
{
    qemu_free(s->bat);
    qemu_free(s->bitmap);
    close(s->fd);
}

static int vpc_open(BlockDriverState *bs, const char *filename)
{
    BDRVVPCState *s = bs->opaque;
    int fd, i;
    struct vpc_subheader header;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }
    s->fd = fd;
    i = vpc_find_footer(s);
    if (i < 0) {
        goto fail;
    }
    bs->total_sectors = vpc_size(s->footer);
    if (bs->total_sectors < 0) {
        i = bs->total_sectors;
        goto fail;
    }
    if (i == VPC_FIXED) {
        /* the guest must not reach the footer */
        i = bs->total_sectors <= s->end >> SECTOR_BITS ? 0 : -EINVAL;
    } else {
        i = vpc_read_subheader(s, &header);
        if (i == 0) {
            i = vpc_load_bat(s, &header, bs->total_sectors);
        }
    }
    if (i < 0) {
        goto fail;
    }
    return 0;

fail:
    vpc_free(s);
    return i;
}

/* Where the block is in the file; bytes. */
static int64_t vpc_block_offset(const BDRVVPCState *s, int64_t block)
{
    return (int64_t)s->bat[block] << SECTOR_BITS;
}

/* Makes s->bitmap that of the block, which is not absent. */
static int vpc_load_bitmap(BDRVVPCState *s, int64_t block)
{
    int ret;

    if (s->bitmap_block == block) {
        return 0;
    }
    s->bitmap_block = -1;
    ret = pread_full(s->fd, s->bitmap, s->bitmap_size,
                     vpc_block_offset(s, block));
    if (ret == 0) {
        s->bitmap_block = block;
    }
    return ret;
}

static int vpc_bit(const BDRVVPCState *s, int sector)
{
    return (s->bitmap[sector / 8] >> (7 - sector % 8)) & 1;
}

/* Reads sectors of one block. */
static int vpc_read_block(BDRVVPCState *s, int64_t block, int first,
                          uint8_t *buf, int nb_sectors)
{
    int64_t data;
    int ret, n, bit;

    if (s->bat[block] == VPC_ABSENT) {
        memset(buf, 0, (size_t)nb_sectors << SECTOR_BITS);
        return 0;
    }
    data = vpc_block_offset(s, block) + s->bitmap_size;
    ret = vpc_load_bitmap(s, block);
    while (ret == 0 && nb_sectors > 0) {
        bit = vpc_bit(s, first);
        for (n = 1; n < nb_sectors && vpc_bit(s, first + n) == bit; n++) {
        }
        if (bit) {
            ret = pread_full(s->fd, buf, (size_t)n << SECTOR_BITS,
                             data + ((int64_t)first << SECTOR_BITS));
        } else {
            memset(buf, 0, (size_t)n << SECTOR_BITS);
        }
        buf += (size_t)n << SECTOR_BITS;
        first += n;
        nb_sectors -= n;
    }
    return ret;
}

/* Sectors from `first` of a block on that are in it. */
static int vpc_part(const BDRVVPCState *s, int first, int nb_sectors)
{
    int left = s->block_sectors - first;

    return left < nb_sectors ? left : nb_sectors;
}

static int vpc_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVVPCState *s = bs->opaque;
    int ret = 0, first, n;

    if (!s->bat) {
        return pread_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                          sector_num << SECTOR_BITS);
    }
    while (ret == 0 && nb_sectors > 0) {
        first = sector_num % s->block_sectors;
        n = vpc_part(s, first, nb_sectors);
        ret = vpc_read_block(s, sector_num / s->block_sectors, first, buf, n);
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return ret;
}

/* Appends a block with the request's part in it; the rest is the hole that
   moving the footer leaves.  All its bits are set: it is complete. */
static int vpc_new_block(BDRVVPCState *s, int64_t block, int first,
                         const uint8_t *buf, int nb_sectors)
{
    int64_t start = (s->end + SECTOR_SIZE - 1) & ~(int64_t)(SECTOR_SIZE - 1);
    int64_t data = start + s->bitmap_size;
    int64_t end = data + ((int64_t)s->block_sectors << SECTOR_BITS);
    uint8_t entry[4];
    int ret;

    if (start >> SECTOR_BITS >= VPC_ABSENT) {
        return -EFBIG;
    }
    ret = pwrite_full(s->fd, s->footer, sizeof(s->footer), end);
    if (ret < 0) {
        return ret;
    }
    /* should a later step fail, its traces are not taken for zeros */
    s->end = end;
    s->bitmap_block = -1;
    memset(s->bitmap, 0xff, s->bitmap_size);
    ret = pwrite_full(s->fd, s->bitmap, s->bitmap_size, start);
    if (ret == 0) {
        ret = pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                          data + ((int64_t)first << SECTOR_BITS));
    }
    if (ret == 0) {
        put_be32(entry, start >> SECTOR_BITS);
        ret = pwrite_full(s->fd, entry, sizeof(entry),
                          s->bat_offset + block * 4);
    }
    if (ret == 0) {
        s->bat[block] = start >> SECTOR_BITS;
        s->bitmap_block = block;
    }
    return ret;
}

/* Sets the bits of sectors that were written. */
static int vpc_set_bits(BDRVVPCState *s, int64_t block, int first,
                        int nb_sectors)
{
    int i, changed = 0, ret = vpc_load_bitmap(s, block);
    int start = first / 8, end = (first + nb_sectors - 1) / 8 + 1;

    if (ret < 0) {
        return ret;
    }
    for (i = first; i < first + nb_sectors; i++) {
        if (!vpc_bit(s, i)) {
            s->bitmap[i / 8] |= 0x80 >> (i % 8);
            changed = 1;
        }
    }
    if (!changed) {
        return 0;
    }
    ret = pwrite_full(s->fd, s->bitmap + start, end - start,
                      vpc_block_offset(s, block) + start);
    if (ret < 0) {
        s->bitmap_block = -1;
    }
    return ret;
}

/* Writes sectors of one block. */
static int vpc_write_block(BDRVVPCState *s, int64_t block, int first,
                           const uint8_t *buf, int nb_sectors)
{
    int64_t data;
    int ret;

    if (s->bat[block] == VPC_ABSENT) {
        return vpc_new_block(s, block, first, buf, nb_sectors);
    }
    data = vpc_block_offset(s, block) + s->bitmap_size;
    ret = pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                      data + ((int64_t)first << SECTOR_BITS));
    return ret < 0 ? ret : vpc_set_bits(s, block, first, nb_sectors);
}

static int vpc_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    BDRVVPCState *s = bs->opaque;
    int ret = 0, first, n;

    if (!s->bat) {
        return pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                           sector_num << SECTOR_BITS);
    }
    while (ret == 0 && nb_sectors > 0) {
        first = sector_num % s->block_sectors;
        n = vpc_part(s, first, nb_sectors);
        ret = vpc_write_block(s, sector_num / s->block_sectors, first, buf, n);
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return ret;
}

static void vpc_close(BlockDriverState *bs)
{
    vpc_free(bs->opaque);
}

static int vpc_flush(BlockDriverState *bs)
{
    BDRVVPCState *s = bs->opaque;

    return file_flush(s->fd);
}

static int vpc_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BDRVVPCState *s = bs->opaque;

    info->cluster_size = s->block_sectors << SECTOR_BITS;
    return 0;
}

struct vpc_geometry {
    int cylinders;
    int heads;
    int sectors;
};

/* The geometry that the specification computes for a number of sectors. */
static void vpc_make_geometry(struct vpc_geometry *g, int64_t total_sectors)
{
    int64_t tracks;

    if (total_sectors > VPC_MAX_CHS_SECTORS) {
        total_sectors = VPC_MAX_CHS_SECTORS;
    }
    g->heads = 16;
    if (total_sectors >= INT64_C(65535) * 16 * 63) {
        g->sectors = 255;
        tracks = total_sectors / 255;
    } else {
        g->sectors = 17;
        tracks = total_sectors / 17;
        g->heads = (tracks + 1023) / 1024 < 4 ? 4 : (tracks + 1023) / 1024;
        if (tracks >= g->heads * 1024 || g->heads > 16) {
            g->sectors = 31;
            g->heads = 16;
            tracks = total_sectors / 31;
        }
        if (tracks >= g->heads * 1024) {
            g->sectors = 63;
            g->heads = 16;
            tracks = total_sectors / 63;
        }
    }
    g->cylinders = tracks / g->heads;
}

/* The smallest disk of at least `total_sectors` on whose size bytes and
   geometry agree; beyond the largest geometry only the bytes count. */
static int64_t vpc_round_up(struct vpc_geometry *g, int64_t total_sectors)
{
    int64_t n, chs;

    for (n = total_sectors; ; n++) {
        vpc_make_geometry(g, n);
        chs = (int64_t)g->cylinders * g->heads * g->sectors;
        if (chs >= total_sectors) {
            return chs;
        }
        if (chs == VPC_MAX_CHS_SECTORS) {
            return total_sectors;
        }
    }
}

static int vpc_make_footer(uint8_t *f, const struct vpc_geometry *g,
                           int64_t total_sectors)
{
    memset(f, 0, VPC_FOOTER_SIZE);
    memcpy(f, "conectix", 8);
    put_be32(f + 8, 2);
    put_be32(f + 12, VPC_VERSION);
    put_be64(f + 16, VPC_FOOTER_SIZE);
    put_be32(f + 24, time(NULL) - VPC_EPOCH);
    memcpy(f + 28, "ioem", 4);
    put_be32(f + 32, 0x00050003);
    memcpy(f + 36, "Wi2k", 4);
    put_be64(f + 40, total_sectors << SECTOR_BITS);
    put_be64(f + 48, total_sectors << SECTOR_BITS);
    put_be16(f + 56, g->cylinders);
    f[58] = g->heads;
    f[59] = g->sectors;
    put_be32(f + 60, VPC_DYNAMIC);
    if (getrandom(f + 68, 16, 0) != 16) {
        return -EIO;
    }
    put_be32(f + 64, vpc_checksum(f, VPC_FOOTER_SIZE, 64));
    return 0;
}

static void vpc_make_subheader(uint8_t *h, uint32_t blocks)
{
    memset(h, 0, VPC_SUBHEADER_SIZE);
    memcpy(h, "cxsparse", 8);
    put_be64(h + 8, UINT64_MAX);
    put_be64(h + 16, CREATE_BAT_OFFSET);
    put_be32(h + 24, VPC_VERSION);
    put_be32(h + 28, blocks);
    put_be32(h + 32, CREATE_BLOCK_SIZE);
    put_be32(h + 36, vpc_checksum(h, VPC_SUBHEADER_SIZE, 36));
}

/* Footer, header, an empty BAT and the footer again. */
static int vpc_write_empty(int fd, const uint8_t *footer, uint32_t blocks)
{
    uint8_t header[VPC_SUBHEADER_SIZE];
    size_t bat_size = ((size_t)blocks * 4 + SECTOR_SIZE - 1) &
                      ~(size_t)(SECTOR_SIZE - 1);
    uint8_t *bat = qemu_malloc(bat_size);
    int ret;

    if (!bat) {
        return -ENOMEM;
    }
    memset(bat, 0xff, bat_size);
    vpc_make_subheader(header, blocks);
    ret = pwrite_full(fd, footer, VPC_FOOTER_SIZE, 0);
    if (ret == 0) {
        ret = pwrite_full(fd, header, sizeof(header), VPC_FOOTER_SIZE);
    }
    if (ret == 0) {
        ret = pwrite_full(fd, bat, bat_size, CREATE_BAT_OFFSET);
    }
    if (ret == 0) {
        ret = pwrite_full(fd, footer, VPC_FOOTER_SIZE,
                          CREATE_BAT_OFFSET + bat_size);
    }
    qemu_free(bat);
    return ret;
}

/* A dynamic disk.  It may become larger than asked for, see vpc_round_up. */
static int vpc_create(const char *filename, int64_t total_sectors,
                      const char *backing_file, int flags)
{
    const int64_t block_sectors = CREATE_BLOCK_SIZE >> SECTOR_BITS;
    uint8_t footer[VPC_FOOTER_SIZE];
    struct vpc_geometry geometry;
    int fd, ret;

    if (flags || (backing_file && backing_file[0] != '\0')) {
        return -ENOTSUP;
    }
    if (total_sectors == 0) {
        return -EINVAL;
    }
    if (total_sectors > VPC_MAX_SECTORS) {
        return -EFBIG;
    }
    total_sectors = vpc_round_up(&geometry, total_sectors);
    ret = vpc_make_footer(footer, &geometry, total_sectors);
    if (ret < 0) {
        return ret;
    }
    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    ret = vpc_write_empty(fd, footer,
                          (total_sectors + block_sectors - 1) / block_sectors);
    close(fd);
    return ret;
}

BlockDriver bdrv_vpc = {
    .format_name = "vpc",
    .instance_size = sizeof(BDRVVPCState),
    .bdrv_probe = vpc_probe,
    .bdrv_open = vpc_open,
    .bdrv_read = vpc_read,
    .bdrv_write = vpc_write,
    .bdrv_close = vpc_close,
    .bdrv_create = vpc_create,
    .bdrv_flush = vpc_flush,
    .bdrv_get_info = vpc_get_info,
};
