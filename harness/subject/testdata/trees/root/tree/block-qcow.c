/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow, version 1: images without a backing file, nothing compressed. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block_int.h"

#define QCOW_MAGIC 0x514649fb
#define QCOW_MAX_L1 (1 << 20)

typedef struct BDRVQcowState {
    int fd;
    int cluster_bits;
    int l2_bits;
    int64_t l1_offset;
    int64_t l1_size;
} BDRVQcowState;

static int read_header(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;
    uint8_t header[48];
    uint32_t word[2];
    uint64_t size, backing;
    int ret = host_read(s->fd, header, sizeof(header), 0);

    if (ret < 0) {
        return ret;
    }
    memcpy(word, header, 8);
    memcpy(&backing, header + 8, 8);
    memcpy(&size, header + 24, 8);
    size = be64toh(size);
    s->cluster_bits = header[32];
    s->l2_bits = header[33];
    memcpy(&s->l1_offset, header + 40, 8);
    s->l1_offset = be64toh(s->l1_offset);
    if (be32toh(word[0]) != QCOW_MAGIC || be32toh(word[1]) != 1 ||
        backing != 0 || s->cluster_bits < 9 || s->cluster_bits > 16 ||
        s->l2_bits < 6 || s->l2_bits > 13 || size > (uint64_t)1 << 40) {
        return -EINVAL;
    }
    s->l1_size = (size >> (s->cluster_bits + s->l2_bits)) + 1;
    bs->total_sectors = size / 512;
    return s->l1_size > QCOW_MAX_L1 ? -EFBIG : 0;
}

static int qcow_open(BlockDriverState *bs, const char *filename)
{
    BDRVQcowState *s = bs->opaque;
    int ret;

    s->fd = open(filename, O_RDWR);
    if (s->fd < 0) {
        return -errno;
    }
    ret = read_header(bs);
    if (ret < 0) {
        close(s->fd);
    }
    return ret;
}

/* Reads the table entry at `where`; if it is 0 and `bytes` is not, it is made
   to point to so many new bytes of zeros.  The entry, or -errno. */
static int64_t table_entry(BDRVQcowState *s, int64_t where, int64_t bytes)
{
    int64_t cluster = (int64_t)1 << s->cluster_bits;
    uint64_t entry;
    int64_t end;
    int ret = host_read(s->fd, &entry, 8, where);

    if (ret < 0 || entry != 0 || bytes == 0) {
        return ret < 0 ? ret : (int64_t)(be64toh(entry) & INT64_MAX);
    }
    end = (lseek(s->fd, 0, SEEK_END) + cluster - 1) & -cluster;
    if (ftruncate(s->fd, end + bytes) < 0) {
        return -errno;
    }
    entry = htobe64(end);
    ret = host_write(s->fd, &entry, 8, where);
    return ret < 0 ? ret : end;
}

/* Where the sector is in the file, 0 if it is nowhere, or -errno. */
static int64_t find_sector(BDRVQcowState *s, int64_t sector_num, int allocate)
{
    int64_t offset = sector_num * 512;
    int64_t cluster = (int64_t)1 << s->cluster_bits;
    int64_t l1_index = offset >> (s->cluster_bits + s->l2_bits);
    int64_t l2_index = (offset >> s->cluster_bits) & ((1 << s->l2_bits) - 1);
    int64_t l2, data;

    l2 = table_entry(s, s->l1_offset + l1_index * 8,
                     allocate ? (int64_t)8 << s->l2_bits : 0);
    if (l2 <= 0) {
        return l2;
    }
    data = table_entry(s, l2 + l2_index * 8, allocate ? cluster : 0);
    return data <= 0 ? data : data + (offset & (cluster - 1));
}

static int qcow_read(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int i, ret;

    for (i = 0; i < nb_sectors; i++) {
        int64_t where = find_sector(s, sector_num + i, 0);

        memset(buf + i * 512, 0, 512);
        ret = where <= 0 ? where : host_read(s->fd, buf + i * 512, 512, where);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int qcow_write(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int i, ret;

    for (i = 0; i < nb_sectors; i++) {
        int64_t where = find_sector(s, sector_num + i, 1);

        ret = where < 0 ? where : host_write(s->fd, buf + i * 512, 512, where);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static void qcow_flush(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;

    fdatasync(s->fd);
}

static void qcow_close(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;

    close(s->fd);
}

BlockDriver bdrv_qcow = {
    "qcow",
    sizeof(BDRVQcowState),
    qcow_open,
    qcow_read,
    qcow_write,
    qcow_flush,
    qcow_close,
};
