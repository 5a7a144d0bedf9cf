/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: qcow, version 1: two levels of tables, a backing file, compressed
 * clusters.  All integers are big endian.
 *
 * Opening writes nothing.  A guest write to a cluster that is not yet there
 * appends a whole cluster to the file (what the request leaves uncovered
 * comes from the backing file or the old compressed data) and then points the
 * table at it, so that a crash loses the write and nothing else.  An encrypted
 * image (see block-aes.h) needs its password before data can be read or
 * written; compressed clusters are never encrypted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "vl.h"
#include "block_int.h"
#include "block-aes.h"

#define QCOW_MAGIC (('Q' << 24) | ('F' << 16) | ('I' << 8) | 0xfb)
#define QCOW_VERSION 1
#define QCOW_CRYPT_NONE 0
#define QCOW_CRYPT_AES 1
#define QCOW_HEADER_SIZE 48
#define QCOW_OFLAG_COMPRESSED (UINT64_C(1) << 63)

#define QCOW_MIN_CLUSTER_BITS 9
#define QCOW_MAX_CLUSTER_BITS 16
#define QCOW_MIN_L2_BITS 6
#define QCOW_MAX_L2_BITS 13
#define QCOW_MAX_NAME 1023
/* bytes of the first table: 32 MiB, the cap that qcow2 has too */
#define QCOW_MAX_L1_BYTES (32 << 20)

#define L2_CACHE_SIZE 16

typedef struct QCowHeader {
    uint64_t backing_file_offset;
    uint32_t backing_file_size;
    uint64_t size; /* bytes */
    int cluster_bits;
    int l2_bits;
    uint32_t crypt_method;
    uint64_t l1_table_offset;
} QCowHeader;

/* one table of the second level, as it is in the file */
typedef struct QCowL2 {
    uint64_t offset; /* 0 = free slot */
    uint64_t *table; /* host order */
    uint32_t last_use;
} QCowL2;

typedef struct BDRVQcowState {
    int fd;
    int cluster_bits;
    int cluster_size;
    int cluster_sectors;
    int l2_bits;
    int l2_size; /* entries */
    uint32_t l1_size; /* entries */
    uint64_t l1_table_offset;
    uint64_t name_end;
    uint64_t *l1_table; /* host order */
    QCowL2 l2_cache[L2_CACHE_SIZE];
    uint32_t l2_clock;
    uint8_t *cluster_cache; /* one decompressed cluster, then scratch */
    uint64_t cluster_cache_entry; /* the entry it came from, 0 = none */
    uint8_t *cluster_data;
    uint32_t crypt_method;
    BlockAES *aes; /* NULL until the password is known */
} BDRVQcowState;

static int qcow_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    (void)filename;
    if (buf_size >= 8 && get_be32(buf) == (uint32_t)QCOW_MAGIC &&
        get_be32(buf + 4) == QCOW_VERSION) {
        return 100;
    }
    return 0;
}

static void qcow_decode_header(QCowHeader *header, const uint8_t *raw)
{
    header->backing_file_offset = get_be64(raw + 8);
    header->backing_file_size = get_be32(raw + 16);
    header->size = get_be64(raw + 24);
    header->cluster_bits = raw[32];
    header->l2_bits = raw[33];
    header->crypt_method = get_be32(raw + 36);
    header->l1_table_offset = get_be64(raw + 40);
}

/* Entries of the first table, or -errno; `shift`: bits of one entry's part of
   the disk, at most 29. */
static int64_t qcow_l1_entries(uint64_t size, int shift)
{
    uint64_t entries;

    if (size > INT64_MAX - (UINT64_C(1) << shift)) {
        return -EFBIG;
    }
    entries = (size + (UINT64_C(1) << shift) - 1) >> shift;
    if (entries > QCOW_MAX_L1_BYTES / sizeof(uint64_t)) {
        return -EFBIG;
    }
    return entries;
}

static int qcow_check_header(const QCowHeader *header)
{
    if (header->cluster_bits < QCOW_MIN_CLUSTER_BITS ||
        header->cluster_bits > QCOW_MAX_CLUSTER_BITS ||
        header->l2_bits < QCOW_MIN_L2_BITS ||
        header->l2_bits > QCOW_MAX_L2_BITS ||
        header->size == 0 || header->size % SECTOR_SIZE != 0 ||
        header->l1_table_offset < QCOW_HEADER_SIZE ||
        header->l1_table_offset % 8 != 0) {
        return -EINVAL;
    }
    if (header->crypt_method != QCOW_CRYPT_NONE &&
        header->crypt_method != QCOW_CRYPT_AES) {
        return -ENOTSUP;
    }
    if (header->backing_file_offset != 0 &&
        (header->backing_file_size > QCOW_MAX_NAME ||
         header->backing_file_offset < QCOW_HEADER_SIZE)) {
        return -EINVAL;
    }
    return 0;
}

/* Reads the name of the backing file; its bytes must be in the file. */
static int qcow_read_name(BlockDriverState *bs, const QCowHeader *header)
{
    BDRVQcowState *s = bs->opaque;
    uint32_t len = header->backing_file_size;
    int ret;

    s->name_end = QCOW_HEADER_SIZE;
    if (header->backing_file_offset == 0 || len == 0) {
        return 0;
    }
    if (header->backing_file_offset > (uint64_t)INT64_MAX - len) {
        return -EINVAL;
    }
    ret = pread_full(s->fd, bs->backing_file, len,
                     header->backing_file_offset);
    if (ret < 0) {
        return ret;
    }
    if (memchr(bs->backing_file, '\0', len)) {
        return -EINVAL;
    }
    bs->backing_file[len] = '\0';
    s->name_end = header->backing_file_offset + len;
    /* or entering a table in the first would change the name */
    if (header->backing_file_offset <
            s->l1_table_offset + (uint64_t)s->l1_size * 8 &&
        s->name_end > s->l1_table_offset) {
        return -EINVAL;
    }
    return 0;
}

static void qcow_free(BDRVQcowState *s)
{
    int i;

    for (i = 0; i < L2_CACHE_SIZE; i++) {
        qemu_free(s->l2_cache[i].table);
    }
    qemu_free(s->l1_table);
    qemu_free(s->cluster_cache);
    qemu_free(s->cluster_data);
    block_aes_free(s->aes);
}

static int qcow_open(BlockDriverState *bs, const char *filename)
{
    BDRVQcowState *s = bs->opaque;
    int fd, ret, shift;
    uint32_t i;
    int64_t l1_size, length;
    uint8_t raw[QCOW_HEADER_SIZE];
    QCowHeader header;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }
    s->fd = fd;
    ret = pread_full(fd, raw, sizeof(raw), 0);
    if (ret < 0) {
        goto fail;
    }
    ret = -EINVAL;
    if (!qcow_probe(raw, sizeof(raw), filename)) {
        goto fail;
    }
    qcow_decode_header(&header, raw);
    ret = qcow_check_header(&header);
    if (ret < 0) {
        goto fail;
    }
    s->cluster_bits = header.cluster_bits;
    s->cluster_size = 1 << s->cluster_bits;
    s->cluster_sectors = s->cluster_size / SECTOR_SIZE;
    s->l2_bits = header.l2_bits;
    s->l2_size = 1 << s->l2_bits;
    shift = s->cluster_bits + s->l2_bits;
    l1_size = qcow_l1_entries(header.size, shift);
    length = file_length(fd);
    if (l1_size < 0 || length < 0) {
        ret = l1_size < 0 ? l1_size : length;
        goto fail;
    }
    ret = -EINVAL;
    if (l1_size * 8 > length ||
        header.l1_table_offset > (uint64_t)(length - l1_size * 8)) {
        goto fail;
    }
    s->l1_size = l1_size;
    s->l1_table_offset = header.l1_table_offset;
    bs->total_sectors = header.size / SECTOR_SIZE;
    s->crypt_method = header.crypt_method;
    bs->encrypted = s->crypt_method != QCOW_CRYPT_NONE;

    ret = -ENOMEM;
    s->l1_table = qemu_malloc(l1_size * sizeof(uint64_t));
    s->cluster_cache = qemu_malloc(s->cluster_size);
    s->cluster_data = qemu_malloc(s->cluster_size);
    if (!s->l1_table || !s->cluster_cache || !s->cluster_data) {
        goto fail;
    }
    ret = pread_full(fd, s->l1_table, l1_size * sizeof(uint64_t),
                     s->l1_table_offset);
    if (ret < 0) {
        goto fail;
    }
    for (i = 0; i < s->l1_size; i++) {
        s->l1_table[i] = be64toh(s->l1_table[i]);
    }
    ret = qcow_read_name(bs, &header);
    if (ret < 0) {
        goto fail;
    }
    return 0;

fail:
    qcow_free(s);
    close(fd);
    return ret;
}

/* Whether `bytes` at `offset`, both from the image, are all in the file. */
static int qcow_check_in_file(BDRVQcowState *s, uint64_t offset,
                              uint64_t bytes)
{
    int64_t length = file_length(s->fd);

    if (length < 0) {
        return length;
    }
    if (bytes > (uint64_t)length || offset > (uint64_t)length - bytes) {
        return -EIO;
    }
    return 0;
}

/* An entry of the image may be written through only if it is a cluster of its
   own: one that lay in the header or the first table would let a guest choose
   the backing file. */
static int qcow_check_writable(BDRVQcowState *s, uint64_t offset,
                               uint64_t bytes)
{
    uint64_t l1_end = s->l1_table_offset + (uint64_t)s->l1_size * 8;

    if (offset % s->cluster_size != 0 || offset < QCOW_HEADER_SIZE ||
        offset < s->name_end ||
        (offset < l1_end && offset + bytes > s->l1_table_offset)) {
        return -EIO;
    }
    return qcow_check_in_file(s, offset, 1);
}

static QCowL2 *qcow_l2_slot(BDRVQcowState *s)
{
    QCowL2 *slot = &s->l2_cache[0];
    int i;

    for (i = 0; i < L2_CACHE_SIZE; i++) {
        if (s->l2_cache[i].offset == 0) {
            slot = &s->l2_cache[i];
            break;
        }
        if (s->l2_cache[i].last_use < slot->last_use) {
            slot = &s->l2_cache[i];
        }
    }
    slot->offset = 0;
    if (!slot->table) {
        slot->table = qemu_malloc(s->l2_size * sizeof(uint64_t));
    }
    slot->last_use = ++s->l2_clock;
    return slot->table ? slot : NULL;
}

/* Finds the second-level table at `offset`, in the cache or in the file. */
static int qcow_load_l2(BDRVQcowState *s, uint64_t offset, QCowL2 **l2)
{
    uint64_t bytes = s->l2_size * sizeof(uint64_t);
    int i, ret;

    for (i = 0; i < L2_CACHE_SIZE; i++) {
        if (s->l2_cache[i].offset == offset) {
            s->l2_cache[i].last_use = ++s->l2_clock;
            *l2 = &s->l2_cache[i];
            return 0;
        }
    }
    ret = qcow_check_in_file(s, offset, bytes);
    if (ret < 0) {
        return ret;
    }
    *l2 = qcow_l2_slot(s);
    if (!*l2) {
        return -ENOMEM;
    }
    ret = pread_full(s->fd, (*l2)->table, bytes, offset);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < s->l2_size; i++) {
        (*l2)->table[i] = be64toh((*l2)->table[i]);
    }
    (*l2)->offset = offset;
    return 0;
}

static uint32_t qcow_l1_index(BDRVQcowState *s, int64_t sector_num)
{
    return (uint64_t)(sector_num << SECTOR_BITS) >>
           (s->cluster_bits + s->l2_bits);
}

static uint32_t qcow_l2_index(BDRVQcowState *s, int64_t sector_num)
{
    return ((uint64_t)(sector_num << SECTOR_BITS) >> s->cluster_bits) &
           (s->l2_size - 1);
}

/* The table entry of a sector's cluster: 0 = it is not in this image. */
static int qcow_get_entry(BDRVQcowState *s, int64_t sector_num,
                          uint64_t *entry)
{
    uint64_t l2_offset = s->l1_table[qcow_l1_index(s, sector_num)];
    QCowL2 *l2;
    int ret;

    *entry = 0;
    if (l2_offset == 0) {
        return 0;
    }
    ret = qcow_load_l2(s, l2_offset, &l2);
    if (ret < 0) {
        return ret;
    }
    *entry = l2->table[qcow_l2_index(s, sector_num)];
    return 0;
}

/* Inflates one cluster of raw deflate data into `out`. */
static int qcow_inflate(uint8_t *out, int out_size,
                        const uint8_t *in, int in_size)
{
    z_stream strm = { 0 };
    int ret;

    strm.next_in = (uint8_t *)in;
    strm.avail_in = in_size;
    strm.next_out = out;
    strm.avail_out = out_size;
    if (inflateInit2(&strm, -12) != Z_OK) {
        return -ENOMEM;
    }
    ret = inflate(&strm, Z_FINISH);
    inflateEnd(&strm);
    /* Z_BUF_ERROR: the output is full and the end mark was not reached */
    if ((ret != Z_STREAM_END && ret != Z_BUF_ERROR) || strm.avail_out != 0) {
        return -EIO;
    }
    return 0;
}

/* Brings the cluster of a compressed entry into s->cluster_cache. */
static int qcow_load_compressed(BDRVQcowState *s, uint64_t entry)
{
    int size_shift = 63 - s->cluster_bits;
    uint64_t offset = entry & ((UINT64_C(1) << size_shift) - 1);
    int bytes = (entry >> size_shift) & (s->cluster_size - 1);
    uint8_t *in;
    int ret;

    if (s->cluster_cache_entry == entry) {
        return 0;
    }
    ret = qcow_check_in_file(s, offset, bytes);
    if (ret < 0) {
        return ret;
    }
    in = qemu_malloc(s->cluster_size);
    if (!in) {
        return -ENOMEM;
    }
    s->cluster_cache_entry = 0;
    ret = pread_full(s->fd, in, bytes, offset);
    if (ret == 0) {
        ret = qcow_inflate(s->cluster_cache, s->cluster_size, in, bytes);
    }
    if (ret == 0) {
        s->cluster_cache_entry = entry;
    }
    qemu_free(in);
    return ret;
}

/* Reads sectors that all lie in the one cluster that `entry` describes. */
static int qcow_read_part(BlockDriverState *bs, uint64_t entry,
                          int64_t sector_num, uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int index = sector_num & (s->cluster_sectors - 1);
    size_t bytes = (size_t)nb_sectors << SECTOR_BITS;
    int ret;

    if (entry == 0) {
        return bdrv_backing_read(bs, sector_num, buf, nb_sectors);
    }
    if (entry & QCOW_OFLAG_COMPRESSED) {
        ret = qcow_load_compressed(s, entry);
        if (ret == 0) {
            memcpy(buf, s->cluster_cache + index * SECTOR_SIZE, bytes);
        }
        return ret;
    }
    ret = qcow_check_in_file(s, entry, 1);
    if (ret < 0) {
        return ret;
    }
    /* the last cluster of the file may be cut short */
    ret = pread_zero(s->fd, buf, bytes, entry + index * SECTOR_SIZE);
    if (ret == 0 && s->crypt_method == QCOW_CRYPT_AES) {
        ret = block_aes_decrypt(s->aes, sector_num, buf, buf, nb_sectors);
    }
    return ret;
}

static int qcow_part_sectors(BDRVQcowState *s, int64_t sector_num,
                             int nb_sectors)
{
    int n = s->cluster_sectors - (sector_num & (s->cluster_sectors - 1));

    return n < nb_sectors ? n : nb_sectors;
}

static int qcow_read(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    uint64_t entry;
    int ret, n;

    while (nb_sectors > 0) {
        n = qcow_part_sectors(s, sector_num, nb_sectors);
        ret = qcow_get_entry(s, sector_num, &entry);
        if (ret == 0) {
            ret = qcow_read_part(bs, entry, sector_num, buf, n);
        }
        if (ret < 0) {
            return ret;
        }
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return 0;
}

static int qcow_is_allocated(BlockDriverState *bs, int64_t sector_num,
                             int nb_sectors, int *pnum)
{
    BDRVQcowState *s = bs->opaque;
    uint64_t entry;
    int ret;

    *pnum = qcow_part_sectors(s, sector_num, nb_sectors);
    ret = qcow_get_entry(s, sector_num, &entry);
    return ret < 0 ? ret : entry != 0;
}

/* Where the file ends, rounded up to a cluster; nothing is taken yet. */
static int64_t qcow_end_of_file(BDRVQcowState *s)
{
    int64_t length = file_length(s->fd);

    if (length < 0) {
        return length;
    }
    if (length > INT64_MAX / 2) {
        return -EFBIG;
    }
    return (length + s->cluster_size - 1) & ~(int64_t)(s->cluster_size - 1);
}

static int qcow_put_entry(BDRVQcowState *s, uint64_t offset, uint64_t entry)
{
    uint8_t raw[8];

    put_be64(raw, entry);
    return pwrite_full(s->fd, raw, sizeof(raw), offset);
}

/* Appends an empty second-level table and enters it in the first. */
static int qcow_new_l2(BDRVQcowState *s, uint32_t l1_index, QCowL2 **l2)
{
    size_t bytes = s->l2_size * sizeof(uint64_t);
    int64_t offset = qcow_end_of_file(s);
    int ret;

    if (offset < 0) {
        return offset;
    }
    *l2 = qcow_l2_slot(s);
    if (!*l2) {
        return -ENOMEM;
    }
    memset((*l2)->table, 0, bytes);
    ret = pwrite_full(s->fd, (*l2)->table, bytes, offset);
    if (ret == 0) {
        ret = qcow_put_entry(s, s->l1_table_offset + 8 * (uint64_t)l1_index,
                             offset);
    }
    if (ret < 0) {
        return ret;
    }
    (*l2)->offset = offset;
    s->l1_table[l1_index] = offset;
    return 0;
}

/* The second-level table of a sector, for changing it. */
static int qcow_get_l2_for_write(BDRVQcowState *s, int64_t sector_num,
                                 QCowL2 **l2)
{
    uint32_t l1_index = qcow_l1_index(s, sector_num);
    uint64_t offset = s->l1_table[l1_index];
    int ret;

    if (offset == 0) {
        return qcow_new_l2(s, l1_index, l2);
    }
    ret = qcow_check_writable(s, offset, s->l2_size * sizeof(uint64_t));
    if (ret < 0) {
        return ret;
    }
    return qcow_load_l2(s, offset, l2);
}

/* Points the table at a cluster that is already written. */
static int qcow_set_entry(BDRVQcowState *s, QCowL2 *l2, int64_t sector_num,
                          uint64_t entry)
{
    uint32_t l2_index = qcow_l2_index(s, sector_num);
    int ret = qcow_put_entry(s, l2->offset + 8 * (uint64_t)l2_index, entry);

    if (ret == 0) {
        l2->table[l2_index] = entry;
    }
    return ret;
}

/* Builds the whole cluster around a request in s->cluster_data. */
static int qcow_fill_cluster(BlockDriverState *bs, uint64_t entry,
                             int64_t sector_num, const uint8_t *buf,
                             int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int index = sector_num & (s->cluster_sectors - 1);
    int64_t first = sector_num - index;
    int ret, n = s->cluster_sectors;

    if (nb_sectors < s->cluster_sectors) {
        /* the disk may end inside the cluster */
        if (n > bs->total_sectors - first) {
            n = bs->total_sectors - first;
        }
        memset(s->cluster_data, 0, s->cluster_size);
        ret = qcow_read_part(bs, entry, first, s->cluster_data, n);
        if (ret < 0) {
            return ret;
        }
    }
    memcpy(s->cluster_data + index * SECTOR_SIZE, buf,
           (size_t)nb_sectors << SECTOR_BITS);
    return 0;
}

/* Writes sectors that all lie in one cluster. */
static int qcow_write_part(BlockDriverState *bs, int64_t sector_num,
                           const uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int index = sector_num & (s->cluster_sectors - 1);
    uint64_t entry;
    int64_t offset;
    QCowL2 *l2;
    int ret;

    if (s->crypt_method == QCOW_CRYPT_AES && !s->aes) {
        return -ENOKEY;
    }
    ret = qcow_get_l2_for_write(s, sector_num, &l2);
    if (ret < 0) {
        return ret;
    }
    entry = l2->table[qcow_l2_index(s, sector_num)];
    if (entry != 0 && !(entry & QCOW_OFLAG_COMPRESSED)) {
        ret = qcow_check_writable(s, entry, s->cluster_size);
        if (ret < 0) {
            return ret;
        }
        if (s->crypt_method == QCOW_CRYPT_AES) {
            ret = block_aes_encrypt(s->aes, sector_num, s->cluster_data, buf,
                                    nb_sectors);
            if (ret < 0) {
                return ret;
            }
            buf = s->cluster_data;
        }
        return pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                           entry + index * SECTOR_SIZE);
    }
    ret = qcow_fill_cluster(bs, entry, sector_num, buf, nb_sectors);
    if (ret == 0 && s->crypt_method == QCOW_CRYPT_AES) {
        ret = block_aes_encrypt(s->aes, sector_num - index, s->cluster_data,
                                s->cluster_data, s->cluster_sectors);
    }
    if (ret < 0) {
        return ret;
    }
    offset = qcow_end_of_file(s);
    if (offset < 0) {
        return offset;
    }
    ret = pwrite_full(s->fd, s->cluster_data, s->cluster_size, offset);
    if (ret < 0) {
        return ret;
    }
    return qcow_set_entry(s, l2, sector_num, offset);
}

static int qcow_write(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int ret, n;

    while (nb_sectors > 0) {
        n = qcow_part_sectors(s, sector_num, nb_sectors);
        ret = qcow_write_part(bs, sector_num, buf, n);
        if (ret < 0) {
            return ret;
        }
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return 0;
}

/* Deflates one cluster; the size, or 0 if it does not get smaller. */
static int qcow_deflate(uint8_t *out, int out_size,
                        const uint8_t *in, int in_size)
{
    z_stream strm = { 0 };
    int ret, size = 0;

    strm.next_in = (uint8_t *)in;
    strm.avail_in = in_size;
    strm.next_out = out;
    strm.avail_out = out_size;
    if (deflateInit2(&strm, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -12, 9,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return -ENOMEM;
    }
    ret = deflate(&strm, Z_FINISH);
    if (ret == Z_STREAM_END) {
        size = out_size - strm.avail_out;
    }
    deflateEnd(&strm);
    return size;
}

/* Writes one whole cluster (the disk's last one may be shorter) compressed,
   at the very end of the file. */
static int qcow_write_compressed(BlockDriverState *bs, int64_t sector_num,
                                 const uint8_t *buf, int nb_sectors)
{
    BDRVQcowState *s = bs->opaque;
    int size_shift = 63 - s->cluster_bits;
    int64_t offset;
    uint8_t *out;
    QCowL2 *l2;
    int ret, size;

    if (s->crypt_method != QCOW_CRYPT_NONE) {
        return -ENOTSUP;
    }
    if (nb_sectors == 0 || sector_num % s->cluster_sectors != 0 ||
        nb_sectors > s->cluster_sectors ||
        (nb_sectors < s->cluster_sectors &&
         sector_num + nb_sectors != bs->total_sectors)) {
        return -EINVAL;
    }
    memset(s->cluster_data, 0, s->cluster_size);
    memcpy(s->cluster_data, buf, (size_t)nb_sectors << SECTOR_BITS);
    out = qemu_malloc(s->cluster_size);
    if (!out) {
        return -ENOMEM;
    }
    /* one byte less than a cluster is the most that an entry can say */
    ret = size = qcow_deflate(out, s->cluster_size - 1, s->cluster_data,
                              s->cluster_size);
    if (size == 0) {
        ret = qcow_write(bs, sector_num, buf, nb_sectors);
    } else if (size > 0) {
        ret = qcow_get_l2_for_write(s, sector_num, &l2);
        offset = ret < 0 ? ret : file_length(s->fd);
        if (offset < 0) {
            ret = offset;
        } else if (offset >> size_shift != 0) {
            ret = -EFBIG;
        } else {
            ret = pwrite_full(s->fd, out, size, offset);
        }
        if (ret == 0) {
            ret = qcow_set_entry(s, l2, sector_num, QCOW_OFLAG_COMPRESSED |
                                 ((uint64_t)size << size_shift) | offset);
        }
    }
    qemu_free(out);
    return ret;
}

static void qcow_close(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;

    qcow_free(s);
    close(s->fd);
}

static int qcow_flush(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;

    return file_flush(s->fd);
}

/* Forgets all clusters; the file ends behind the first table again. */
static int qcow_make_empty(BlockDriverState *bs)
{
    BDRVQcowState *s = bs->opaque;
    uint64_t bytes = (uint64_t)s->l1_size * 8;
    uint8_t *zeros = qemu_mallocz(bytes);
    int i, ret;

    if (!zeros) {
        return -ENOMEM;
    }
    ret = pwrite_full(s->fd, zeros, bytes, s->l1_table_offset);
    qemu_free(zeros);
    if (ret < 0) {
        return ret;
    }
    memset(s->l1_table, 0, bytes);
    for (i = 0; i < L2_CACHE_SIZE; i++) {
        s->l2_cache[i].offset = 0;
    }
    s->cluster_cache_entry = 0;
    if (s->name_end <= s->l1_table_offset &&
        ftruncate(s->fd, s->l1_table_offset + bytes) < 0) {
        return -errno;
    }
    return 0;
}

static int qcow_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BDRVQcowState *s = bs->opaque;

    info->cluster_size = s->cluster_size;
    return 0;
}

static int qcow_set_key(BlockDriverState *bs, const char *key)
{
    BDRVQcowState *s = bs->opaque;

    if (s->crypt_method != QCOW_CRYPT_AES) {
        return -EINVAL;
    }
    return block_aes_set_key(&s->aes, key);
}

/* 4 KiB clusters, or 512 bytes over a backing file to make copying cheap. */
static int qcow_create(const char *filename, int64_t total_sectors,
                       const char *backing_file, int flags)
{
    uint8_t header[QCOW_HEADER_SIZE];
    size_t name_len = backing_file ? strlen(backing_file) : 0;
    int cluster_bits = name_len ? 9 : 12;
    int l2_bits = name_len ? 12 : 9;
    uint64_t l1_table_offset = (QCOW_HEADER_SIZE + name_len + 7) & ~UINT64_C(7);
    int64_t l1_size;
    int fd, ret;

    if (flags & ~BLOCK_FLAG_ENCRYPT) {
        return -ENOTSUP;
    }
    if (total_sectors == 0) {
        return -EINVAL;
    }
    if (name_len > QCOW_MAX_NAME) {
        return -ENAMETOOLONG;
    }
    l1_size = qcow_l1_entries((uint64_t)total_sectors << SECTOR_BITS,
                              cluster_bits + l2_bits);
    if (l1_size < 0) {
        return l1_size;
    }
    memset(header, 0, sizeof(header));
    put_be32(header, QCOW_MAGIC);
    put_be32(header + 4, QCOW_VERSION);
    if (name_len) {
        put_be64(header + 8, QCOW_HEADER_SIZE);
        put_be32(header + 16, name_len);
    }
    put_be64(header + 24, (uint64_t)total_sectors << SECTOR_BITS);
    header[32] = cluster_bits;
    header[33] = l2_bits;
    put_be32(header + 36, flags & BLOCK_FLAG_ENCRYPT ?
             QCOW_CRYPT_AES : QCOW_CRYPT_NONE);
    put_be64(header + 40, l1_table_offset);

    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    ret = pwrite_full(fd, header, sizeof(header), 0);
    if (ret == 0 && name_len) {
        ret = pwrite_full(fd, backing_file, name_len, QCOW_HEADER_SIZE);
    }
    /* an empty first table is all zeros */
    if (ret == 0 && ftruncate(fd, l1_table_offset + l1_size * 8) < 0) {
        ret = -errno;
    }
    close(fd);
    return ret;
}

BlockDriver bdrv_qcow = {
    .format_name = "qcow",
    .instance_size = sizeof(BDRVQcowState),
    .bdrv_probe = qcow_probe,
    .bdrv_open = qcow_open,
    .bdrv_read = qcow_read,
    .bdrv_write = qcow_write,
    .bdrv_close = qcow_close,
    .bdrv_create = qcow_create,
    .bdrv_flush = qcow_flush,
    .bdrv_is_allocated = qcow_is_allocated,
    .bdrv_set_key = qcow_set_key,
    .bdrv_make_empty = qcow_make_empty,
    .bdrv_write_compressed = qcow_write_compressed,
    .bdrv_get_info = qcow_get_info,
};
