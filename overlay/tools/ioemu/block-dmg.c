/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: Apple's disk images (UDIF), big endian.
 *
 * A trailer at the end of the file ("koly") tells where the data lies and
 * where the tables are: base64 in a property list, or else in a resource
 * fork.  A table ("mish") is a list of chunks: zeros, plain sectors, or
 * sectors compressed with zlib or bzip2.  Sectors in no chunk are zero.  The
 * format cannot be written.
 */
#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

#include "vl.h"
#include "block_int.h"

#define DMG_TRAILER_SIZE 512
#define DMG_TRAILER_VERSION 4
#define DMG_ENCRYPTED_MAGIC "encrcdsa"
#define DMG_TABLE_HEADER_SIZE 204
#define DMG_TABLE_ENTRY_SIZE 40
#define DMG_RESOURCE_MAP_HEADER 28
#define DMG_RESOURCE_TYPE_SIZE 8
#define DMG_RESOURCE_REF_SIZE 12
/* limits: 16 MiB of tables in either form, a million entries in them, and
   64 MiB for a compressed chunk, before and after decoding */
#define DMG_MAX_TABLES (16 << 20)
#define DMG_MAX_ENTRIES (1 << 20)
#define DMG_MAX_CHUNK (64 << 20)

/* the types of chunks; others (ADC, LZFSE, LZMA) are not supported */
enum {
    DMG_ZERO = 0,
    DMG_RAW = 1,
    DMG_IGNORE = 2,
    DMG_COMMENT = 0x7ffffffe,
};
#define DMG_ZLIB UINT32_C(0x80000005)
#define DMG_BZIP2 UINT32_C(0x80000006)
#define DMG_END UINT32_C(0xffffffff)

/* a part of the file, in bytes */
struct dmg_range {
    uint64_t offset;
    uint64_t length;
};

/* a trailer, decoded and checked: each range lies before it in the file */
struct dmg_trailer {
    struct dmg_range data;
    struct dmg_range resources;
    struct dmg_range plist;
    uint64_t sectors;
};

struct dmg_chunk {
    uint32_t type;
    uint64_t first;   /* sector */
    uint64_t sectors; /* at least 1 */
    struct dmg_range in_file;
};

typedef struct BDRVDMGState {
    int fd;
    struct dmg_chunk *chunks; /* ascending, apart */
    size_t n_chunks;
    size_t room;        /* chunks allocated */
    size_t n_entries;   /* table entries seen, in the list or not */
    size_t max_encoded; /* bytes of the longest compressed chunk */
    size_t max_decoded;
    uint8_t *encoded;
    uint8_t *decoded;
    const struct dmg_chunk *loaded; /* whose sectors `decoded` holds */
} BDRVDMGState;

static int dmg_get_trailer(uint8_t *raw, int fd, int64_t *length)
{
    *length = file_length(fd);
    if (*length < 0) {
        return *length;
    }
    if (*length < DMG_TRAILER_SIZE) {
        return -EINVAL;
    }
    *length -= DMG_TRAILER_SIZE;
    return pread_full(fd, raw, DMG_TRAILER_SIZE, *length);
}

/* There is no magic at the start.  The trailer alone would let a guest choose
   the format of its raw disk by writing one, the name alone proves little. */
static int dmg_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    uint8_t raw[DMG_TRAILER_SIZE];
    size_t len = strlen(filename);
    int64_t length;
    int fd, score = 0;

    (void)buf;
    (void)buf_size;
    if (len < 4 || strcasecmp(filename + len - 4, ".dmg")) {
        return 0;
    }
    fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE | O_NONBLOCK);
    if (fd < 0) {
        return 0;
    }
    if (dmg_get_trailer(raw, fd, &length) == 0 && !memcmp(raw, "koly", 4)) {
        score = 100;
    }
    close(fd);
    return score;
}

static int dmg_get_range(struct dmg_range *range, const uint8_t *raw,
                         uint64_t length)
{
    range->offset = get_be64(raw);
    range->length = get_be64(raw + 8);
    return range->offset <= length && range->length <= length - range->offset
           ? 0 : -EINVAL;
}

static int dmg_read_trailer(struct dmg_trailer *t, int fd)
{
    uint8_t raw[DMG_TRAILER_SIZE];
    uint8_t start[sizeof(DMG_ENCRYPTED_MAGIC) - 1];
    int64_t length;
    int ret = dmg_get_trailer(raw, fd, &length);

    if (ret < 0) {
        return ret;
    }
    ret = pread_full(fd, start, sizeof(start), 0);
    if (ret < 0) {
        return ret;
    }
    if (!memcmp(start, DMG_ENCRYPTED_MAGIC, sizeof(start))) {
        return -ENOTSUP;
    }
    if (memcmp(raw, "koly", 4) || get_be32(raw + 4) != DMG_TRAILER_VERSION ||
        get_be32(raw + 8) != DMG_TRAILER_SIZE ||
        dmg_get_range(&t->data, raw + 24, length) < 0 ||
        dmg_get_range(&t->resources, raw + 40, length) < 0 ||
        dmg_get_range(&t->plist, raw + 216, length) < 0 ||
        t->resources.length > DMG_MAX_TABLES ||
        t->plist.length > DMG_MAX_TABLES) {
        return -EINVAL;
    }
    /* one file of several */
    if (get_be32(raw + 56) > 1 || get_be32(raw + 60) > 1) {
        return -ENOTSUP;
    }
    t->sectors = get_be64(raw + 492);
    if (t->sectors == 0 || t->sectors > INT64_MAX >> SECTOR_BITS) {
        return -EINVAL;
    }
    return 0;
}

/* Checks one chunk and adds it to the list. */
static int dmg_add_chunk(BDRVDMGState *s, const struct dmg_chunk *c)
{
    struct dmg_chunk *chunks;
    size_t room;

    switch (c->type) {
    case DMG_ZERO:
    case DMG_IGNORE:
        break;
    case DMG_RAW:
        if (c->in_file.length % SECTOR_SIZE != 0 ||
            c->in_file.length / SECTOR_SIZE != c->sectors) {
            return -EINVAL;
        }
        break;
    case DMG_ZLIB:
    case DMG_BZIP2:
        if (c->sectors > DMG_MAX_CHUNK / SECTOR_SIZE ||
            c->in_file.length > DMG_MAX_CHUNK) {
            return -EINVAL;
        }
        if (c->in_file.length > s->max_encoded) {
            s->max_encoded = c->in_file.length;
        }
        if (c->sectors * SECTOR_SIZE > s->max_decoded) {
            s->max_decoded = c->sectors * SECTOR_SIZE;
        }
        break;
    default:
        return -ENOTSUP;
    }
    if (s->n_chunks == s->room) {
        room = s->room ? 2 * s->room : 256;
        chunks = realloc(s->chunks, room * sizeof(*chunks));
        if (!chunks) {
            return -ENOMEM;
        }
        s->chunks = chunks;
        s->room = room;
    }
    s->chunks[s->n_chunks++] = *c;
    return 0;
}

/* Where a chunk of a table with its data at `base` lies in the file. */
static int dmg_place_chunk(struct dmg_chunk *c, const uint8_t *entry,
                           uint64_t base, const struct dmg_trailer *t)
{
    uint64_t offset = get_be64(entry + 24);
    uint64_t length = get_be64(entry + 32);

    c->in_file.offset = 0;
    c->in_file.length = 0;
    if (c->type == DMG_ZERO || c->type == DMG_IGNORE) {
        return 0;
    }
    if (base > t->data.length || offset > t->data.length - base ||
        length > t->data.length - base - offset) {
        return -EINVAL;
    }
    c->in_file.offset = t->data.offset + base + offset;
    c->in_file.length = length;
    return 0;
}

static int dmg_add_table(BDRVDMGState *s, const uint8_t *table, size_t size,
                         const struct dmg_trailer *t)
{
    struct dmg_chunk c;
    const uint8_t *entry;
    uint64_t first, relative;
    uint32_t i, count;
    int ret;

    if (size < DMG_TABLE_HEADER_SIZE || memcmp(table, "mish", 4)) {
        return -EINVAL;
    }
    first = get_be64(table + 8);
    count = get_be32(table + 200);
    if (count > (size - DMG_TABLE_HEADER_SIZE) / DMG_TABLE_ENTRY_SIZE ||
        count > DMG_MAX_ENTRIES - s->n_entries || first > t->sectors) {
        return -EINVAL;
    }
    s->n_entries += count;
    for (i = 0; i < count; i++) {
        entry = table + DMG_TABLE_HEADER_SIZE +
                (size_t)i * DMG_TABLE_ENTRY_SIZE;
        c.type = get_be32(entry);
        relative = get_be64(entry + 8);
        c.sectors = get_be64(entry + 16);
        if (c.type == DMG_END) {
            break;
        }
        if (c.type == DMG_COMMENT || c.sectors == 0) {
            continue;
        }
        if (relative > t->sectors - first ||
            c.sectors > t->sectors - first - relative) {
            return -EINVAL;
        }
        c.first = first + relative;
        ret = dmg_place_chunk(&c, entry, get_be64(table + 24), t);
        if (ret == 0) {
            ret = dmg_add_chunk(s, &c);
        }
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* Tables in a resource fork */

/* Adds the resource at `offset` of the fork's data area. */
static int dmg_add_resource(BDRVDMGState *s, const uint8_t *data,
                            uint32_t data_size, uint32_t offset,
                            const struct dmg_trailer *t)
{
    uint32_t size;

    if (data_size < 4 || offset > data_size - 4) {
        return -EINVAL;
    }
    size = get_be32(data + offset);
    if (size > data_size - 4 - offset) {
        return -EINVAL;
    }
    return dmg_add_table(s, data + offset + 4, size, t);
}

/* The list of references to resources of type blkx in a fork's map: *count
   of them, 0 if there are none. */
static int dmg_find_references(const uint8_t *map, uint32_t map_size,
                               const uint8_t **refs, uint32_t *count)
{
    uint32_t types, n_types, offset, i;
    const uint8_t *type;

    *count = 0;
    if (map_size < DMG_RESOURCE_MAP_HEADER) {
        return -EINVAL;
    }
    types = get_be16(map + 24);
    if (types > map_size - 2) {
        return -EINVAL;
    }
    n_types = (get_be16(map + types) + 1) & 0xffff;
    if (n_types > (map_size - types - 2) / DMG_RESOURCE_TYPE_SIZE) {
        return -EINVAL;
    }
    for (i = 0; i < n_types; i++) {
        type = map + types + 2 + i * DMG_RESOURCE_TYPE_SIZE;
        if (memcmp(type, "blkx", 4)) {
            continue;
        }
        offset = types + get_be16(type + 6);
        *count = get_be16(type + 4) + 1;
        if (offset > map_size ||
            *count > (map_size - offset) / DMG_RESOURCE_REF_SIZE) {
            return -EINVAL;
        }
        *refs = map + offset;
        return 0;
    }
    return 0;
}

static int dmg_parse_resources(BDRVDMGState *s, uint8_t *fork,
                               const struct dmg_trailer *t)
{
    uint64_t length = t->resources.length;
    uint32_t data, map, data_size, map_size, count, i;
    const uint8_t *refs;
    int ret;

    if (length < 16) {
        return -EINVAL;
    }
    data = get_be32(fork);
    map = get_be32(fork + 4);
    data_size = get_be32(fork + 8);
    map_size = get_be32(fork + 12);
    if (data > length || data_size > length - data ||
        map > length || map_size > length - map) {
        return -EINVAL;
    }
    ret = dmg_find_references(fork + map, map_size, &refs, &count);
    for (i = 0; ret == 0 && i < count; i++) {
        /* 24 bits behind the attributes */
        ret = dmg_add_resource(s, fork + data, data_size,
                               get_be32(refs + i * DMG_RESOURCE_REF_SIZE + 4)
                               & 0xffffff, t);
    }
    return ret;
}

/* Tables in a property list */

struct dmg_xml {
    char *p;   /* what is still to be read */
    char *end;
    const char *name; /* of the last tag, name_len bytes */
    size_t name_len;
    int closing; /* it was </name> */
    int empty;   /* it was <name/> */
};

/* where the tables are: containers from the outside to the inside, and the
   key that leads on, in those that have keys */
static const struct {
    const char *container;
    const char *key;
} dmg_path[] = {
    { "plist", NULL },
    { "dict", "resource-fork" },
    { "dict", "blkx" },
    { "array", NULL },
    { "dict", "Data" },
};
#define DMG_PATH_LEN (sizeof(dmg_path) / sizeof(dmg_path[0]))

static int dmg_text_is(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && !memcmp(text, word, len);
}

/* Goes behind the next `word`: 1, or 0 if there is none. */
static int dmg_skip_to(struct dmg_xml *x, const char *word)
{
    size_t len = strlen(word);
    char *at = memmem(x->p, x->end - x->p, word, len);

    if (at) {
        x->p = at + len;
    }
    return at != NULL;
}

/* Goes behind the next tag, comments and instructions aside: 1, 0 at the end
   of the text, or -EINVAL. */
static int dmg_next_tag(struct dmg_xml *x)
{
    char *close_at;

    while (dmg_skip_to(x, "<")) {
        if (x->end - x->p >= 3 && !memcmp(x->p, "!--", 3)) {
            x->p += 3;
            if (!dmg_skip_to(x, "-->")) {
                return -EINVAL;
            }
            continue;
        }
        x->closing = x->p < x->end && *x->p == '/';
        x->name = x->p + x->closing;
        if (!dmg_skip_to(x, ">")) {
            return -EINVAL;
        }
        close_at = x->p - 1;
        if (x->name[0] == '?' || x->name[0] == '!') {
            continue;
        }
        x->empty = close_at > x->name && close_at[-1] == '/';
        x->name_len = 0;
        while (x->name + x->name_len < close_at - x->empty &&
               !strchr(" \t\r\n", x->name[x->name_len])) {
            x->name_len++;
        }
        return 1;
    }
    return 0;
}

/* The text up to the next tag. */
static size_t dmg_text_len(const struct dmg_xml *x)
{
    char *next = memchr(x->p, '<', x->end - x->p);

    return (next ? next : x->end) - x->p;
}

static int dmg_base64_value(unsigned char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Decodes in place; returns the number of bytes, or -EINVAL. */
static ssize_t dmg_decode_base64(char *text, size_t len)
{
    size_t i, n = 0;
    uint32_t bits = 0;
    int value, n_bits = 0;

    for (i = 0; i < len && text[i] != '='; i++) {
        if (text[i] && strchr(" \t\r\n", text[i])) {
            continue;
        }
        value = dmg_base64_value(text[i]);
        if (value < 0) {
            return -EINVAL;
        }
        bits = (bits << 6 | value) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            text[n++] = (char)(bits >> n_bits);
        }
    }
    return n;
}

static int dmg_is_container(const struct dmg_xml *x)
{
    return dmg_text_is(x->name, x->name_len, "plist") ||
           dmg_text_is(x->name, x->name_len, "dict") ||
           dmg_text_is(x->name, x->name_len, "array");
}

static int dmg_add_base64(BDRVDMGState *s, struct dmg_xml *x,
                          const struct dmg_trailer *t)
{
    char *text = x->p;
    size_t len = dmg_text_len(x);
    ssize_t size;

    x->p += len;
    size = dmg_decode_base64(text, len);
    return size < 0 ? (int)size
                    : dmg_add_table(s, (const uint8_t *)text, size, t);
}

static int dmg_parse_plist(BDRVDMGState *s, uint8_t *plist,
                           const struct dmg_trailer *t)
{
    struct dmg_xml x = { .p = (char *)plist,
                         .end = (char *)plist + t->plist.length };
    size_t depth = 0;   /* containers around this place */
    size_t matched = 0; /* how many of them, from the outside, are the path's */
    int here = 1;       /* the next value is on the path */
    int ret;

    while ((ret = dmg_next_tag(&x)) > 0) {
        if (dmg_is_container(&x) && !x.empty) {
            if (x.closing && depth == 0) {
                return -EINVAL;
            }
            if (!x.closing && here && depth < DMG_PATH_LEN &&
                dmg_text_is(x.name, x.name_len, dmg_path[depth].container)) {
                matched++;
            }
            depth += x.closing ? -1 : 1;
            if (matched > depth) {
                matched = depth;
            }
            here = matched == depth && (depth == 0 || !dmg_path[depth - 1].key);
        } else if (dmg_text_is(x.name, x.name_len, "key") && !x.closing) {
            here = matched == depth && depth > 0 && dmg_path[depth - 1].key &&
                   dmg_text_is(x.p, dmg_text_len(&x), dmg_path[depth - 1].key);
        } else if (dmg_text_is(x.name, x.name_len, "data") && here &&
                   !x.closing && !x.empty && depth == DMG_PATH_LEN) {
            ret = dmg_add_base64(s, &x, t);
            if (ret < 0) {
                return ret;
            }
        }
    }
    return ret;
}

/* Reads `range` of the file and lets `parse` find the tables in it. */
static int dmg_read_tables(BDRVDMGState *s, int fd,
                           const struct dmg_range *range,
                           int (*parse)(BDRVDMGState *s, uint8_t *buf,
                                        const struct dmg_trailer *t),
                           const struct dmg_trailer *t)
{
    uint8_t *buf;
    int ret;

    if (range->length == 0 || s->n_entries > 0) {
        return 0;
    }
    buf = qemu_malloc(range->length);
    if (!buf) {
        return -ENOMEM;
    }
    ret = pread_full(fd, buf, range->length, range->offset);
    if (ret == 0) {
        ret = parse(s, buf, t);
    }
    qemu_free(buf);
    return ret;
}

static int dmg_compare_chunks(const void *a, const void *b)
{
    uint64_t first_a = ((const struct dmg_chunk *)a)->first;
    uint64_t first_b = ((const struct dmg_chunk *)b)->first;

    return (first_a > first_b) - (first_a < first_b);
}

/* Chunks ascend within a table, but tables may come in any order. */
static int dmg_sort_chunks(BDRVDMGState *s)
{
    size_t i;

    if (s->n_chunks == 0) {
        return -EINVAL;
    }
    qsort(s->chunks, s->n_chunks, sizeof(*s->chunks), dmg_compare_chunks);
    for (i = 1; i < s->n_chunks; i++) {
        if (s->chunks[i].first - s->chunks[i - 1].first <
            s->chunks[i - 1].sectors) {
            return -EINVAL;
        }
    }
    return 0;
}

static void dmg_free(BDRVDMGState *s)
{
    free(s->chunks);
    qemu_free(s->encoded);
    qemu_free(s->decoded);
}

static int dmg_open(BlockDriverState *bs, const char *filename)
{
    BDRVDMGState *s = bs->opaque;
    struct dmg_trailer t;
    int fd, ret;

    fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
    if (fd < 0)
        return -errno;

    bs->read_only = 1;

    ret = dmg_read_trailer(&t, fd);
    if (ret < 0) {
        goto fail;
    }
    ret = dmg_read_tables(s, fd, &t.plist, dmg_parse_plist, &t);
    if (ret < 0) {
        goto fail;
    }
    ret = dmg_read_tables(s, fd, &t.resources, dmg_parse_resources, &t);
    if (ret < 0) {
        goto fail;
    }
    ret = dmg_sort_chunks(s);
    if (ret < 0) {
        goto fail;
    }
    s->encoded = qemu_malloc(s->max_encoded + 1);
    s->decoded = qemu_malloc(s->max_decoded + 1);
    if (!s->encoded || !s->decoded) {
        ret = -ENOMEM;
        goto fail;
    }
    s->fd = fd;
    bs->total_sectors = t.sectors;
    return 0;

fail:
    dmg_free(s);
    close(fd);
    return ret;
}

/* The number of chunks that begin at or before `sector`. */
static size_t dmg_count_before(const BDRVDMGState *s, uint64_t sector)
{
    size_t low = 0, high = s->n_chunks, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        if (s->chunks[middle].first <= sector) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Decodes a compressed chunk.  A damaged one is an error each time it is
   read: the old content is given up before decoding. */
static int dmg_load_chunk(BDRVDMGState *s, const struct dmg_chunk *c)
{
    size_t wanted = c->sectors * SECTOR_SIZE;
    uLongf zlib_len = wanted;
    unsigned int bzip2_len = wanted;
    int ret;

    if (s->loaded == c) {
        return 0;
    }
    s->loaded = NULL;
    ret = pread_full(s->fd, s->encoded, c->in_file.length, c->in_file.offset);
    if (ret < 0) {
        return ret;
    }
    if (c->type == DMG_ZLIB) {
        if (uncompress(s->decoded, &zlib_len, s->encoded,
                       c->in_file.length) != Z_OK || zlib_len != wanted) {
            return -EIO;
        }
    } else if (BZ2_bzBuffToBuffDecompress((char *)s->decoded, &bzip2_len,
                                          (char *)s->encoded,
                                          c->in_file.length, 0, 0) != BZ_OK ||
               bzip2_len != wanted) {
        return -EIO;
    }
    s->loaded = c;
    return 0;
}

/* Reads `n` sectors of a chunk, from its sector `index` on. */
static int dmg_read_chunk(BDRVDMGState *s, const struct dmg_chunk *c,
                          uint64_t index, uint8_t *buf, int n)
{
    size_t bytes = (size_t)n * SECTOR_SIZE;
    int ret;

    switch (c->type) {
    case DMG_RAW:
        return pread_full(s->fd, buf, bytes,
                          c->in_file.offset + index * SECTOR_SIZE);
    case DMG_ZLIB:
    case DMG_BZIP2:
        ret = dmg_load_chunk(s, c);
        if (ret == 0) {
            memcpy(buf, s->decoded + index * SECTOR_SIZE, bytes);
        }
        return ret;
    default:
        memset(buf, 0, bytes);
        return 0;
    }
}

static int dmg_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVDMGState *s = bs->opaque;
    uint64_t sector = sector_num, left;
    const struct dmg_chunk *c;
    size_t next;
    int ret = 0, n;

    while (ret == 0 && nb_sectors > 0) {
        next = dmg_count_before(s, sector);
        c = next > 0 ? &s->chunks[next - 1] : NULL;
        n = nb_sectors;
        if (c && sector - c->first < c->sectors) {
            left = c->sectors - (sector - c->first);
            n = left < (uint64_t)n ? (int)left : n;
            ret = dmg_read_chunk(s, c, sector - c->first, buf, n);
        } else {
            left = next < s->n_chunks ? s->chunks[next].first - sector
                                      : UINT64_MAX;
            n = left < (uint64_t)n ? (int)left : n;
            memset(buf, 0, (size_t)n * SECTOR_SIZE);
        }
        sector += n;
        buf += (size_t)n * SECTOR_SIZE;
        nb_sectors -= n;
    }
    return ret;
}

static void dmg_close(BlockDriverState *bs)
{
    BDRVDMGState *s = bs->opaque;

    dmg_free(s);
    close(s->fd);
}

BlockDriver bdrv_dmg = {
    .format_name = "dmg",
    .instance_size = sizeof(BDRVDMGState),
    .bdrv_probe = dmg_probe,
    .bdrv_open = dmg_open,
    .bdrv_read = dmg_read,
    .bdrv_close = dmg_close,
};
