/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: qcow2 images of version 2.
 *
 * A disk is cut into clusters.  The L1 table points to L2 tables, those to
 * clusters, and a two-level table of 16-bit reference counts tells which
 * clusters of the file are in use and how often.  An internal snapshot is a
 * second L1 table; COPIED in an entry says that its target has exactly one
 * user and so may be written in place.
 *
 * Nothing is written late.  The order is: counts up, data, L2, L1, header,
 * counts down, so that a crash leaves clusters that nobody uses, and never
 * one that is used and counted as free.  What a failed call has left in memory
 * is what is in the file.
 *
 * Every offset from the file is checked before use: aligned, inside the file
 * and, before it is written through, clear of header, L1, reference count and
 * snapshot table, so that no guest can rewrite the name of the backing file.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "vl.h"
#include "block_int.h"
#include "block-aes.h"

#define QCOW2_MAGIC 0x514649fbU /* "QFI" and 0xfb */
#define QCOW2_VERSION 2
#define QCOW2_CRYPT_NONE 0
#define QCOW2_CRYPT_AES 1
#define QCOW2_EXT_END 0
#define QCOW2_EXT_BACKING_FORMAT 0xe2792acaU

#define QCOW2_COPIED (1ULL << 63)
#define QCOW2_COMPRESSED (1ULL << 62)
#define QCOW2_OFFSET_MASK 0x00fffffffffffe00ULL

/* limits, those of QEMU 7.2 */
#define QCOW2_MIN_CLUSTER_BITS 9
#define QCOW2_MAX_CLUSTER_BITS 21
#define QCOW2_MAX_L1_ENTRIES ((32U << 20) / 8)
#define QCOW2_MAX_REFTABLE_ENTRIES ((8U << 20) / 8)
#define QCOW2_MAX_SNAPSHOTS 65536U
#define QCOW2_MAX_SNAPSHOT_BYTES (64U << 20)
#define QCOW2_MAX_BACKING_NAME 1023
#define QCOW2_MAX_REFCOUNT 65535
/* bits 0..55 hold an offset: no cluster may be allocated behind this */
#define QCOW2_MAX_OFFSET (1ULL << 56)

/* cluster size of new images: 4 KiB as in 2007; 16 is what came later */
#ifndef QCOW2_CREATE_CLUSTER_BITS
#define QCOW2_CREATE_CLUSTER_BITS 12
#endif

/* "raw deflate, window 12 bits" in zlib's words */
#define QCOW2_WINDOW_BITS (-12)

/* memory for tables kept of each kind, in bytes and in tables */
#define QCOW2_CACHE_BYTES (1U << 20)
#define QCOW2_CACHE_MIN 4
#define QCOW2_CACHE_MAX 64

/* all big endian */
typedef struct QCow2Header {
    uint32_t magic;
    uint32_t version;
    uint64_t backing_offset;
    uint32_t backing_len;
    uint32_t cluster_bits;
    uint64_t size;
    uint32_t crypt_method;
    uint32_t l1_entries;        /* this and the next are one 12-byte write */
    uint64_t l1_offset;
    uint64_t reftable_offset;   /* these two as well */
    uint32_t reftable_clusters;
    uint32_t nb_snapshots;      /* and these two */
    uint64_t snapshots_offset;
} QCow2Header;

/* all big endian; extra data, id and name follow, padded to 8 bytes */
typedef struct QCow2SnapshotHeader {
    uint64_t l1_offset;
    uint32_t l1_entries;
    uint16_t id_len;
    uint16_t name_len;
    uint32_t date_sec;
    uint32_t date_nsec;
    uint64_t vm_clock_nsec;
    uint32_t vm_state_size;
    uint32_t extra_len;
} QCow2SnapshotHeader;

_Static_assert(sizeof(QCow2Header) == 72, "header of version 2");
_Static_assert(sizeof(QCow2SnapshotHeader) == 40, "snapshot table entry");

/* one entry of the snapshot table, taken apart; it points into the table */
typedef struct QCow2Snapshot {
    QCow2SnapshotHeader h;      /* in host order */
    const uint8_t *extra;
    const char *id;             /* not terminated, as is name */
    const char *name;
    size_t start;               /* bytes, in the table */
    size_t size;                /* bytes, with padding */
} QCow2Snapshot;

/* tables of one kind (L2, reference counts) as they are in the file */
typedef struct QCow2Slot {
    uint64_t offset;            /* 0 = holds nothing */
    uint64_t used;
    uint8_t *data;              /* one cluster, or NULL: never used */
} QCow2Slot;

typedef struct QCow2Cache {
    QCow2Slot slot[QCOW2_CACHE_MAX];
    int nb_slots;
    int recent;                 /* where to look first */
    uint64_t clock;
} QCow2Cache;

typedef struct BDRVQcow2State {
    int fd;
    uint64_t file_size;         /* bytes; at least this, may have grown */
    int cluster_bits;
    uint32_t cluster_size;
    int cluster_sectors;
    int l2_bits;
    int ref_bits;               /* a block counts 2^ref_bits clusters */

    uint64_t *l1;               /* in host order */
    uint32_t l1_entries;
    uint64_t l1_offset;
    uint64_t *reftable;         /* in host order */
    uint32_t reftable_entries;
    uint64_t reftable_offset;
    uint8_t *snapshots;         /* the snapshot table as in the file */
    size_t snapshots_size;
    uint32_t nb_snapshots;
    uint64_t snapshots_offset;

    QCow2Cache l2_cache;
    QCow2Cache ref_cache;
    uint64_t free_cluster;      /* none is free below */
    uint64_t free_byte;         /* next compressed data; 0 = new cluster */

    uint8_t *bounce;            /* one cluster on its way to the file */
    uint8_t *packed;            /* two clusters: compressed data */
    uint8_t *unpacked;          /* one cluster, decompressed from ... */
    uint64_t unpacked_entry;    /* ... this L2 entry, 0 = none */

    int crypt_method;
    BlockAES *aes;
} BDRVQcow2State;

/* the file */

static int overlaps(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
    return a_len && b_len && a < b + b_len && b < a + a_len;
}

/* Whether bytes belong to one of the parts that the header points to. */
static int is_metadata(BDRVQcow2State *s, uint64_t offset, uint64_t len)
{
    return overlaps(offset, len, 0, s->cluster_size) ||
           overlaps(offset, len, s->l1_offset, s->l1_entries * 8ULL) ||
           overlaps(offset, len, s->reftable_offset,
                    s->reftable_entries * 8ULL) ||
           overlaps(offset, len, s->snapshots_offset, s->snapshots_size);
}

static int in_file(BDRVQcow2State *s, uint64_t offset, uint64_t len)
{
    int64_t size;

    if (offset >= QCOW2_MAX_OFFSET || len >= QCOW2_MAX_OFFSET) {
        return 0;
    }
    if (offset + len > s->file_size) {
        size = file_length(s->fd);
        if (size > 0 && (uint64_t)size > s->file_size) {
            s->file_size = size;
        }
    }
    return offset + len <= s->file_size;
}

static int is_aligned(BDRVQcow2State *s, uint64_t offset)
{
    return (offset & (s->cluster_size - 1)) == 0;
}

static uint64_t round_up(BDRVQcow2State *s, uint64_t bytes)
{
    return (bytes + s->cluster_size - 1) & ~(uint64_t)(s->cluster_size - 1);
}

static int write_file(BDRVQcow2State *s, const void *buf, size_t len,
                      uint64_t offset)
{
    int ret = pwrite_full(s->fd, buf, len, offset);

    if (ret == 0 && offset + len > s->file_size) {
        s->file_size = offset + len;
    }
    return ret;
}

/* Writes a table of 64-bit entries in the file's byte order. */
static int write_table(BDRVQcow2State *s, const uint64_t *table,
                       uint32_t entries, uint64_t offset)
{
    uint64_t *be = qemu_malloc(entries * 8ULL + 1);
    uint32_t i;
    int ret;

    if (!be) {
        return -ENOMEM;
    }
    for (i = 0; i < entries; i++) {
        be[i] = htobe64(table[i]);
    }
    ret = write_file(s, be, entries * 8ULL, offset);
    qemu_free(be);
    return ret;
}

/* Reads `entries` of them into a table with room for `room` (zeros behind). */
static int read_table(BDRVQcow2State *s, uint64_t **table, uint32_t entries,
                      uint32_t room, uint64_t offset)
{
    uint64_t *p = qemu_mallocz(room * 8ULL + 1);
    uint32_t i;
    int ret;

    if (!p) {
        return -ENOMEM;
    }
    ret = pread_full(s->fd, p, entries * 8ULL, offset);
    if (ret < 0) {
        qemu_free(p);
        return ret;
    }
    for (i = 0; i < entries; i++) {
        p[i] = be64toh(p[i]);
    }
    *table = p;
    return 0;
}

/* Changes a 32-bit and a 64-bit field of the header that lie side by side and
   must change together: one write, which stays inside one sector. */
static int write_header_pair(BDRVQcow2State *s, size_t at_32, uint32_t value_32,
                             size_t at_64, uint64_t value_64)
{
    size_t at = at_32 < at_64 ? at_32 : at_64;
    uint8_t buf[12];

    value_32 = htobe32(value_32);
    value_64 = htobe64(value_64);
    memcpy(buf + (at_32 - at), &value_32, 4);
    memcpy(buf + (at_64 - at), &value_64, 8);
    return write_file(s, buf, sizeof(buf), at);
}

/* tables in memory */

/* A slot to fill; it counts as empty until its offset is set. */
static QCow2Slot *cache_victim(BDRVQcow2State *s, QCow2Cache *c)
{
    QCow2Slot *slot = &c->slot[0];
    int i;

    for (i = 0; i < c->nb_slots && slot->data; i++) {
        if (!c->slot[i].data || c->slot[i].used < slot->used) {
            slot = &c->slot[i];
        }
    }
    if (!slot->data) {
        slot->data = qemu_malloc(s->cluster_size);
        if (!slot->data) {
            return NULL;
        }
    }
    slot->offset = 0;
    slot->used = ++c->clock;
    return slot;
}

static QCow2Slot *cache_find(QCow2Cache *c, uint64_t offset)
{
    int i = c->recent;

    if (c->slot[i].offset != offset) {
        for (i = 0; i < c->nb_slots && c->slot[i].offset != offset; i++) {
        }
        if (i == c->nb_slots) {
            return NULL;
        }
        c->recent = i;
    }
    c->slot[i].used = ++c->clock;
    return &c->slot[i];
}

/* The table at a (non-zero) offset; -EIO where none can be.  It stays valid
   until another table of the same kind is asked for. */
static int cache_load(BDRVQcow2State *s, QCow2Cache *c, uint64_t offset,
                      void **table)
{
    QCow2Slot *slot = cache_find(c, offset);
    int ret;

    if (!slot) {
        if (!is_aligned(s, offset) || !in_file(s, offset, s->cluster_size) ||
            is_metadata(s, offset, s->cluster_size)) {
            return -EIO;
        }
        slot = cache_victim(s, c);
        if (!slot) {
            return -ENOMEM;
        }
        ret = pread_full(s->fd, slot->data, s->cluster_size, offset);
        if (ret < 0) {
            return ret;
        }
        slot->offset = offset;
    }
    *table = slot->data;
    return 0;
}

static void cache_drop(QCow2Cache *c, uint64_t offset)
{
    QCow2Slot *slot = cache_find(c, offset);

    if (slot) {
        slot->offset = 0;
    }
}

static void cache_free(QCow2Cache *c)
{
    int i;

    for (i = 0; i < c->nb_slots; i++) {
        qemu_free(c->slot[i].data);
    }
}

/* reference counts */

/* The block that counts `cluster`: 1 and *block, or 0 if there is none. */
static int load_refblock(BDRVQcow2State *s, uint64_t cluster, void **block)
{
    uint64_t index = cluster >> s->ref_bits;
    int ret;

    if (index >= s->reftable_entries || s->reftable[index] == 0) {
        return 0;
    }
    ret = cache_load(s, &s->ref_cache, s->reftable[index], block);
    return ret < 0 ? ret : 1;
}

/* 0..65535 or -errno */
static int get_refcount(BDRVQcow2State *s, uint64_t cluster)
{
    uint64_t entry = cluster & ((1ULL << s->ref_bits) - 1);
    void *block;
    int ret = load_refblock(s, cluster, &block);

    if (ret <= 0) {
        return ret;
    }
    return be16toh(((uint16_t *)block)[entry]);
}

/* A cluster is free again: nothing may be remembered of its content. */
static void forget_cluster(BDRVQcow2State *s, uint64_t cluster)
{
    uint64_t offset = cluster << s->cluster_bits;

    cache_drop(&s->l2_cache, offset);
    cache_drop(&s->ref_cache, offset);
    s->unpacked_entry = 0;
    if (s->free_byte >> s->cluster_bits == cluster) {
        s->free_byte = 0;
    }
    if (cluster < s->free_cluster) {
        s->free_cluster = cluster;
    }
}

static int set_refcount(BDRVQcow2State *s, uint64_t cluster, uint16_t count)
{
    uint64_t entry = cluster & ((1ULL << s->ref_bits) - 1);
    uint16_t be = htobe16(count);
    void *block;
    int ret = load_refblock(s, cluster, &block);

    if (ret <= 0) {
        return ret < 0 ? ret : -EIO;
    }
    ret = write_file(s, &be, sizeof(be),
                     s->reftable[cluster >> s->ref_bits] + entry * sizeof(be));
    if (ret < 0) {
        return ret;
    }
    ((uint16_t *)block)[entry] = be;
    if (count == 0) {
        forget_cluster(s, cluster);
    }
    return 0;
}

/* Adds 1 or -1 to the counts of all clusters that bytes lie in.  They must be
   in use; either all change or, when that fails, none. */
static int add_refcounts(BDRVQcow2State *s, uint64_t offset, uint64_t len,
                         int addend)
{
    uint64_t first, last, i;
    int ret = 0, count;

    if (len == 0) {
        return 0;
    }
    first = offset >> s->cluster_bits;
    last = (offset + len - 1) >> s->cluster_bits;
    for (i = first; i <= last; i++) {
        count = get_refcount(s, i);
        if (count < 0) {
            ret = count;
        } else if (count == 0) {
            ret = -EIO;
        } else if (addend > 0 && count == QCOW2_MAX_REFCOUNT) {
            ret = -EMLINK;
        } else {
            ret = set_refcount(s, i, count + addend);
        }
        if (ret < 0) {
            break;
        }
    }
    if (ret < 0) {
        while (i-- > first) {
            count = get_refcount(s, i);
            if (count >= 0) {
                set_refcount(s, i, count - addend);
            }
        }
    }
    return ret;
}

/* Index of the first of `n` clusters in a row that nobody uses. */
static int64_t find_free(BDRVQcow2State *s, uint64_t n)
{
    uint64_t limit = (uint64_t)QCOW2_MAX_REFTABLE_ENTRIES << s->ref_bits;
    uint64_t i, run = 0;
    int count;

    if (limit > QCOW2_MAX_OFFSET >> s->cluster_bits) {
        limit = QCOW2_MAX_OFFSET >> s->cluster_bits;
    }
    for (i = s->free_cluster; run < n; i++) {
        if (i >= limit) {
            return -EFBIG;
        }
        count = get_refcount(s, i);
        if (count < 0) {
            return count;
        }
        if (run == 0 && i == s->free_cluster && count > 0) {
            s->free_cluster++;
        }
        /* a count of zero is no proof in a damaged file */
        if (count == 0 && !is_metadata(s, i << s->cluster_bits,
                                       s->cluster_size)) {
            run++;
        } else {
            run = 0;
        }
    }
    return i - n;
}

/* Sizes of a reference count table that has `entries` or more of them and
   lies, behind the blocks that count it and them, from cluster `start` on. */
static int plan_reftable(BDRVQcow2State *s, uint64_t start, uint64_t entries,
                         uint64_t *table_clusters, uint64_t *blocks)
{
    uint64_t last;

    *blocks = 1;
    for (;;) {
        if (entries > QCOW2_MAX_REFTABLE_ENTRIES) {
            return -EFBIG;
        }
        *table_clusters = round_up(s, entries * 8) >> s->cluster_bits;
        last = (start + *blocks + *table_clusters - 1) >> s->ref_bits;
        if (last >= entries) {
            entries = last + 1;
        } else if (last - (start >> s->ref_bits) + 1 > *blocks) {
            *blocks = last - (start >> s->ref_bits) + 1;
        } else {
            return 0;
        }
    }
}

/* Writes block number `index`, at cluster `at`, with a count of one for the
   clusters start..end-1 as far as it counts them. */
static int write_refblock(BDRVQcow2State *s, uint64_t at, uint64_t index,
                          uint64_t start, uint64_t end)
{
    uint64_t offset = at << s->cluster_bits;
    QCow2Slot *slot = cache_victim(s, &s->ref_cache);
    uint64_t i, first = index << s->ref_bits;
    int ret;

    if (!slot) {
        return -ENOMEM;
    }
    memset(slot->data, 0, s->cluster_size);
    for (i = start; i < end; i++) {
        if (i >> s->ref_bits == index) {
            ((uint16_t *)slot->data)[i - first] = htobe16(1);
        }
    }
    ret = write_file(s, slot->data, s->cluster_size, offset);
    if (ret == 0) {
        slot->offset = offset;
    }
    return ret;
}

/* Moves the reference count table to a larger place.  That is right behind
   what the old one can count, which therefore nobody uses yet. */
static int grow_reftable(BDRVQcow2State *s, uint64_t min_entries)
{
    uint64_t start = (uint64_t)s->reftable_entries << s->ref_bits;
    uint64_t old_offset = s->reftable_offset;
    uint64_t old_size = s->reftable_entries * 8ULL;
    uint64_t entries = s->reftable_entries + s->reftable_entries / 2;
    uint64_t clusters, blocks, end, offset, i;
    uint64_t *table;
    int ret;

    if (entries > QCOW2_MAX_REFTABLE_ENTRIES) {
        entries = QCOW2_MAX_REFTABLE_ENTRIES;
    }
    if (entries < min_entries) {
        entries = min_entries;
    }
    ret = plan_reftable(s, start, entries, &clusters, &blocks);
    if (ret < 0) {
        return ret;
    }
    end = start + blocks + clusters;
    if (end > QCOW2_MAX_OFFSET >> s->cluster_bits) {
        return -EFBIG;
    }
    if (is_metadata(s, start << s->cluster_bits,
                    (end - start) << s->cluster_bits)) {
        return -EIO;
    }
    entries = clusters << (s->cluster_bits - 3);
    offset = (start + blocks) << s->cluster_bits;
    table = qemu_mallocz(entries * 8);
    if (!table) {
        return -ENOMEM;
    }
    memcpy(table, s->reftable, old_size);
    for (i = 0; i < blocks && ret == 0; i++) {
        table[(start >> s->ref_bits) + i] = (start + i) << s->cluster_bits;
        ret = write_refblock(s, start + i, (start >> s->ref_bits) + i,
                             start, end);
    }
    if (ret == 0) {
        ret = write_table(s, table, entries, offset);
    }
    if (ret == 0) {
        ret = write_header_pair(s, offsetof(QCow2Header, reftable_clusters),
                                clusters,
                                offsetof(QCow2Header, reftable_offset),
                                offset);
    }
    if (ret < 0) {
        qemu_free(table);
        return ret;
    }
    qemu_free(s->reftable);
    s->reftable = table;
    s->reftable_entries = entries;
    s->reftable_offset = offset;
    return add_refcounts(s, old_offset, old_size, -1);
}

/* Comes nearer to a block number `index`: makes it, or what must be there
   before.  To be repeated until the block exists. */
static int make_refblock(BDRVQcow2State *s, uint64_t index)
{
    int64_t at = find_free(s, 1);
    uint64_t home, be;
    int ret;

    if (at < 0) {
        return at;
    }
    home = (uint64_t)at >> s->ref_bits;
    if (index >= s->reftable_entries || home >= s->reftable_entries) {
        return grow_reftable(s, (index > home ? index : home) + 1);
    }
    if (s->reftable[home] == 0) {
        /* the free cluster becomes the block that counts itself */
        index = home;
        ret = write_refblock(s, at, index, at, at + 1);
    } else {
        ret = set_refcount(s, at, 1);
        if (ret == 0) {
            ret = write_refblock(s, at, index, 0, 0);
        }
    }
    if (ret < 0) {
        return ret;
    }
    be = htobe64((uint64_t)at << s->cluster_bits);
    ret = write_file(s, &be, sizeof(be), s->reftable_offset + index * 8);
    if (ret < 0) {
        cache_drop(&s->ref_cache, (uint64_t)at << s->cluster_bits);
        return ret;
    }
    s->reftable[index] = (uint64_t)at << s->cluster_bits;
    return 0;
}

/* Takes clusters in a row for `bytes` bytes (at least 1) and counts them;
   returns their offset.  Their content is undefined. */
static int64_t alloc_clusters(BDRVQcow2State *s, uint64_t bytes)
{
    uint64_t n = round_up(s, bytes) >> s->cluster_bits;
    uint64_t index, i;
    int64_t start;
    int ret = 0;

    for (;;) {
        start = find_free(s, n);
        if (start < 0) {
            return start;
        }
        for (index = (uint64_t)start >> s->ref_bits;
             index <= (start + n - 1) >> s->ref_bits; index++) {
            if (index >= s->reftable_entries || s->reftable[index] == 0) {
                break;
            }
        }
        if (index > (start + n - 1) >> s->ref_bits) {
            break;
        }
        /* that may take a cluster we want: look again */
        ret = make_refblock(s, index);
        if (ret < 0) {
            return ret;
        }
    }
    for (i = start; i < start + n; i++) {
        ret = set_refcount(s, i, 1);
        if (ret < 0) {
            add_refcounts(s, (uint64_t)start << s->cluster_bits,
                          (i - start) << s->cluster_bits, -1);
            return ret;
        }
    }
    s->unpacked_entry = 0;
    return start << s->cluster_bits;
}

/* Takes room for compressed data, behind the last ones where that fits. */
static int64_t alloc_bytes(BDRVQcow2State *s, uint32_t bytes)
{
    uint64_t offset = s->free_byte;
    uint64_t room = round_up(s, offset) - offset;
    int64_t fresh;
    int ret;

    if (room < bytes) {
        fresh = alloc_clusters(s, s->cluster_size);
        if (fresh < 0) {
            return fresh;
        }
        if (room == 0 || (uint64_t)fresh != offset + room) {
            offset = fresh;
            room = 0;
        }
    }
    if (room > 0) {
        /* one more user of the cluster that was begun earlier */
        ret = add_refcounts(s, offset, 1, 1);
        if (ret < 0) {
            if (room < bytes) {
                add_refcounts(s, offset + room, 1, -1);
            }
            return ret;
        }
    }
    s->free_byte = is_aligned(s, offset + bytes) ? 0 : offset + bytes;
    return offset;
}

/* entries of L1 and L2 tables */

static uint64_t entry_offset(uint64_t entry)
{
    return entry & QCOW2_OFFSET_MASK;
}

/* What an L2 entry with COMPRESSED says, in bytes. */
static void packed_extent(BDRVQcow2State *s, uint64_t entry,
                          uint64_t *offset, uint32_t *len)
{
    int shift = 62 - (s->cluster_bits - 8);
    uint64_t sectors = (entry & (QCOW2_COMPRESSED - 1)) >> shift;

    *offset = entry & ((1ULL << shift) - 1);
    *len = (sectors + 1) * SECTOR_SIZE - (*offset & (SECTOR_SIZE - 1));
}

/* Whether the target of an L1 entry, or of an L2 entry without COMPRESSED,
   can be what it should be: 0 or -EIO. */
static int check_entry(BDRVQcow2State *s, uint64_t entry)
{
    uint64_t offset = entry_offset(entry);

    if ((entry & ~(QCOW2_OFFSET_MASK | QCOW2_COPIED)) != 0 ||
        !is_aligned(s, offset)) {
        return -EIO;
    }
    return offset == 0 || in_file(s, offset, 1) ? 0 : -EIO;
}

/* Adds to the counts of what an L2 entry points to. */
static int add_entry_refcounts(BDRVQcow2State *s, uint64_t entry, int addend)
{
    uint64_t offset;
    uint32_t len;
    int ret;

    if (entry & QCOW2_COMPRESSED) {
        packed_extent(s, entry, &offset, &len);
        return add_refcounts(s, offset, len, addend);
    }
    ret = check_entry(s, entry);
    if (ret < 0 || entry_offset(entry) == 0) {
        return ret;
    }
    return add_refcounts(s, entry_offset(entry), 1, addend);
}

/* The L2 table an L1 entry points to: 1, or 0 if there is none. */
static int load_l2(BDRVQcow2State *s, uint64_t l1_entry, uint64_t **l2)
{
    void *table;
    int ret = check_entry(s, l1_entry);

    *l2 = NULL;
    if (ret < 0 || entry_offset(l1_entry) == 0) {
        return ret;
    }
    ret = cache_load(s, &s->l2_cache, entry_offset(l1_entry), &table);
    if (ret < 0) {
        return ret;
    }
    *l2 = table;
    return 1;
}

static uint64_t l1_index(BDRVQcow2State *s, int64_t sector_num)
{
    return (uint64_t)sector_num >>
           (s->cluster_bits + s->l2_bits - SECTOR_BITS);
}

static uint32_t l2_index(BDRVQcow2State *s, int64_t sector_num)
{
    return ((uint64_t)sector_num >> (s->cluster_bits - SECTOR_BITS)) &
           ((1U << s->l2_bits) - 1);
}

/* Sectors in front of `sector_num` in its cluster. */
static int sector_index(BDRVQcow2State *s, int64_t sector_num)
{
    return sector_num & (s->cluster_sectors - 1);
}

/* The L2 entry for a sector, 0 = not allocated. */
static int lookup(BDRVQcow2State *s, int64_t sector_num, uint64_t *entry)
{
    uint64_t *l2;
    int ret;

    *entry = 0;
    if (l1_index(s, sector_num) >= s->l1_entries) {
        return -EIO;
    }
    ret = load_l2(s, s->l1[l1_index(s, sector_num)], &l2);
    if (ret <= 0) {
        return ret;
    }
    *entry = be64toh(l2[l2_index(s, sector_num)]);
    if (*entry & QCOW2_COMPRESSED) {
        return 0;
    }
    ret = check_entry(s, *entry);
    if (entry_offset(*entry) == 0) {
        *entry = 0;
    }
    return ret;
}

/* Whether the target of an entry may be overwritten: 1, 0 = take a new one,
   -EIO if it does not look like it is in use or like something else is. */
static int in_place(BDRVQcow2State *s, uint64_t entry)
{
    int count;

    if (entry & QCOW2_COMPRESSED || entry_offset(entry) == 0) {
        return 0;
    }
    if (is_metadata(s, entry_offset(entry), s->cluster_size)) {
        return -EIO;
    }
    count = get_refcount(s, entry_offset(entry) >> s->cluster_bits);
    if (count <= 0) {
        return count < 0 ? count : -EIO;
    }
    /* COPIED alone is not trusted: a snapshot may depend on the answer */
    return count == 1 && (entry & QCOW2_COPIED);
}

static int write_l1_entry(BDRVQcow2State *s, uint64_t index, uint64_t entry)
{
    uint64_t be = htobe64(entry);
    int ret = write_file(s, &be, sizeof(be), s->l1_offset + index * 8);

    if (ret == 0) {
        s->l1[index] = entry;
    }
    return ret;
}

/* Gives an L1 entry an L2 table of its own: a copy of the old one, or an
   empty one. */
static int new_l2(BDRVQcow2State *s, uint64_t index, uint64_t **l2)
{
    uint64_t old = s->l1[index], *old_l2;
    int64_t offset = alloc_clusters(s, s->cluster_size);
    QCow2Slot *slot;
    uint32_t i;
    int ret;

    if (offset < 0) {
        return offset;
    }
    ret = load_l2(s, old, &old_l2);
    /* the old table was used last, so it is not the victim */
    slot = ret < 0 ? NULL : cache_victim(s, &s->l2_cache);
    if (!slot) {
        add_refcounts(s, offset, 1, -1);
        return ret < 0 ? ret : -ENOMEM;
    }
    *l2 = (uint64_t *)slot->data;
    for (i = 0; i < 1U << s->l2_bits; i++) {
        /* what two tables point to is no longer for one to overwrite */
        (*l2)[i] = ret == 0 ? 0 : old_l2[i];
        if (!((*l2)[i] & htobe64(QCOW2_COMPRESSED))) {
            (*l2)[i] &= ~htobe64(QCOW2_COPIED);
        }
    }
    ret = write_file(s, *l2, s->cluster_size, offset);
    if (ret == 0) {
        ret = write_l1_entry(s, index, offset | QCOW2_COPIED);
    }
    if (ret < 0) {
        return ret;
    }
    slot->offset = offset;
    if (entry_offset(old) != 0) {
        ret = add_refcounts(s, entry_offset(old), 1, -1);
    }
    return ret;
}

/* The L2 table for a sector, ready to be changed. */
static int load_l2_for_write(BDRVQcow2State *s, int64_t sector_num,
                             uint64_t **l2)
{
    uint64_t index = l1_index(s, sector_num);
    int ret;

    if (index >= s->l1_entries) {
        return -EIO;
    }
    ret = check_entry(s, s->l1[index]);
    if (ret < 0) {
        return ret;
    }
    ret = in_place(s, s->l1[index]);
    if (ret < 0) {
        return ret;
    }
    if (ret == 0) {
        return new_l2(s, index, l2);
    }
    ret = load_l2(s, s->l1[index], l2);
    return ret < 0 ? ret : 0;
}

/* Points an L2 entry elsewhere and drops what it pointed to. */
static int replace_entry(BDRVQcow2State *s, int64_t sector_num, uint64_t *l2,
                         uint64_t entry)
{
    uint32_t index = l2_index(s, sector_num);
    uint64_t old = be64toh(l2[index]), be = htobe64(entry);
    uint64_t table = entry_offset(s->l1[l1_index(s, sector_num)]);
    int ret;

    ret = write_file(s, &be, sizeof(be), table + index * sizeof(be));
    if (ret < 0) {
        return ret;
    }
    l2[index] = be;
    return add_entry_refcounts(s, old, -1);
}

/* reading and writing */

/* Decompresses into s->unpacked what an L2 entry with COMPRESSED says. */
static int unpack_cluster(BDRVQcow2State *s, uint64_t entry)
{
    z_stream z = { 0 };
    uint64_t offset;
    uint32_t len;
    int ret;

    if (s->unpacked_entry == entry) {
        return 0;
    }
    packed_extent(s, entry, &offset, &len);
    if (!in_file(s, offset, 1)) {
        return -EIO;
    }
    s->unpacked_entry = 0;
    /* the file may end with the data, in the middle of a sector */
    ret = pread_zero(s->fd, s->packed, len, offset);
    if (ret < 0) {
        return ret;
    }
    z.next_in = s->packed;
    z.avail_in = len;
    z.next_out = s->unpacked;
    z.avail_out = s->cluster_size;
    if (inflateInit2(&z, QCOW2_WINDOW_BITS) != Z_OK) {
        return -ENOMEM;
    }
    ret = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    /* Z_BUF_ERROR: the output is full, which is where to stop */
    if ((ret != Z_STREAM_END && ret != Z_BUF_ERROR) || z.avail_out != 0) {
        return -EIO;
    }
    s->unpacked_entry = entry;
    return 0;
}

/* Reads sectors of one cluster whose L2 entry is known. */
static int read_cluster(BlockDriverState *bs, uint64_t entry,
                        int64_t sector_num, uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    size_t len = (size_t)nb_sectors << SECTOR_BITS;
    size_t at = (size_t)sector_index(s, sector_num) << SECTOR_BITS;
    int ret;

    if (entry == 0) {
        return bdrv_backing_read(bs, sector_num, buf, nb_sectors);
    }
    if (entry & QCOW2_COMPRESSED) {
        ret = unpack_cluster(s, entry);
        if (ret == 0) {
            memcpy(buf, s->unpacked + at, len);
        }
        return ret;
    }
    /* an image's last cluster may be cut off at the end of the disk */
    ret = pread_zero(s->fd, buf, len, entry_offset(entry) + at);
    if (ret == 0 && s->crypt_method == QCOW2_CRYPT_AES) {
        ret = block_aes_decrypt(s->aes, sector_num, buf, buf, nb_sectors);
    }
    return ret;
}

static int qcow2_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t entry;
    int ret, n;

    while (nb_sectors > 0) {
        n = s->cluster_sectors - sector_index(s, sector_num);
        if (n > nb_sectors) {
            n = nb_sectors;
        }
        ret = lookup(s, sector_num, &entry);
        if (ret == 0) {
            ret = read_cluster(bs, entry, sector_num, buf, n);
        }
        if (ret < 0) {
            return ret;
        }
        sector_num += n;
        nb_sectors -= n;
        buf += (size_t)n << SECTOR_BITS;
    }
    return 0;
}

/* Fills part of s->bounce with what the disk holds now; behind the end of the
   disk that is zeros, even if the backing file is longer. */
static int fill_bounce(BlockDriverState *bs, uint64_t entry,
                       int64_t sector_num, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    uint8_t *p = s->bounce +
                 ((size_t)sector_index(s, sector_num) << SECTOR_BITS);
    int n = 0;

    memset(p, 0, (size_t)nb_sectors << SECTOR_BITS);
    if (sector_num < bs->total_sectors) {
        n = nb_sectors;
        if (n > bs->total_sectors - sector_num) {
            n = bs->total_sectors - sector_num;
        }
    }
    return n > 0 ? read_cluster(bs, entry, sector_num, p, n) : 0;
}

/* Writes sectors of one cluster where they are. */
static int overwrite(BDRVQcow2State *s, uint64_t entry, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    uint64_t at = (uint64_t)sector_index(s, sector_num) << SECTOR_BITS;
    int ret;

    if (s->crypt_method == QCOW2_CRYPT_AES) {
        ret = block_aes_encrypt(s->aes, sector_num, s->bounce, buf,
                                nb_sectors);
        if (ret < 0) {
            return ret;
        }
        buf = s->bounce;
    }
    return write_file(s, buf, (size_t)nb_sectors << SECTOR_BITS,
                      entry_offset(entry) + at);
}

/* Writes sectors of one cluster to a new place, with the rest of it. */
static int write_new(BlockDriverState *bs, uint64_t *l2, uint64_t old,
                     int64_t sector_num, const uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    int head = sector_index(s, sector_num);
    int tail = s->cluster_sectors - head - nb_sectors;
    int64_t first = sector_num - head, offset;
    int ret;

    ret = fill_bounce(bs, old, first, head);
    if (ret == 0) {
        ret = fill_bounce(bs, old, sector_num + nb_sectors, tail);
    }
    if (ret < 0) {
        return ret;
    }
    memcpy(s->bounce + ((size_t)head << SECTOR_BITS), buf,
           (size_t)nb_sectors << SECTOR_BITS);
    if (s->crypt_method == QCOW2_CRYPT_AES) {
        ret = block_aes_encrypt(s->aes, first, s->bounce, s->bounce,
                                s->cluster_sectors);
        if (ret < 0) {
            return ret;
        }
    }
    offset = alloc_clusters(s, s->cluster_size);
    if (offset < 0) {
        return offset;
    }
    ret = write_file(s, s->bounce, s->cluster_size, offset);
    if (ret < 0) {
        add_refcounts(s, offset, 1, -1);
        return ret;
    }
    return replace_entry(s, sector_num, l2, offset | QCOW2_COPIED);
}

/* Writes sectors of one cluster. */
static int write_cluster(BlockDriverState *bs, int64_t sector_num,
                         const uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t old, *l2;
    int ret;

    ret = lookup(s, sector_num, &old);
    if (ret == 0) {
        ret = in_place(s, old);
    }
    if (ret < 0) {
        return ret;
    }
    if (s->crypt_method == QCOW2_CRYPT_AES && !s->aes) {
        return -ENOKEY;
    }
    ret = load_l2_for_write(s, sector_num, &l2);
    if (ret < 0) {
        return ret;
    }
    /* only now: a table that had to be copied lost its COPIED bits */
    old = be64toh(l2[l2_index(s, sector_num)]);
    ret = in_place(s, old);
    if (ret < 0) {
        return ret;
    }
    if (ret > 0) {
        return overwrite(s, old, sector_num, buf, nb_sectors);
    }
    return write_new(bs, l2, old, sector_num, buf, nb_sectors);
}

static int qcow2_write(BlockDriverState *bs, int64_t sector_num,
                       const uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    int ret, n;

    while (nb_sectors > 0) {
        n = s->cluster_sectors - sector_index(s, sector_num);
        if (n > nb_sectors) {
            n = nb_sectors;
        }
        ret = write_cluster(bs, sector_num, buf, n);
        if (ret < 0) {
            return ret;
        }
        sector_num += n;
        nb_sectors -= n;
        buf += (size_t)n << SECTOR_BITS;
    }
    return 0;
}

/* Compresses s->bounce into s->packed: the bytes it takes, or 0 if it does
   not get smaller. */
static int pack_cluster(BDRVQcow2State *s)
{
    z_stream z = { 0 };
    int ret;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, QCOW2_WINDOW_BITS,
                     9, Z_DEFAULT_STRATEGY) != Z_OK) {
        return -ENOMEM;
    }
    z.next_in = s->bounce;
    z.avail_in = s->cluster_size;
    z.next_out = s->packed;
    z.avail_out = s->cluster_size - 1;
    ret = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return ret == Z_STREAM_END ? (int)(s->cluster_size - 1 - z.avail_out) : 0;
}

/* Puts the first `len` bytes of s->packed into the file for a cluster. */
static int write_packed(BDRVQcow2State *s, int64_t sector_num, uint32_t len)
{
    int shift = 62 - (s->cluster_bits - 8);
    uint64_t *l2, sectors;
    int64_t offset;
    uint32_t padded;
    int ret;

    ret = load_l2_for_write(s, sector_num, &l2);
    if (ret < 0) {
        return ret;
    }
    offset = alloc_bytes(s, len);
    if (offset < 0) {
        return offset;
    }
    /* to the end of the sector, which is unused: entries count sectors */
    padded = len + (-(offset + len) & (SECTOR_SIZE - 1));
    memset(s->packed + len, 0, padded - len);
    sectors = ((offset + len - 1) >> SECTOR_BITS) - (offset >> SECTOR_BITS);
    ret = (uint64_t)offset >> shift ? -EFBIG : 0;
    if (ret == 0) {
        ret = write_file(s, s->packed, padded, offset);
    }
    if (ret < 0) {
        add_refcounts(s, offset, len, -1);
        return ret;
    }
    s->unpacked_entry = 0;
    return replace_entry(s, sector_num, l2,
                         offset | sectors << shift | QCOW2_COMPRESSED);
}

/* Takes one whole cluster, or what the disk has of its last one. */
static int qcow2_write_compressed(BlockDriverState *bs, int64_t sector_num,
                                  const uint8_t *buf, int nb_sectors)
{
    BDRVQcow2State *s = bs->opaque;
    size_t len = (size_t)nb_sectors << SECTOR_BITS;
    uint64_t old;
    int ret;

    if (s->crypt_method != QCOW2_CRYPT_NONE) {
        return -ENOTSUP;
    }
    if (nb_sectors == 0 || sector_index(s, sector_num) != 0 ||
        nb_sectors > s->cluster_sectors ||
        (nb_sectors < s->cluster_sectors &&
         sector_num + nb_sectors != bs->total_sectors)) {
        return -EINVAL;
    }
    ret = lookup(s, sector_num, &old);
    if (ret < 0) {
        return ret;
    }
    memcpy(s->bounce, buf, len);
    memset(s->bounce + len, 0, s->cluster_size - len);
    ret = pack_cluster(s);
    if (ret < 0) {
        return ret;
    }
    if (ret == 0) {
        return qcow2_write(bs, sector_num, buf, nb_sectors);
    }
    return write_packed(s, sector_num, ret);
}

static int qcow2_is_allocated(BlockDriverState *bs, int64_t sector_num,
                              int nb_sectors, int *pnum)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t entry;
    int ret, n, done = 0, allocated = 0;

    while (done < nb_sectors) {
        ret = lookup(s, sector_num + done, &entry);
        if (ret < 0) {
            return ret;
        }
        if (done == 0) {
            allocated = entry != 0;
        } else if (allocated != (entry != 0)) {
            break;
        }
        n = s->cluster_sectors - sector_index(s, sector_num + done);
        done += n < nb_sectors - done ? n : nb_sectors - done;
    }
    *pnum = done;
    return allocated;
}

/* whole trees: an L1 table and all it reaches */

static int compare_entries(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Whether all targets differ.  A table that is used many times would make a
   small file a very long walk. */
static int check_distinct(const uint64_t *table, uint32_t entries)
{
    uint64_t *sorted = qemu_malloc(entries * 8ULL + 1);
    uint32_t i, used = 0;
    int ret = 0;

    if (!sorted) {
        return -ENOMEM;
    }
    for (i = 0; i < entries; i++) {
        if (entry_offset(table[i]) != 0) {
            sorted[used++] = entry_offset(table[i]);
        }
    }
    qsort(sorted, used, sizeof(*sorted), compare_entries);
    for (i = 1; i < used && ret == 0; i++) {
        if (sorted[i] == sorted[i - 1]) {
            ret = -EINVAL;
        }
    }
    qemu_free(sorted);
    return ret;
}

/* Adds to the counts of the L2 tables and clusters of a tree, and stops after
   `limit` changes; *done is how many there were. */
static int walk_tree(BDRVQcow2State *s, const uint64_t *l1, uint32_t entries,
                     int addend, uint64_t limit, uint64_t *done)
{
    uint64_t *l2;
    uint32_t i, j;
    int ret = 0;

    *done = 0;
    for (i = 0; i < entries; i++) {
        ret = load_l2(s, l1[i], &l2);
        if (ret < 0) {
            return ret;
        }
        if (ret == 0) {
            continue;
        }
        for (j = 0; j < 1U << s->l2_bits; j++) {
            if (l2[j] == 0) {
                continue;
            }
            if (*done == limit) {
                return 0;
            }
            ret = add_entry_refcounts(s, be64toh(l2[j]), addend);
            if (ret < 0) {
                return ret;
            }
            ++*done;
        }
        if (*done == limit) {
            return 0;
        }
        ret = add_refcounts(s, entry_offset(l1[i]), 1, addend);
        if (ret < 0) {
            return ret;
        }
        ++*done;
    }
    return 0;
}

/* Adds one user to a tree; when that fails none is added. */
static int ref_tree(BDRVQcow2State *s, const uint64_t *l1, uint32_t entries)
{
    uint64_t done, undone;
    int ret = check_distinct(l1, entries);

    if (ret < 0) {
        return ret;
    }
    ret = walk_tree(s, l1, entries, 1, UINT64_MAX, &done);
    if (ret < 0) {
        walk_tree(s, l1, entries, -1, done, &undone);
    }
    return ret;
}

static int unref_tree(BDRVQcow2State *s, const uint64_t *l1, uint32_t entries)
{
    uint64_t done;
    int ret = check_distinct(l1, entries);

    return ret < 0 ? ret : walk_tree(s, l1, entries, -1, UINT64_MAX, &done);
}

/* `entry` with COPIED as its target's count demands. */
static int with_copied(BDRVQcow2State *s, uint64_t entry, uint64_t *out)
{
    int count;

    *out = entry;
    if (entry_offset(entry) == 0) {
        return 0;
    }
    count = get_refcount(s, entry_offset(entry) >> s->cluster_bits);
    if (count < 0) {
        return count;
    }
    *out = (entry & ~QCOW2_COPIED) | (count == 1 ? QCOW2_COPIED : 0);
    return 0;
}

/* Brings COPIED in one L2 table up to date. */
static int refresh_l2(BDRVQcow2State *s, uint64_t offset, uint64_t *l2)
{
    uint64_t entry;
    uint32_t j;
    int ret = 0, changed = 0;

    for (j = 0; j < 1U << s->l2_bits; j++) {
        if (l2[j] == 0 || (be64toh(l2[j]) & QCOW2_COMPRESSED)) {
            continue;
        }
        ret = check_entry(s, be64toh(l2[j]));
        if (ret == 0) {
            ret = with_copied(s, be64toh(l2[j]), &entry);
        }
        if (ret < 0) {
            break;
        }
        if (htobe64(entry) != l2[j]) {
            l2[j] = htobe64(entry);
            changed = 1;
        }
    }
    if (j == 1U << s->l2_bits) {
        ret = changed ? write_file(s, l2, s->cluster_size, offset) : 0;
    }
    if (ret < 0) {
        cache_drop(&s->l2_cache, offset);
    }
    return ret;
}

/* Brings COPIED up to date in all tables of the active tree, after counts
   were changed by a snapshot that came or went. */
static int refresh_copied(BDRVQcow2State *s)
{
    uint64_t *l2, entry;
    uint32_t i;
    int ret;

    for (i = 0; i < s->l1_entries; i++) {
        ret = load_l2(s, s->l1[i], &l2);
        if (ret > 0) {
            ret = refresh_l2(s, entry_offset(s->l1[i]), l2);
        }
        if (ret == 0) {
            ret = with_copied(s, s->l1[i], &entry);
        }
        if (ret == 0 && entry != s->l1[i]) {
            ret = write_l1_entry(s, i, entry);
        }
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* Makes *l1 the active table, in a new place, and gives the old one back in
   its stead: the switch is the write of the header. */
static int switch_l1(BDRVQcow2State *s, uint64_t **l1, uint32_t *entries)
{
    uint64_t *table = s->l1, old_offset = s->l1_offset;
    uint32_t old_entries = s->l1_entries;
    int64_t offset = alloc_clusters(s, *entries * 8ULL);
    int ret;

    if (offset < 0) {
        return offset;
    }
    ret = write_table(s, *l1, *entries, offset);
    if (ret < 0) {
        add_refcounts(s, offset, *entries * 8ULL, -1);
        return ret;
    }
    ret = write_header_pair(s, offsetof(QCow2Header, l1_entries), *entries,
                            offsetof(QCow2Header, l1_offset), offset);
    if (ret < 0) {
        return ret;
    }
    s->l1 = *l1;
    s->l1_entries = *entries;
    s->l1_offset = offset;
    *l1 = table;
    *entries = old_entries;
    return add_refcounts(s, old_offset, old_entries * 8ULL, -1);
}

/* L1 entries for a disk of that many sectors; the result may be any size. */
static uint64_t l1_needed(int cluster_bits, int64_t sectors)
{
    int shift = cluster_bits + cluster_bits - 3 - SECTOR_BITS;

    return ((uint64_t)sectors + (1ULL << shift) - 1) >> shift;
}

static int qcow2_make_empty(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;
    uint32_t entries = s->l1_entries;
    uint64_t *l1 = qemu_mallocz(entries * 8ULL + 1);
    int ret;

    if (!l1) {
        return -ENOMEM;
    }
    ret = switch_l1(s, &l1, &entries);
    if (ret == 0) {
        ret = unref_tree(s, l1, entries);
    }
    qemu_free(l1);
    return ret;
}

/* snapshots */

/* Takes the entry of a snapshot table at `start` apart: 0 or -EINVAL. */
static int parse_snapshot(const uint8_t *table, size_t size, size_t start,
                          QCow2Snapshot *sn)
{
    QCow2SnapshotHeader *h = &sn->h;
    uint64_t len = sizeof(*h);

    if (start > size || size - start < len) {
        return -EINVAL;
    }
    memcpy(h, table + start, sizeof(*h));
    h->l1_offset = be64toh(h->l1_offset);
    h->l1_entries = be32toh(h->l1_entries);
    h->id_len = be16toh(h->id_len);
    h->name_len = be16toh(h->name_len);
    h->date_sec = be32toh(h->date_sec);
    h->date_nsec = be32toh(h->date_nsec);
    h->vm_clock_nsec = be64toh(h->vm_clock_nsec);
    h->vm_state_size = be32toh(h->vm_state_size);
    h->extra_len = be32toh(h->extra_len);
    len += (uint64_t)h->extra_len + h->id_len + h->name_len;
    len = (len + 7) & ~7ULL;
    if (len > size - start) {
        return -EINVAL;
    }
    sn->extra = table + start + sizeof(*h);
    sn->id = (const char *)sn->extra + h->extra_len;
    sn->name = sn->id + h->id_len;
    sn->start = start;
    sn->size = len;
    return 0;
}

static int is_text(const char *text, size_t len, const char *str)
{
    return strlen(str) == len && memcmp(text, str, len) == 0;
}

/* Looks for an id and, if there is none such, for a name. */
static int find_snapshot(BDRVQcow2State *s, const char *id_or_name,
                         QCow2Snapshot *found)
{
    QCow2Snapshot sn;
    size_t at = 0;
    uint32_t i;
    int ret = -ENOENT;

    for (i = 0; i < s->nb_snapshots; i++, at += sn.size) {
        if (parse_snapshot(s->snapshots, s->snapshots_size, at, &sn) < 0) {
            return -EIO;
        }
        if (is_text(sn.id, sn.h.id_len, id_or_name)) {
            *found = sn;
            return 0;
        }
        if (ret < 0 && is_text(sn.name, sn.h.name_len, id_or_name)) {
            *found = sn;
            ret = 0;
        }
    }
    return ret;
}

/* Chooses the number after the highest one in use. */
static void choose_snapshot_id(BDRVQcow2State *s, char *id, size_t size)
{
    QCow2Snapshot sn;
    size_t at = 0;
    uint32_t i, number, highest = 0;
    int j;

    for (i = 0; i < s->nb_snapshots; i++, at += sn.size) {
        if (parse_snapshot(s->snapshots, s->snapshots_size, at, &sn) < 0) {
            break;
        }
        number = 0;
        for (j = 0; j < sn.h.id_len && j < 9; j++) {
            if (sn.id[j] < '0' || sn.id[j] > '9') {
                break;
            }
            number = number * 10 + (sn.id[j] - '0');
        }
        if (j == sn.h.id_len && number > highest) {
            highest = number;
        }
    }
    snprintf(id, size, "%u", highest + 1);
}

/* The L1 table of a snapshot, with room for at least `room` entries. */
static int read_snapshot_l1(BDRVQcow2State *s, const QCow2Snapshot *sn,
                            uint32_t room, uint64_t **l1, uint32_t *entries)
{
    uint64_t bytes = sn->h.l1_entries * 8ULL;

    if (sn->h.l1_entries > QCOW2_MAX_L1_ENTRIES) {
        return -EFBIG;
    }
    if (!is_aligned(s, sn->h.l1_offset) ||
        !in_file(s, sn->h.l1_offset, bytes) ||
        is_metadata(s, sn->h.l1_offset, bytes)) {
        return -EINVAL;
    }
    *entries = sn->h.l1_entries > room ? sn->h.l1_entries : room;
    return read_table(s, l1, sn->h.l1_entries, *entries, sn->h.l1_offset);
}

/* Makes `table` the snapshot table and frees the old one; `table` is the
   state's afterwards, unless this fails before the switch. */
static int switch_snapshots(BDRVQcow2State *s, uint8_t *table, size_t size,
                            uint32_t nb_snapshots)
{
    uint64_t old_offset = s->snapshots_offset;
    uint64_t old_size = s->snapshots_size;
    int64_t offset = 0;
    int ret = 0;

    if (size > 0) {
        offset = alloc_clusters(s, size);
        if (offset < 0) {
            return offset;
        }
        ret = write_file(s, table, size, offset);
        if (ret < 0) {
            add_refcounts(s, offset, size, -1);
            return ret;
        }
    }
    ret = write_header_pair(s, offsetof(QCow2Header, nb_snapshots),
                            nb_snapshots,
                            offsetof(QCow2Header, snapshots_offset), offset);
    if (ret < 0) {
        return ret;
    }
    qemu_free(s->snapshots);
    s->snapshots = table;
    s->snapshots_size = size;
    s->snapshots_offset = offset;
    s->nb_snapshots = nb_snapshots;
    /* the new table stands: what fails here costs only space */
    add_refcounts(s, old_offset, old_size, -1);
    return 0;
}

/* Adds an entry for `info` with its L1 table at `l1_offset`. */
static int append_snapshot(BDRVQcow2State *s, const BlockSnapshotInfo *info,
                           uint64_t l1_offset)
{
    size_t id_len = strlen(info->id_str), name_len = strlen(info->name);
    size_t len = sizeof(QCow2SnapshotHeader) + id_len + name_len;
    size_t padded = (len + 7) & ~(size_t)7;
    QCow2SnapshotHeader h = {
        .l1_offset = htobe64(l1_offset),
        .l1_entries = htobe32(s->l1_entries),
        .id_len = htobe16(id_len),
        .name_len = htobe16(name_len),
        .date_sec = htobe32(info->date_sec),
        .date_nsec = htobe32(info->date_nsec),
        .vm_clock_nsec = htobe64(info->vm_clock_nsec),
    };
    uint8_t *table, *p;
    int ret;

    if (s->snapshots_size + padded > QCOW2_MAX_SNAPSHOT_BYTES) {
        return -EFBIG;
    }
    table = qemu_mallocz(s->snapshots_size + padded);
    if (!table) {
        return -ENOMEM;
    }
    if (s->snapshots_size > 0) {
        memcpy(table, s->snapshots, s->snapshots_size);
    }
    p = table + s->snapshots_size;
    memcpy(p, &h, sizeof(h));
    memcpy(p + sizeof(h), info->id_str, id_len);
    memcpy(p + sizeof(h) + id_len, info->name, name_len);
    ret = switch_snapshots(s, table, s->snapshots_size + padded,
                           s->nb_snapshots + 1);
    if (ret < 0) {
        qemu_free(table);
    }
    return ret;
}

/* Takes a snapshot of the disk as it is.  A machine's state has no place to
   come from here, so `vm_state_size` must be 0.  Without an id one is chosen
   and told in `info`. */
static int qcow2_snapshot_create(BlockDriverState *bs, BlockSnapshotInfo *info)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t l1_size = s->l1_entries * 8ULL;
    QCow2Snapshot sn;
    int64_t offset;
    int ret;

    if (info->vm_state_size != 0) {
        return -ENOTSUP;
    }
    if (s->nb_snapshots >= QCOW2_MAX_SNAPSHOTS) {
        return -EFBIG;
    }
    if (info->id_str[0] == '\0') {
        choose_snapshot_id(s, info->id_str, sizeof(info->id_str));
    }
    if (find_snapshot(s, info->id_str, &sn) == 0 ||
        (info->name[0] != '\0' && find_snapshot(s, info->name, &sn) == 0)) {
        return -EEXIST;
    }
    offset = alloc_clusters(s, l1_size);
    if (offset < 0) {
        return offset;
    }
    ret = ref_tree(s, s->l1, s->l1_entries);
    if (ret < 0) {
        goto fail_l1;
    }
    /* from here on nothing is overwritten in place */
    ret = refresh_copied(s);
    if (ret == 0) {
        ret = write_table(s, s->l1, s->l1_entries, offset);
    }
    if (ret == 0) {
        ret = append_snapshot(s, info, offset);
    }
    if (ret < 0) {
        unref_tree(s, s->l1, s->l1_entries);
        refresh_copied(s);
        goto fail_l1;
    }
    return 0;

fail_l1:
    add_refcounts(s, offset, l1_size, -1);
    return ret;
}

/* Whether a snapshot was taken when the disk had its present size; QEMU notes
   that in the second number of the extra data, earlier writers do not. */
static int check_snapshot_size(BlockDriverState *bs, const QCow2Snapshot *sn)
{
    uint64_t size;

    if (sn->h.extra_len < 16) {
        return 0;
    }
    memcpy(&size, sn->extra + 8, sizeof(size));
    size = be64toh(size);
    return size >> SECTOR_BITS == (uint64_t)bs->total_sectors ? 0 : -ENOTSUP;
}

/* Makes the disk what it was when the snapshot was taken. */
static int qcow2_snapshot_goto(BlockDriverState *bs, const char *id_or_name)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t *l1 = NULL;
    uint32_t entries = 0, i;
    QCow2Snapshot sn;
    int ret;

    ret = find_snapshot(s, id_or_name, &sn);
    if (ret == 0) {
        ret = check_snapshot_size(bs, &sn);
    }
    if (ret == 0) {
        ret = read_snapshot_l1(s, &sn,
                               l1_needed(s->cluster_bits, bs->total_sectors),
                               &l1, &entries);
    }
    if (ret < 0) {
        return ret;
    }
    ret = ref_tree(s, l1, entries);
    if (ret < 0) {
        goto out;
    }
    for (i = 0; i < entries; i++) {
        l1[i] &= ~QCOW2_COPIED;
    }
    ret = switch_l1(s, &l1, &entries);
    if (ret < 0) {
        goto out;
    }
    /* l1 is now what was active before */
    ret = unref_tree(s, l1, entries);
    if (ret == 0) {
        ret = refresh_copied(s);
    }
out:
    qemu_free(l1);
    return ret;
}

static int qcow2_snapshot_delete(BlockDriverState *bs, const char *id_or_name)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t *l1 = NULL;
    uint8_t *table = NULL;
    uint32_t entries = 0;
    QCow2Snapshot sn;
    int ret;

    ret = find_snapshot(s, id_or_name, &sn);
    if (ret == 0) {
        ret = read_snapshot_l1(s, &sn, 1, &l1, &entries);
    }
    if (ret == 0) {
        ret = check_distinct(l1, entries);
    }
    if (ret < 0) {
        goto out;
    }
    if (s->snapshots_size > sn.size) {
        table = qemu_malloc(s->snapshots_size - sn.size);
        if (!table) {
            ret = -ENOMEM;
            goto out;
        }
        memcpy(table, s->snapshots, sn.start);
        memcpy(table + sn.start, s->snapshots + sn.start + sn.size,
               s->snapshots_size - sn.start - sn.size);
    }
    ret = switch_snapshots(s, table, s->snapshots_size - sn.size,
                           s->nb_snapshots - 1);
    if (ret < 0) {
        qemu_free(table);
        goto out;
    }
    ret = unref_tree(s, l1, entries);
    if (ret == 0) {
        ret = add_refcounts(s, sn.h.l1_offset, sn.h.l1_entries * 8ULL, -1);
    }
    if (ret == 0) {
        ret = refresh_copied(s);
    }
out:
    qemu_free(l1);
    return ret;
}

/* A string of the table, as much of it as there is room for. */
static void copy_text(char *buf, size_t size, const char *text, size_t len)
{
    if (len > size - 1) {
        len = size - 1;
    }
    memcpy(buf, text, len);
    buf[len] = '\0';
}

static int qcow2_snapshot_list(BlockDriverState *bs, BlockSnapshotInfo **list)
{
    BDRVQcow2State *s = bs->opaque;
    BlockSnapshotInfo *info;
    QCow2Snapshot sn;
    size_t at = 0;
    uint32_t i;

    *list = NULL;
    if (s->nb_snapshots == 0) {
        return 0;
    }
    info = qemu_mallocz(s->nb_snapshots * sizeof(*info));
    if (!info) {
        return -ENOMEM;
    }
    for (i = 0; i < s->nb_snapshots; i++, at += sn.size) {
        if (parse_snapshot(s->snapshots, s->snapshots_size, at, &sn) < 0) {
            qemu_free(info);
            return -EIO;
        }
        copy_text(info[i].id_str, sizeof(info[i].id_str), sn.id, sn.h.id_len);
        copy_text(info[i].name, sizeof(info[i].name), sn.name, sn.h.name_len);
        info[i].vm_state_size = sn.h.vm_state_size;
        info[i].date_sec = sn.h.date_sec;
        info[i].date_nsec = sn.h.date_nsec;
        info[i].vm_clock_nsec = sn.h.vm_clock_nsec;
    }
    *list = info;
    return s->nb_snapshots;
}

/* size and information */

/* Whether nothing is allocated behind the last cluster of the disk; old
   writers leave the state of a machine there. */
static int check_nothing_behind(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t sector_num = bs->total_sectors + s->cluster_sectors - 1;
    uint64_t entry;
    uint32_t i = l2_index(s, sector_num);
    int ret;

    sector_num -= sector_index(s, sector_num);
    if (i > 0) {
        for (; i < 1U << s->l2_bits; i++) {
            ret = lookup(s, sector_num, &entry);
            if (ret < 0 || entry != 0) {
                return ret < 0 ? ret : -ENOTSUP;
            }
            sector_num += s->cluster_sectors;
        }
    }
    for (i = l1_index(s, sector_num); i < s->l1_entries; i++) {
        if (s->l1[i] != 0) {
            return -ENOTSUP;
        }
    }
    return 0;
}

/* Zeros what the last cluster holds behind the end of the disk. */
static int clear_tail(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;
    int at = sector_index(s, bs->total_sectors);
    uint64_t entry = 0;
    uint8_t *zeros;
    int ret = 0;

    if (at != 0) {
        ret = lookup(s, bs->total_sectors, &entry);
    }
    if (ret < 0 || entry == 0) {
        return ret;
    }
    zeros = qemu_mallocz(s->cluster_size);
    if (!zeros) {
        return -ENOMEM;
    }
    ret = write_cluster(bs, bs->total_sectors, zeros, s->cluster_sectors - at);
    qemu_free(zeros);
    return ret;
}

/* Growing only, and only a disk whose snapshots and backing file cannot show
   through in the new part: version 2 does not note a snapshot's size. */
static int qcow2_truncate(BlockDriverState *bs, int64_t size_in_bytes)
{
    BDRVQcow2State *s = bs->opaque;
    uint64_t be = htobe64(size_in_bytes), needed;
    uint64_t *l1;
    uint32_t entries;
    int ret;

    if (size_in_bytes & (SECTOR_SIZE - 1)) {
        return -EINVAL;
    }
    if (size_in_bytes >> SECTOR_BITS == bs->total_sectors) {
        return 0;
    }
    if (size_in_bytes >> SECTOR_BITS < bs->total_sectors ||
        s->nb_snapshots > 0 ||
        (bs->backing_hd &&
         bs->backing_hd->total_sectors > bs->total_sectors)) {
        return -ENOTSUP;
    }
    needed = l1_needed(s->cluster_bits, size_in_bytes >> SECTOR_BITS);
    if (needed > QCOW2_MAX_L1_ENTRIES) {
        return -EFBIG;
    }
    ret = check_nothing_behind(bs);
    if (ret < 0) {
        return ret;
    }
    ret = clear_tail(bs);
    if (ret < 0) {
        return ret;
    }
    if (needed > s->l1_entries) {
        entries = needed;
        l1 = qemu_mallocz(needed * 8);
        if (!l1) {
            return -ENOMEM;
        }
        memcpy(l1, s->l1, s->l1_entries * 8ULL);
        ret = switch_l1(s, &l1, &entries);
        qemu_free(l1);
        if (ret < 0) {
            return ret;
        }
    }
    ret = write_file(s, &be, sizeof(be), offsetof(QCow2Header, size));
    if (ret < 0) {
        return ret;
    }
    bs->total_sectors = size_in_bytes >> SECTOR_BITS;
    return 0;
}

static int qcow2_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BDRVQcow2State *s = bs->opaque;

    info->cluster_size = s->cluster_size;
    info->vm_state_offset = (int64_t)
        (l1_needed(s->cluster_bits, bs->total_sectors) <<
         (s->cluster_bits + s->l2_bits));
    return 0;
}

static int qcow2_set_key(BlockDriverState *bs, const char *key)
{
    BDRVQcow2State *s = bs->opaque;

    if (s->crypt_method != QCOW2_CRYPT_AES) {
        return -EINVAL;
    }
    return block_aes_set_key(&s->aes, key);
}

static int qcow2_flush(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;

    return file_flush(s->fd);
}

/* opening */

static int qcow2_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    QCow2Header header;

    (void)filename;
    if (!buf || buf_size < (int)sizeof(header)) {
        return 0;
    }
    memcpy(&header, buf, sizeof(header));
    /* later versions are refused by the open, but they are no raw images */
    if (be32toh(header.magic) != QCOW2_MAGIC ||
        be32toh(header.version) < QCOW2_VERSION) {
        return 0;
    }
    return 100;
}

static void header_to_host(QCow2Header *h)
{
    h->magic = be32toh(h->magic);
    h->version = be32toh(h->version);
    h->backing_offset = be64toh(h->backing_offset);
    h->backing_len = be32toh(h->backing_len);
    h->cluster_bits = be32toh(h->cluster_bits);
    h->size = be64toh(h->size);
    h->crypt_method = be32toh(h->crypt_method);
    h->l1_entries = be32toh(h->l1_entries);
    h->l1_offset = be64toh(h->l1_offset);
    h->reftable_offset = be64toh(h->reftable_offset);
    h->reftable_clusters = be32toh(h->reftable_clusters);
    h->nb_snapshots = be32toh(h->nb_snapshots);
    h->snapshots_offset = be64toh(h->snapshots_offset);
}

/* What can be said of a header without looking further into the file. */
static int check_header(const QCow2Header *h)
{
    if (h->magic != QCOW2_MAGIC) {
        return -EINVAL;
    }
    if (h->version != QCOW2_VERSION ||
        (h->crypt_method != QCOW2_CRYPT_NONE &&
         h->crypt_method != QCOW2_CRYPT_AES)) {
        return -ENOTSUP;
    }
    if (h->cluster_bits < QCOW2_MIN_CLUSTER_BITS ||
        h->cluster_bits > QCOW2_MAX_CLUSTER_BITS) {
        return -EINVAL;
    }
    if (h->size > INT64_MAX - (1U << QCOW2_MAX_CLUSTER_BITS) ||
        h->l1_entries > QCOW2_MAX_L1_ENTRIES ||
        h->reftable_clusters >
        QCOW2_MAX_REFTABLE_ENTRIES >> (h->cluster_bits - 3) ||
        h->nb_snapshots > QCOW2_MAX_SNAPSHOTS) {
        return -EFBIG;
    }
    if (h->l1_entries < l1_needed(h->cluster_bits, h->size >> SECTOR_BITS) ||
        h->reftable_clusters == 0) {
        return -EINVAL;
    }
    if (h->backing_offset != 0 &&
        (h->backing_len > QCOW2_MAX_BACKING_NAME ||
         h->backing_offset < sizeof(*h) ||
         h->backing_offset > (1U << h->cluster_bits) - h->backing_len)) {
        return -EINVAL;
    }
    return 0;
}

static int init_buffers(BDRVQcow2State *s)
{
    int n = QCOW2_CACHE_BYTES >> s->cluster_bits;

    if (n < QCOW2_CACHE_MIN) {
        n = QCOW2_CACHE_MIN;
    }
    if (n > QCOW2_CACHE_MAX) {
        n = QCOW2_CACHE_MAX;
    }
    s->l2_cache.nb_slots = n;
    s->ref_cache.nb_slots = n;
    s->bounce = qemu_malloc(s->cluster_size);
    s->packed = qemu_malloc(2 * (size_t)s->cluster_size);
    s->unpacked = qemu_malloc(s->cluster_size);
    return s->bounce && s->packed && s->unpacked ? 0 : -ENOMEM;
}

/* Places of the tables: aligned, in the file, apart from each other. */
static int check_tables(BDRVQcow2State *s, const QCow2Header *h)
{
    uint64_t l1_size = h->l1_entries * 8ULL;
    uint64_t reftable_size = (uint64_t)h->reftable_clusters << s->cluster_bits;

    if (!is_aligned(s, h->l1_offset) || !in_file(s, h->l1_offset, l1_size) ||
        !is_aligned(s, h->reftable_offset) ||
        !in_file(s, h->reftable_offset, reftable_size)) {
        return -EINVAL;
    }
    if (overlaps(0, s->cluster_size, h->l1_offset, l1_size) ||
        overlaps(0, s->cluster_size, h->reftable_offset, reftable_size) ||
        overlaps(h->l1_offset, l1_size, h->reftable_offset, reftable_size)) {
        return -EINVAL;
    }
    return 0;
}

static int load_tables(BDRVQcow2State *s, const QCow2Header *h)
{
    int ret = check_tables(s, h);

    if (ret < 0) {
        return ret;
    }
    s->l1_entries = h->l1_entries;
    s->l1_offset = h->l1_offset;
    ret = read_table(s, &s->l1, s->l1_entries, s->l1_entries, s->l1_offset);
    if (ret < 0) {
        return ret;
    }
    s->reftable_entries = h->reftable_clusters << (s->cluster_bits - 3);
    s->reftable_offset = h->reftable_offset;
    ret = read_table(s, &s->reftable, s->reftable_entries,
                     s->reftable_entries, s->reftable_offset);
    if (ret < 0) {
        return ret;
    }
    /* so that a search for a free cluster ends within the file's length */
    return check_distinct(s->reftable, s->reftable_entries);
}

/* Length of the snapshot table: the sum over its entries, with padding. */
static int snapshot_table_size(BDRVQcow2State *s, const QCow2Header *h,
                               uint64_t *size)
{
    QCow2SnapshotHeader entry;
    uint64_t len;
    uint32_t i;
    int ret;

    *size = 0;
    for (i = 0; i < h->nb_snapshots; i++) {
        if (!in_file(s, h->snapshots_offset, *size + sizeof(entry))) {
            return -EINVAL;
        }
        ret = pread_full(s->fd, &entry, sizeof(entry),
                         h->snapshots_offset + *size);
        if (ret < 0) {
            return ret;
        }
        len = sizeof(entry) + (uint64_t)be32toh(entry.extra_len) +
              be16toh(entry.id_len) + be16toh(entry.name_len);
        if (len > QCOW2_MAX_SNAPSHOT_BYTES - *size) {
            return -EFBIG;
        }
        if (!in_file(s, h->snapshots_offset, *size + len)) {
            return -EINVAL;
        }
        *size = (*size + len + 7) & ~7ULL;
    }
    return 0;
}

static int load_snapshots(BDRVQcow2State *s, const QCow2Header *h)
{
    QCow2Snapshot sn;
    uint64_t size;
    size_t at = 0;
    uint32_t i;
    int ret;

    if (h->nb_snapshots == 0) {
        return 0;
    }
    if (!is_aligned(s, h->snapshots_offset)) {
        return -EINVAL;
    }
    ret = snapshot_table_size(s, h, &size);
    if (ret < 0) {
        return ret;
    }
    if (is_metadata(s, h->snapshots_offset, size)) {
        return -EINVAL;
    }
    s->snapshots = qemu_malloc(size);
    if (!s->snapshots) {
        return -ENOMEM;
    }
    /* the padding of the last entry need not be in the file */
    ret = pread_zero(s->fd, s->snapshots, size, h->snapshots_offset);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < h->nb_snapshots; i++, at += sn.size) {
        ret = parse_snapshot(s->snapshots, size, at, &sn);
        if (ret < 0) {
            return ret;
        }
    }
    s->snapshots_size = size;
    s->snapshots_offset = h->snapshots_offset;
    s->nb_snapshots = h->nb_snapshots;
    return 0;
}

/* The backing file's format, if one of the extensions behind the header tells
   it.  Unknown extensions are skipped. */
static int read_extensions(BlockDriverState *bs, const uint8_t *cluster,
                           size_t end)
{
    size_t at = sizeof(QCow2Header);
    uint32_t ext[2];
    char name[16];

    while (end - at >= sizeof(ext)) {
        memcpy(ext, cluster + at, sizeof(ext));
        ext[0] = be32toh(ext[0]);
        ext[1] = be32toh(ext[1]);
        at += sizeof(ext);
        if (ext[0] == QCOW2_EXT_END) {
            break;
        }
        if (ext[1] > end - at) {
            return -EINVAL;
        }
        if (ext[0] == QCOW2_EXT_BACKING_FORMAT && !bs->backing_drv) {
            copy_text(name, sizeof(name), (const char *)cluster + at, ext[1]);
            bs->backing_drv = bdrv_find_format(name);
            if (!bs->backing_drv) {
                return -ENOTSUP;
            }
        }
        at += ext[1];
        at += -at & 7;
        if (at > end) {
            break;
        }
    }
    return 0;
}

/* Takes the backing file's name and format from the first cluster. */
static int read_backing(BlockDriverState *bs, const QCow2Header *h)
{
    BDRVQcow2State *s = bs->opaque;
    const char *name = (const char *)s->bounce + h->backing_offset;
    int ret;

    if (h->backing_offset == 0 || h->backing_len == 0) {
        return 0;
    }
    ret = pread_zero(s->fd, s->bounce, s->cluster_size, 0);
    if (ret < 0) {
        return ret;
    }
    if (memchr(name, '\0', h->backing_len)) {
        return -EINVAL;
    }
    ret = read_extensions(bs, s->bounce, h->backing_offset);
    if (ret < 0) {
        return ret;
    }
    copy_text(bs->backing_file, sizeof(bs->backing_file), name,
              h->backing_len);
    return 0;
}

static void free_state(BDRVQcow2State *s)
{
    block_aes_free(s->aes);
    cache_free(&s->l2_cache);
    cache_free(&s->ref_cache);
    qemu_free(s->unpacked);
    qemu_free(s->packed);
    qemu_free(s->bounce);
    qemu_free(s->snapshots);
    qemu_free(s->reftable);
    qemu_free(s->l1);
    close(s->fd);
}

static int qcow2_open(BlockDriverState *bs, const char *filename)
{
    BDRVQcow2State *s = bs->opaque;
    int fd, ret;
    QCow2Header header;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }
    s->fd = fd;
    ret = pread_full(fd, &header, sizeof(header), 0);
    if (ret < 0) {
        ret = ret == -EIO ? -EINVAL : ret;
        goto fail;
    }
    header_to_host(&header);
    ret = check_header(&header);
    if (ret < 0) {
        goto fail;
    }
    s->cluster_bits = header.cluster_bits;
    s->cluster_size = 1U << s->cluster_bits;
    s->cluster_sectors = s->cluster_size >> SECTOR_BITS;
    s->l2_bits = s->cluster_bits - 3;
    s->ref_bits = s->cluster_bits - 1;
    s->crypt_method = header.crypt_method;
    ret = init_buffers(s);
    if (ret < 0) {
        goto fail;
    }
    ret = load_tables(s, &header);
    if (ret < 0) {
        goto fail;
    }
    ret = load_snapshots(s, &header);
    if (ret < 0) {
        goto fail;
    }
    ret = read_backing(bs, &header);
    if (ret < 0) {
        goto fail;
    }
    bs->encrypted = s->crypt_method != QCOW2_CRYPT_NONE;
    bs->total_sectors = header.size >> SECTOR_BITS;
    return 0;

fail:
    free_state(s);
    return ret;
}

static void qcow2_close(BlockDriverState *bs)
{
    free_state(bs->opaque);
}

/* creating */

/* Where a new image has what, in clusters: header, reference count table,
   its blocks, L1 table. */
typedef struct QCow2Plan {
    uint64_t l1_entries;
    uint64_t table;
    uint64_t blocks;
    uint64_t l1;
    uint64_t total;
} QCow2Plan;

static int plan_image(QCow2Plan *plan, int64_t total_sectors)
{
    int bits = QCOW2_CREATE_CLUSTER_BITS;
    uint64_t per_table = 1ULL << (bits - 3), per_block = 1ULL << (bits - 1);
    uint64_t blocks;

    plan->l1_entries = l1_needed(bits, total_sectors);
    if (plan->l1_entries == 0) {
        plan->l1_entries = 1;
    }
    if (plan->l1_entries > QCOW2_MAX_L1_ENTRIES) {
        return -EFBIG;
    }
    plan->l1 = (plan->l1_entries + per_table - 1) / per_table;
    plan->table = 1;
    plan->blocks = 1;
    for (;;) {
        plan->total = 1 + plan->table + plan->blocks + plan->l1;
        blocks = (plan->total + per_block - 1) / per_block;
        if (blocks > plan->blocks) {
            plan->blocks = blocks;
        } else if (plan->blocks > plan->table * per_table) {
            plan->table++;
        } else {
            return 0;
        }
    }
}

/* Writes the reference count table and its blocks. */
static int create_refcounts(int fd, const QCow2Plan *plan)
{
    uint32_t size = 1U << QCOW2_CREATE_CLUSTER_BITS;
    uint64_t i, first = 1 + plan->table;
    uint64_t *table = qemu_mallocz(plan->table * size);
    uint16_t *counts = qemu_mallocz(plan->blocks * size);
    int ret = -ENOMEM;

    if (table && counts) {
        for (i = 0; i < plan->blocks; i++) {
            table[i] = htobe64((first + i) * size);
        }
        for (i = 0; i < plan->total; i++) {
            counts[i] = htobe16(1);
        }
        ret = pwrite_full(fd, table, plan->table * size, size);
        if (ret == 0) {
            ret = pwrite_full(fd, counts, plan->blocks * size, first * size);
        }
    }
    qemu_free(counts);
    qemu_free(table);
    return ret;
}

static int create_header(int fd, const QCow2Plan *plan, int64_t total_sectors,
                         const char *backing_file, int flags)
{
    uint32_t size = 1U << QCOW2_CREATE_CLUSTER_BITS;
    size_t name_len = backing_file ? strlen(backing_file) : 0;
    QCow2Header h = {
        .magic = htobe32(QCOW2_MAGIC),
        .version = htobe32(QCOW2_VERSION),
        .backing_offset = htobe64(name_len ? sizeof(h) : 0),
        .backing_len = htobe32(name_len),
        .cluster_bits = htobe32(QCOW2_CREATE_CLUSTER_BITS),
        .size = htobe64(total_sectors << SECTOR_BITS),
        .crypt_method = htobe32(flags & BLOCK_FLAG_ENCRYPT ?
                                QCOW2_CRYPT_AES : QCOW2_CRYPT_NONE),
        .l1_entries = htobe32(plan->l1_entries),
        .l1_offset = htobe64((plan->total - plan->l1) * size),
        .reftable_offset = htobe64(size),
        .reftable_clusters = htobe32(plan->table),
    };
    int ret = pwrite_full(fd, &h, sizeof(h), 0);

    if (ret == 0 && name_len) {
        ret = pwrite_full(fd, backing_file, name_len, sizeof(h));
    }
    return ret;
}

static int qcow2_create(const char *filename, int64_t total_sectors,
                        const char *backing_file, int flags)
{
    uint32_t size = 1U << QCOW2_CREATE_CLUSTER_BITS;
    size_t name_len = backing_file ? strlen(backing_file) : 0;
    QCow2Plan plan;
    int fd, ret;

    if (flags & ~BLOCK_FLAG_ENCRYPT) {
        return -ENOTSUP;
    }
    if (name_len > QCOW2_MAX_BACKING_NAME ||
        name_len > size - sizeof(QCow2Header)) {
        return -ENAMETOOLONG;
    }
    ret = plan_image(&plan, total_sectors);
    if (ret < 0) {
        return ret;
    }
    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    /* the L1 table is zeros; the header comes last, so that a file that is
       cut short is no image */
    if (ftruncate(fd, plan.total * size) < 0) {
        ret = -errno;
    }
    if (ret == 0) {
        ret = create_refcounts(fd, &plan);
    }
    if (ret == 0) {
        ret = create_header(fd, &plan, total_sectors, backing_file, flags);
    }
    close(fd);
    return ret;
}

BlockDriver bdrv_qcow2 = {
    .format_name = "qcow2",
    .instance_size = sizeof(BDRVQcow2State),
    .bdrv_probe = qcow2_probe,
    .bdrv_open = qcow2_open,
    .bdrv_read = qcow2_read,
    .bdrv_write = qcow2_write,
    .bdrv_close = qcow2_close,
    .bdrv_create = qcow2_create,
    .bdrv_flush = qcow2_flush,
    .bdrv_is_allocated = qcow2_is_allocated,
    .bdrv_set_key = qcow2_set_key,
    .bdrv_make_empty = qcow2_make_empty,
    .bdrv_truncate = qcow2_truncate,
    .bdrv_write_compressed = qcow2_write_compressed,
    .bdrv_snapshot_create = qcow2_snapshot_create,
    .bdrv_snapshot_goto = qcow2_snapshot_goto,
    .bdrv_snapshot_delete = qcow2_snapshot_delete,
    .bdrv_snapshot_list = qcow2_snapshot_list,
    .bdrv_get_info = qcow2_get_info,
};
