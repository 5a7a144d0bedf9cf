/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: VMware's disks.  All integers are little endian, units are sectors.
 *
 * A disk is a sequence of extents.  A text, the descriptor, names them; it is
 * a file of its own or lies in the one extent of a "monolithicSparse" disk.
 * An extent is a plain file (FLAT), nothing (ZERO) or sparse: a directory of
 * tables whose entries say where each grain of the disk lies in the file.
 * Two sparse layouts are known, told apart by their magic: "KDMV" keeps two
 * copies of directory and tables, "COWD" one; version 1 of the latter has
 * tables of 4096 entries, version 3 one table for each 32 MiB.
 *
 * Opening writes nothing.  A write to an absent grain appends the whole grain
 * to the extent (what the request leaves uncovered comes from the parent) and
 * then enters it in the tables, so that a crash loses the write and nothing
 * else.  After a write the descriptor gets a new content id: a child, which
 * holds its parent's, can tell by it that the parent has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define VMDK_MAGIC_KDMV 0x564d444b
#define VMDK_MAGIC_COWD 0x44574f43
#define VMDK_SIGNATURE "# Disk DescriptorFile"
/* parentCID of a disk without a parent */
#define VMDK_NO_PARENT 0xffffffff

/* sectors of a disk: 2 TiB, all that 32-bit sector numbers can reach */
#define VMDK_MAX_SECTORS (INT64_C(1) << 32)
#define VMDK_MAX_EXTENTS 1024
#define VMDK_MAX_GRAIN 16384
#define VMDK_MAX_DESCRIPTOR (256 * 1024)

#define KDMV_HEADER_SIZE 79
#define KDMV_FLAG_NEWLINE (1 << 0)
#define KDMV_FLAG_REDUNDANT (1 << 1)
#define KDMV_FLAG_ZEROED (1 << 2)
#define KDMV_FLAG_COMPRESSED (1 << 16)
#define KDMV_FLAG_MARKERS (1 << 17)
#define KDMV_L2_SIZE 512

#define COWD_HEADER_SIZE 2048
#define COWD_FREE_OFFSET 28
#define COWD_FLAG_ROOT (1 << 0)
#define COWD_V1_L2_SIZE 4096
/* sectors of the disk that one table of version 3 covers */
#define COWD_V3_TABLE_SPAN 65536

/* what vmdk_create writes */
#define CREATE_GRAIN 128
#define CREATE_DESCRIPTOR 20

/* what vmdk_lookup answers besides a sector */
#define GRAIN_ABSENT 0
#define GRAIN_ZERO 1

enum vmdk_kind {
    VMDK_FLAT,
    VMDK_ZERO,
    VMDK_SPARSE,
};

typedef struct VmdkRange {
    uint64_t first;
    uint64_t end;
} VmdkRange;

typedef struct VmdkExtent {
    enum vmdk_kind kind;
    int fd; /* -1: none */
    dev_t dev;
    ino_t ino;
    int64_t first_sector; /* on the disk */
    int64_t nb_sectors;
    int read_error; /* 0, or what a read is answered with */
    int write_error;
    int64_t flat_offset; /* bytes */

    /* sparse only */
    int is_cowd;
    int has_zeroed; /* entry 1 stands for zeros */
    int64_t length; /* of the file, bytes */
    int64_t data_start; /* no grain lies below this sector */
    VmdkRange reserved[4]; /* header, descriptor, directories */
    int nb_reserved;
    int grain; /* sectors */
    int l2_size; /* entries of a table */
    int l2_sectors;
    int l1_size; /* entries of the directory */
    uint64_t l1_sector;
    uint64_t l1_copy_sector;
    uint32_t *l1; /* host order */
    uint32_t *l1_copy; /* NULL: there is none to keep up */
    uint32_t *tables; /* where tables lie, ascending */
    int nb_tables;
} VmdkExtent;

typedef struct VmdkDescriptor {
    char *text; /* NULL: there is none */
    uint32_t cid;
    int cid_digits;
    int64_t cid_offset; /* in the file, bytes */
    uint32_t parent_cid;
    char parent_hint[BDRV_NAME_MAX];
} VmdkDescriptor;

/* an extent line of a descriptor */
typedef struct VmdkLine {
    char access[16];
    char type[16];
    char name[BDRV_NAME_MAX];
    int64_t nb_sectors;
    int64_t offset;
} VmdkLine;

typedef struct BDRVVmdkState {
    int fd;
    VmdkDescriptor desc;
    int parent_checked;
    VmdkExtent *extents;
    int nb_extents;
    uint32_t *l2; /* one table, host order */
    const VmdkExtent *l2_extent; /* whose it is, NULL = no one's */
    int l2_index;
    uint8_t *grain_buf;
} BDRVVmdkState;

static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') {
        p++;
    }
    return p;
}

static int vmdk_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    char text[64];
    int len = buf_size < (int)sizeof(text) - 1 ? buf_size
                                               : (int)sizeof(text) - 1;

    (void)filename;
    if (len < 4) {
        return 0;
    }
    if (get_le32(buf) == VMDK_MAGIC_KDMV || get_le32(buf) == VMDK_MAGIC_COWD) {
        return 100;
    }
    memcpy(text, buf, len);
    text[len] = '\0';
    return strstart(skip_space(text), VMDK_SIGNATURE, NULL) ? 100 : 0;
}

/*
 * The descriptor
 */

/* The next line of the text without the space around it; NULL at its end. */
static const char *vmdk_next_line(const char **text, size_t *len)
{
    const char *line = *text;
    size_t n;

    if (*line == '\0') {
        return NULL;
    }
    n = strcspn(line, "\n");
    *text = line + n + (line[n] == '\n');
    while (n > 0 && strchr(" \t\r", line[0])) {
        line++;
        n--;
    }
    while (n > 0 && strchr(" \t\r", line[n - 1])) {
        n--;
    }
    *len = n;
    return line;
}

/* The value of a line `key = value`, without quotes; NULL: another key. */
static const char *vmdk_value(const char *line, size_t len, const char *key,
                              size_t *value_len)
{
    const char *p, *end = line + len;
    size_t key_len = strlen(key);

    if (len < key_len || memcmp(line, key, key_len) != 0) {
        return NULL;
    }
    p = line + key_len;
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    if (p == end || *p != '=') {
        return NULL;
    }
    p++;
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    if (end - p >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    *value_len = end - p;
    return p;
}

/* 1..8 hexadecimal digits, no more. */
static int vmdk_parse_hex(const char *p, size_t len, uint32_t *value)
{
    size_t i;
    int digit;

    if (len < 1 || len > 8) {
        return -EINVAL;
    }
    *value = 0;
    for (i = 0; i < len; i++) {
        if (p[i] >= '0' && p[i] <= '9') {
            digit = p[i] - '0';
        } else if (p[i] >= 'a' && p[i] <= 'f') {
            digit = p[i] - 'a' + 10;
        } else if (p[i] >= 'A' && p[i] <= 'F') {
            digit = p[i] - 'A' + 10;
        } else {
            return -EINVAL;
        }
        *value = *value << 4 | digit;
    }
    return 0;
}

/* Takes one line that may be one of the keys wanted. */
static int vmdk_parse_key(VmdkDescriptor *d, const char *line, size_t len,
                          int64_t text_offset)
{
    const char *value;
    size_t value_len;

    value = vmdk_value(line, len, "version", &value_len);
    if (value) {
        return value_len == 1 && *value >= '1' && *value <= '3' ? 0 : -ENOTSUP;
    }
    value = vmdk_value(line, len, "CID", &value_len);
    if (value) {
        if (d->cid_digits) {
            return -EINVAL;
        }
        d->cid_digits = value_len;
        d->cid_offset = text_offset + (value - d->text);
        return vmdk_parse_hex(value, value_len, &d->cid);
    }
    value = vmdk_value(line, len, "parentCID", &value_len);
    if (value) {
        return vmdk_parse_hex(value, value_len, &d->parent_cid);
    }
    value = vmdk_value(line, len, "parentFileNameHint", &value_len);
    if (value) {
        if (value_len >= sizeof(d->parent_hint)) {
            return -ENAMETOOLONG;
        }
        memcpy(d->parent_hint, value, value_len);
        d->parent_hint[value_len] = '\0';
    }
    return 0;
}

/* Reads the text of `size` bytes at `offset` and takes what is in it.  A text
   that is empty is none. */
static int vmdk_load_descriptor(VmdkDescriptor *d, int fd, int64_t offset,
                                size_t size)
{
    const char *text, *line;
    size_t len;
    int ret;

    d->text = qemu_malloc(size + 1);
    if (!d->text) {
        return -ENOMEM;
    }
    ret = pread_full(fd, d->text, size, offset);
    if (ret < 0) {
        return ret;
    }
    d->text[size] = '\0';
    d->parent_cid = VMDK_NO_PARENT;
    text = skip_space(d->text);
    if (*text == '\0') {
        qemu_free(d->text);
        d->text = NULL;
        return 0;
    }
    if (!strstart(text, VMDK_SIGNATURE, NULL)) {
        return -EINVAL;
    }
    while ((line = vmdk_next_line(&text, &len)) != NULL) {
        ret = vmdk_parse_key(d, line, len, offset);
        if (ret < 0) {
            return ret;
        }
    }
    if (d->cid_digits == 0) {
        return -EINVAL;
    }
    /* without the parent's name its grains would read as zeros */
    if (d->parent_cid != VMDK_NO_PARENT && d->parent_hint[0] == '\0') {
        return -EINVAL;
    }
    return 0;
}

/* Finds the descriptor: embedded, the whole file, or none (*size is 0). */
static int vmdk_find_descriptor(int fd, int64_t *offset, size_t *size)
{
    uint8_t header[KDMV_HEADER_SIZE];
    int64_t length = file_length(fd);
    uint64_t first, count;
    int ret;

    *offset = 0;
    *size = 0;
    if (length < 0) {
        return length;
    }
    ret = pread_zero(fd, header, sizeof(header), 0);
    if (ret < 0) {
        return ret;
    }
    if (get_le32(header) == VMDK_MAGIC_COWD) {
        return 0;
    }
    if (get_le32(header) != VMDK_MAGIC_KDMV) {
        if (length == 0 || length > VMDK_MAX_DESCRIPTOR) {
            return -EINVAL;
        }
        *size = length;
        return 0;
    }
    first = get_le64(header + 28);
    count = get_le64(header + 36);
    if (first == 0 || count == 0) {
        return 0;
    }
    if (count > VMDK_MAX_DESCRIPTOR / SECTOR_SIZE ||
        first > (uint64_t)length >> SECTOR_BITS ||
        count > ((uint64_t)length >> SECTOR_BITS) - first) {
        return -EINVAL;
    }
    *offset = first << SECTOR_BITS;
    *size = count << SECTOR_BITS;
    return 0;
}

/* Copies a word that ends in a space or at `end`; moves *p behind it. */
static int vmdk_word(const char **p, const char *end, char *buf, size_t size)
{
    size_t len = 0;

    while (*p < end && (**p == ' ' || **p == '\t')) {
        (*p)++;
    }
    while (*p < end && **p != ' ' && **p != '\t') {
        if (len + 1 >= size) {
            return -EINVAL;
        }
        buf[len++] = *(*p)++;
    }
    buf[len] = '\0';
    return len > 0 ? 0 : -EINVAL;
}

/* A number of sectors, decimal. */
static int vmdk_number(const char **p, const char *end, int64_t *value)
{
    char word[24];
    char *rest;

    if (vmdk_word(p, end, word, sizeof(word)) < 0 ||
        word[0] < '0' || word[0] > '9') {
        return -EINVAL;
    }
    errno = 0;
    *value = strtoll(word, &rest, 10);
    if (errno || *rest != '\0') {
        return -EINVAL;
    }
    return *value <= VMDK_MAX_SECTORS ? 0 : -EFBIG;
}

/* ACCESS SECTORS TYPE ["name" [offset]] */
static int vmdk_parse_line(VmdkLine *x, const char *p, size_t len)
{
    const char *end = p + len, *quote;
    int ret;

    memset(x, 0, sizeof(*x));
    if (vmdk_word(&p, end, x->access, sizeof(x->access)) < 0) {
        return -EINVAL;
    }
    ret = vmdk_number(&p, end, &x->nb_sectors);
    if (ret < 0) {
        return ret;
    }
    if (vmdk_word(&p, end, x->type, sizeof(x->type)) < 0) {
        return -EINVAL;
    }
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    if (p == end) {
        return 0;
    }
    quote = *p == '"' ? memchr(p + 1, '"', end - p - 1) : NULL;
    if (!quote) {
        return -EINVAL;
    }
    if (quote - p - 1 >= (ptrdiff_t)sizeof(x->name)) {
        return -ENAMETOOLONG;
    }
    memcpy(x->name, p + 1, quote - p - 1);
    p = quote + 1;
    return p < end ? vmdk_number(&p, end, &x->offset) : 0;
}

/* The next extent of the descriptor: 1, 0 if there is none, or -errno. */
static int vmdk_next_extent(const char **text, VmdkLine *x)
{
    static const char *const access[] = { "RW", "RDONLY", "NOACCESS" };
    const char *line;
    size_t len, i, n;
    int ret;

    while ((line = vmdk_next_line(text, &len)) != NULL) {
        for (i = 0; i < sizeof(access) / sizeof(access[0]); i++) {
            n = strlen(access[i]);
            if (len > n && !memcmp(line, access[i], n) &&
                (line[n] == ' ' || line[n] == '\t')) {
                ret = vmdk_parse_line(x, line, len);
                return ret < 0 ? ret : 1;
            }
        }
        /* an extent that is not understood would shift those behind it */
        if (len > 0 && line[0] != '#' && !memchr(line, '=', len)) {
            return -EINVAL;
        }
    }
    return 0;
}

/*
 * Sparse extents: opening
 */

static int vmdk_is_reserved(const VmdkExtent *e, uint64_t first,
                            uint64_t count)
{
    int i;

    for (i = 0; i < e->nb_reserved; i++) {
        if (first < e->reserved[i].end &&
            e->reserved[i].first < first + count) {
            return 1;
        }
    }
    return 0;
}

/* Whether the sectors are in the file and no header, descriptor or directory
   is among them. */
static int vmdk_is_usable(const VmdkExtent *e, uint64_t first, uint64_t count)
{
    uint64_t sectors = e->length >> SECTOR_BITS;

    return count <= sectors && first <= sectors - count &&
           !vmdk_is_reserved(e, first, count);
}

static int vmdk_reserve(VmdkExtent *e, uint64_t first, uint64_t count)
{
    VmdkRange *r = &e->reserved[e->nb_reserved];

    if (!vmdk_is_usable(e, first, count)) {
        return -EINVAL;
    }
    r->first = first;
    r->end = first + count;
    e->nb_reserved++;
    return 0;
}

static uint64_t vmdk_l1_sectors(const VmdkExtent *e)
{
    return ((uint64_t)e->l1_size * 4 + SECTOR_SIZE - 1) / SECTOR_SIZE;
}

/* Reads a directory and checks where its tables are. */
static int vmdk_load_l1(const VmdkExtent *e, uint64_t sector, uint32_t **pl1)
{
    uint32_t *l1 = qemu_malloc((size_t)e->l1_size * 4);
    int i, ret;

    *pl1 = l1;
    if (!l1) {
        return -ENOMEM;
    }
    ret = pread_full(e->fd, l1, (size_t)e->l1_size * 4, sector << SECTOR_BITS);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < e->l1_size; i++) {
        l1[i] = le32toh(l1[i]);
        if (l1[i] != 0 && !vmdk_is_usable(e, l1[i], e->l2_sectors)) {
            return -EINVAL;
        }
    }
    return 0;
}

static int compare_sectors(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Fills e->tables; no two tables may share a sector. */
static int vmdk_sort_tables(VmdkExtent *e)
{
    int i;

    e->nb_tables = 0;
    for (i = 0; i < e->l1_size; i++) {
        if (e->l1_copy && !e->l1[i] != !e->l1_copy[i]) {
            return -EINVAL;
        }
        if (e->l1[i]) {
            e->tables[e->nb_tables++] = e->l1[i];
        }
        if (e->l1_copy && e->l1_copy[i]) {
            e->tables[e->nb_tables++] = e->l1_copy[i];
        }
    }
    qsort(e->tables, e->nb_tables, sizeof(uint32_t), compare_sectors);
    for (i = 1; i < e->nb_tables; i++) {
        if (e->tables[i] - e->tables[i - 1] < (uint32_t)e->l2_sectors) {
            return -EINVAL;
        }
    }
    return 0;
}

/* The second copy of directory and tables.  The first is the one that is
   read, so a damaged copy is no reason to refuse the disk; it cannot be kept
   up, though, so writes are refused. */
static int vmdk_load_copy(VmdkExtent *e)
{
    int nb_reserved = e->nb_reserved;
    int i, ret;

    ret = vmdk_reserve(e, e->l1_copy_sector, vmdk_l1_sectors(e));
    for (i = 0; ret == 0 && i < e->l1_size; i++) {
        if (e->l1[i] != 0 && !vmdk_is_usable(e, e->l1[i], e->l2_sectors)) {
            ret = -EINVAL;
        }
    }
    if (ret == 0) {
        ret = vmdk_load_l1(e, e->l1_copy_sector, &e->l1_copy);
    }
    if (ret == 0) {
        ret = vmdk_sort_tables(e);
    }
    if (ret == -EINVAL) {
        qemu_free(e->l1_copy);
        e->l1_copy = NULL;
        e->nb_reserved = nb_reserved;
        e->write_error = -EIO;
        ret = 0;
    }
    return ret;
}

/* With layout and sizes known: directories and tables. */
static int vmdk_load_directories(VmdkExtent *e, int has_copy)
{
    int64_t span = (int64_t)e->grain * e->l2_size;
    int ret;

    e->l2_sectors = (e->l2_size * 4 + SECTOR_SIZE - 1) / SECTOR_SIZE;
    e->l1_size = (e->nb_sectors + span - 1) / span;
    ret = vmdk_reserve(e, e->l1_sector, vmdk_l1_sectors(e));
    if (ret < 0) {
        return ret;
    }
    /* the copy's tables are counted even when there is none */
    e->tables = qemu_malloc((size_t)e->l1_size * 2 * sizeof(uint32_t));
    if (!e->tables) {
        return -ENOMEM;
    }
    ret = vmdk_load_l1(e, e->l1_sector, &e->l1);
    if (ret == 0 && has_copy) {
        ret = vmdk_load_copy(e);
    }
    if (ret == 0) {
        ret = vmdk_sort_tables(e);
    }
    return ret;
}

static int vmdk_check_grain(uint64_t grain, uint64_t min)
{
    return grain >= min && grain <= VMDK_MAX_GRAIN &&
           (grain & (grain - 1)) == 0 ? 0 : -EINVAL;
}

/* The number of sectors that the descriptor tells must be in the extent; one
   without a descriptor has as many as its header tells. */
static int vmdk_check_capacity(VmdkExtent *e, uint64_t capacity)
{
    if (capacity > VMDK_MAX_SECTORS) {
        return -EFBIG;
    }
    if (e->nb_sectors == 0) {
        e->nb_sectors = capacity;
    }
    return e->nb_sectors > 0 && (uint64_t)e->nb_sectors <= capacity ? 0
                                                                    : -EINVAL;
}

static int vmdk_check_kdmv(const uint8_t *h)
{
    static const uint8_t newline[4] = { '\n', ' ', '\r', '\n' };
    uint32_t flags = get_le32(h + 8);

    if (get_le32(h + 4) < 1 || get_le32(h + 4) > 3 ||
        flags & (KDMV_FLAG_COMPRESSED | KDMV_FLAG_MARKERS) ||
        get_le16(h + 77) != 0 || get_le64(h + 56) == UINT64_MAX) {
        return -ENOTSUP;
    }
    /* a transfer as text would have changed these */
    if (flags & KDMV_FLAG_NEWLINE && memcmp(h + 73, newline, 4) != 0) {
        return -EINVAL;
    }
    if (get_le32(h + 44) != KDMV_L2_SIZE ||
        get_le64(h + 64) > VMDK_MAX_SECTORS) {
        return -EINVAL;
    }
    return vmdk_check_grain(get_le64(h + 20), 16);
}

static int vmdk_open_kdmv(VmdkExtent *e)
{
    uint8_t h[KDMV_HEADER_SIZE];
    uint32_t flags;
    int ret;

    ret = pread_full(e->fd, h, sizeof(h), 0);
    if (ret < 0) {
        return ret;
    }
    ret = vmdk_check_kdmv(h);
    if (ret == 0) {
        ret = vmdk_check_capacity(e, get_le64(h + 12));
    }
    if (ret == 0) {
        ret = vmdk_reserve(e, 0, 1);
    }
    if (ret == 0 && get_le64(h + 28) != 0 && get_le64(h + 36) != 0) {
        ret = vmdk_reserve(e, get_le64(h + 28), get_le64(h + 36));
    }
    if (ret < 0) {
        return ret;
    }
    flags = get_le32(h + 8);
    e->has_zeroed = (flags & KDMV_FLAG_ZEROED) != 0;
    e->grain = get_le64(h + 20);
    e->l2_size = KDMV_L2_SIZE;
    e->l1_copy_sector = get_le64(h + 48);
    e->l1_sector = get_le64(h + 56);
    e->data_start = get_le64(h + 64);
    /* version 3 may track changes, which a write would have to record */
    if (get_le32(h + 4) == 3) {
        e->write_error = -ENOTSUP;
    }
    return vmdk_load_directories(e, (flags & KDMV_FLAG_REDUNDANT) != 0);
}

/* `bare`: there is no descriptor, so no other way to name a parent. */
static int vmdk_open_cowd(VmdkExtent *e, int bare)
{
    uint8_t h[32];
    uint32_t version;
    int ret;

    ret = pread_full(e->fd, h, sizeof(h), 0);
    if (ret < 0) {
        return ret;
    }
    version = get_le32(h + 4);
    if ((version != 1 && version != 3) ||
        (bare && !(get_le32(h + 8) & COWD_FLAG_ROOT))) {
        return -ENOTSUP;
    }
    e->is_cowd = 1;
    e->grain = get_le32(h + 16) <= VMDK_MAX_GRAIN ? get_le32(h + 16) : 0;
    ret = vmdk_check_grain(e->grain, 1);
    if (ret == 0) {
        ret = vmdk_check_capacity(e, get_le32(h + 12));
    }
    if (ret == 0) {
        ret = vmdk_reserve(e, 0, COWD_HEADER_SIZE / SECTOR_SIZE);
    }
    if (ret < 0) {
        return ret;
    }
    e->l2_size = version == 1 ? COWD_V1_L2_SIZE
                              : COWD_V3_TABLE_SPAN / e->grain;
    e->l1_sector = get_le32(h + 20);
    /* the next free sector of the header is not trusted: a grain is appended
       where the file ends */
    e->data_start = COWD_HEADER_SIZE / SECTOR_SIZE;
    ret = vmdk_load_directories(e, 0);
    if (ret == 0 && get_le32(h + 24) < (uint32_t)e->l1_size) {
        ret = -EINVAL;
    }
    return ret;
}

static int vmdk_open_sparse(VmdkExtent *e, int bare)
{
    uint8_t magic[4];
    int ret;

    e->kind = VMDK_SPARSE;
    e->length = file_length(e->fd);
    if (e->length < 0) {
        return e->length;
    }
    ret = pread_full(e->fd, magic, sizeof(magic), 0);
    if (ret < 0) {
        return ret;
    }
    switch (get_le32(magic)) {
    case VMDK_MAGIC_KDMV:
        return vmdk_open_kdmv(e);
    case VMDK_MAGIC_COWD:
        return vmdk_open_cowd(e, bare);
    default:
        return -EINVAL;
    }
}

/*
 * Opening
 */

static VmdkExtent *vmdk_add_extent(BDRVVmdkState *s)
{
    VmdkExtent *grown;

    grown = realloc(s->extents, (s->nb_extents + 1) * sizeof(*grown));
    if (!grown) {
        return NULL;
    }
    s->extents = grown;
    memset(&grown[s->nb_extents], 0, sizeof(*grown));
    grown[s->nb_extents].fd = -1;
    return &grown[s->nb_extents++];
}

/* A descriptor comes from outside, so it may name files of its own folder
   only: no path, and nothing that path_combine takes for a protocol. */
static int vmdk_check_name(const char *name)
{
    if (name[0] == '\0' || !strcmp(name, ".") || !strcmp(name, "..") ||
        strchr(name, '/') || strchr(name, ':')) {
        return -EINVAL;
    }
    return 0;
}

/* Opens the file of an extent; a link could lead out of the folder. */
static int vmdk_open_file(BDRVVmdkState *s, VmdkExtent *e,
                          const char *filename, const char *name)
{
    char path[BDRV_NAME_MAX];
    struct stat st;
    int flags = O_BINARY | O_LARGEFILE | O_NOFOLLOW | O_NONBLOCK;
    int ret;

    ret = vmdk_check_name(name);
    if (ret < 0) {
        return ret;
    }
    ret = path_combine(path, sizeof(path), filename, name);
    if (ret < 0) {
        return ret;
    }
    if (e->write_error == 0) {
        e->fd = open(path, O_RDWR | flags);
    }
    if (e->fd < 0) {
        e->fd = open(path, O_RDONLY | flags);
        if (e->fd < 0) {
            return -errno;
        }
    }
    if (fstat(e->fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) {
        return -EINVAL;
    }
    e->dev = st.st_dev;
    e->ino = st.st_ino;
    /* the descriptor is no place for the guest's data */
    if (fstat(s->fd, &st) < 0) {
        return -errno;
    }
    return e->dev == st.st_dev && e->ino == st.st_ino ? -EINVAL : 0;
}

/* Two extents may share a file only if neither keeps tables in it. */
static int vmdk_check_shared(const BDRVVmdkState *s, const VmdkExtent *e)
{
    const VmdkExtent *other;

    for (other = s->extents; other < e; other++) {
        if (other->fd >= 0 && other->dev == e->dev && other->ino == e->ino &&
            (other->kind != VMDK_FLAT || e->kind != VMDK_FLAT)) {
            return -EINVAL;
        }
    }
    return 0;
}

static int vmdk_open_flat(VmdkExtent *e, int64_t offset)
{
    int64_t length = file_length(e->fd);

    if (length < 0) {
        return length;
    }
    e->kind = VMDK_FLAT;
    e->flat_offset = offset << SECTOR_BITS;
    return length >> SECTOR_BITS >= offset + e->nb_sectors ? 0 : -EINVAL;
}

static int vmdk_open_extent(BDRVVmdkState *s, const char *filename,
                            const VmdkLine *x)
{
    VmdkExtent *e;
    int ret;

    if (s->nb_extents >= VMDK_MAX_EXTENTS) {
        return -EFBIG;
    }
    if (x->nb_sectors == 0) {
        return -EINVAL;
    }
    e = vmdk_add_extent(s);
    if (!e) {
        return -ENOMEM;
    }
    e->nb_sectors = x->nb_sectors;
    e->kind = VMDK_ZERO;
    e->write_error = !strcmp(x->access, "RW") ? 0 : -EACCES;
    if (!strcmp(x->access, "NOACCESS")) {
        e->read_error = -EACCES;
        return 0;
    }
    if (!strcmp(x->type, "ZERO")) {
        if (e->write_error == 0) {
            e->write_error = -ENOTSUP;
        }
        return 0;
    }
    ret = vmdk_open_file(s, e, filename, x->name);
    if (ret < 0) {
        return ret;
    }
    if (!strcmp(x->type, "FLAT") || !strcmp(x->type, "VMFS")) {
        ret = vmdk_open_flat(e, x->offset);
    } else if (!strcmp(x->type, "SPARSE") || !strcmp(x->type, "VMFSSPARSE")) {
        ret = vmdk_open_sparse(e, 0);
    } else {
        ret = -ENOTSUP;
    }
    return ret < 0 ? ret : vmdk_check_shared(s, e);
}

/* The directory entries of all extents, and where each extent starts. */
static int vmdk_place_extents(BDRVVmdkState *s)
{
    int64_t sectors = 0;
    int i, entries = 0;

    for (i = 0; i < s->nb_extents; i++) {
        s->extents[i].first_sector = sectors;
        sectors += s->extents[i].nb_sectors;
        entries += s->extents[i].l1_size;
        if (sectors > VMDK_MAX_SECTORS) {
            return -EFBIG;
        }
    }
    return sectors > 0 ? entries : -EINVAL;
}

/* A disk that is one file: its descriptor, if there is one, has one line,
   whose file name is this file's when the disk was made, and so no matter. */
static int vmdk_open_single(BDRVVmdkState *s)
{
    VmdkExtent *e = vmdk_add_extent(s);
    VmdkLine x;
    const char *text;
    int ret;

    if (!e) {
        return -ENOMEM;
    }
    e->fd = s->fd;
    if (s->desc.text) {
        text = s->desc.text;
        if (vmdk_next_extent(&text, &x) != 1 || x.nb_sectors == 0 ||
            (strcmp(x.type, "SPARSE") && strcmp(x.type, "VMFSSPARSE"))) {
            return -EINVAL;
        }
        e->nb_sectors = x.nb_sectors;
        e->write_error = !strcmp(x.access, "RW") ? 0 : -EACCES;
        e->read_error = !strcmp(x.access, "NOACCESS") ? -EACCES : 0;
        if (vmdk_next_extent(&text, &x) != 0) {
            return -EINVAL;
        }
    }
    ret = vmdk_open_sparse(e, s->desc.text == NULL);
    return ret < 0 ? ret : vmdk_place_extents(s);
}

/* A disk whose files are named by the descriptor. */
static int vmdk_open_descriptor(BDRVVmdkState *s, const char *filename)
{
    const char *text = s->desc.text;
    VmdkLine x;
    int ret;

    if (!text) {
        return -EINVAL;
    }
    while ((ret = vmdk_next_extent(&text, &x)) > 0) {
        ret = vmdk_open_extent(s, filename, &x);
        if (ret < 0) {
            return ret;
        }
    }
    return ret < 0 ? ret : vmdk_place_extents(s);
}

/* Opens the extents; the number of directory entries, or -errno. */
static int vmdk_open_extents(BDRVVmdkState *s, const char *filename,
                             uint32_t magic)
{
    int64_t offset;
    size_t size;
    int ret;

    ret = vmdk_find_descriptor(s->fd, &offset, &size);
    if (ret == 0 && size > 0) {
        ret = vmdk_load_descriptor(&s->desc, s->fd, offset, size);
    }
    if (ret < 0) {
        return ret;
    }
    if (magic == VMDK_MAGIC_KDMV || magic == VMDK_MAGIC_COWD) {
        return vmdk_open_single(s);
    }
    return vmdk_open_descriptor(s, filename);
}

static void vmdk_free(BDRVVmdkState *s)
{
    VmdkExtent *e;
    int i;

    for (i = 0; i < s->nb_extents; i++) {
        e = &s->extents[i];
        if (e->fd >= 0 && e->fd != s->fd) {
            close(e->fd);
        }
        qemu_free(e->l1);
        qemu_free(e->l1_copy);
        qemu_free(e->tables);
    }
    free(s->extents);
    qemu_free(s->desc.text);
    qemu_free(s->l2);
    qemu_free(s->grain_buf);
    close(s->fd);
}

/* Buffers for the largest table and the largest grain. */
static int vmdk_alloc_buffers(BDRVVmdkState *s)
{
    int i, l2_sectors = 0, grain = 0;

    for (i = 0; i < s->nb_extents; i++) {
        if (s->extents[i].l2_sectors > l2_sectors) {
            l2_sectors = s->extents[i].l2_sectors;
        }
        if (s->extents[i].grain > grain) {
            grain = s->extents[i].grain;
        }
    }
    s->l2 = qemu_malloc((size_t)l2_sectors * SECTOR_SIZE);
    s->grain_buf = qemu_malloc((size_t)grain * SECTOR_SIZE);
    return s->l2 && s->grain_buf ? 0 : -ENOMEM;
}

static int vmdk_open(BlockDriverState *bs, const char *filename)
{
    BDRVVmdkState *s = bs->opaque;
    int fd, i;
    uint32_t magic;
    int l1_size;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }
    s->fd = fd;
    /* the shortest descriptor is longer than this */
    l1_size = pread_full(fd, &magic, sizeof(magic), 0);
    if (l1_size == 0) {
        l1_size = vmdk_open_extents(s, filename, le32toh(magic));
    }
    if (l1_size > 0) {
        l1_size = vmdk_alloc_buffers(s);
    }
    if (l1_size < 0) {
        goto fail;
    }
    bs->total_sectors = 0;
    for (i = 0; i < s->nb_extents; i++) {
        bs->total_sectors += s->extents[i].nb_sectors;
    }
    if (s->desc.parent_cid != VMDK_NO_PARENT && s->desc.text) {
        pstrcpy(bs->backing_file, sizeof(bs->backing_file),
                s->desc.parent_hint);
        /* nothing else has a content id */
        bs->backing_drv = &bdrv_vmdk;
    }
    return 0;

fail:
    vmdk_free(s);
    return l1_size;
}

/*
 * Reading
 */

/* The child holds what differs from its parent as that was; over a parent
   that has been written since, the two are no disk. */
static int vmdk_check_parent(BlockDriverState *bs)
{
    BDRVVmdkState *s = bs->opaque, *parent;

    if (!bs->backing_hd || s->parent_checked) {
        return 0;
    }
    if (bs->backing_hd->drv != &bdrv_vmdk) {
        return -EINVAL;
    }
    parent = bs->backing_hd->opaque;
    if (!parent->desc.text || parent->desc.cid != s->desc.parent_cid) {
        return -EINVAL;
    }
    s->parent_checked = 1;
    return 0;
}

static VmdkExtent *vmdk_find_extent(BDRVVmdkState *s, int64_t sector_num)
{
    VmdkExtent *e = s->extents;

    while (sector_num >= e->first_sector + e->nb_sectors) {
        e++;
    }
    return e;
}

/* Sectors from `sector_num` on that are in the extent and, if it is sparse,
   in one grain. */
static int vmdk_part(const VmdkExtent *e, int64_t sector_num, int nb_sectors)
{
    int64_t offset = sector_num - e->first_sector;
    int64_t left = e->nb_sectors - offset;

    if (e->kind == VMDK_SPARSE && left > e->grain - offset % e->grain) {
        left = e->grain - offset % e->grain;
    }
    return left < nb_sectors ? (int)left : nb_sectors;
}

/* Whether a table lies in the sectors. */
static int vmdk_hits_table(const VmdkExtent *e, uint64_t first, uint64_t count)
{
    int low = 0, high = e->nb_tables, mid;

    /* the first table that ends behind `first` */
    while (low < high) {
        mid = low + (high - low) / 2;
        if ((uint64_t)e->tables[mid] + e->l2_sectors > first) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low < e->nb_tables && e->tables[low] < first + count;
}

/* Makes s->l2 the table of the directory's entry, which is not 0. */
static int vmdk_load_table(BDRVVmdkState *s, const VmdkExtent *e, int index)
{
    int i, ret;

    if (s->l2_extent == e && s->l2_index == index) {
        return 0;
    }
    s->l2_extent = NULL;
    ret = pread_full(e->fd, s->l2, (size_t)e->l2_size * 4,
                     (int64_t)e->l1[index] << SECTOR_BITS);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < e->l2_size; i++) {
        s->l2[i] = le32toh(s->l2[i]);
    }
    s->l2_extent = e;
    s->l2_index = index;
    return 0;
}

/* Where in the extent's file the grain is: its first sector, GRAIN_ABSENT,
   GRAIN_ZERO, or -errno. */
static int64_t vmdk_lookup(BDRVVmdkState *s, const VmdkExtent *e, int64_t grain)
{
    int index = grain / e->l2_size;
    int64_t used = e->nb_sectors - grain * e->grain;
    uint32_t entry;
    int ret;

    if (e->l1[index] == 0) {
        return GRAIN_ABSENT;
    }
    ret = vmdk_load_table(s, e, index);
    if (ret < 0) {
        return ret;
    }
    entry = s->l2[grain % e->l2_size];
    if (entry == 0) {
        return GRAIN_ABSENT;
    }
    if (entry == 1 && e->has_zeroed) {
        return GRAIN_ZERO;
    }
    /* the last grain need not be there beyond the disk's end */
    if (used > e->grain) {
        used = e->grain;
    }
    if (entry <= GRAIN_ZERO || entry < e->data_start ||
        !vmdk_is_usable(e, entry, used) || vmdk_hits_table(e, entry, used)) {
        return -EIO;
    }
    return entry;
}

static int vmdk_read_part(BlockDriverState *bs, VmdkExtent *e,
                          int64_t sector_num, uint8_t *buf, int n)
{
    int64_t offset = sector_num - e->first_sector;
    int64_t entry = GRAIN_ZERO;
    size_t size = (size_t)n << SECTOR_BITS;

    if (e->read_error) {
        return e->read_error;
    }
    if (e->kind == VMDK_FLAT) {
        return pread_full(e->fd, buf, size,
                          e->flat_offset + (offset << SECTOR_BITS));
    }
    if (e->kind == VMDK_SPARSE) {
        entry = vmdk_lookup(bs->opaque, e, offset / e->grain);
    }
    if (entry < 0) {
        return entry;
    }
    if (entry == GRAIN_ABSENT) {
        return bdrv_backing_read(bs, sector_num, buf, n);
    }
    if (entry == GRAIN_ZERO) {
        memset(buf, 0, size);
        return 0;
    }
    return pread_full(e->fd, buf, size,
                      (entry + offset % e->grain) << SECTOR_BITS);
}

static int vmdk_read(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors)
{
    BDRVVmdkState *s = bs->opaque;
    VmdkExtent *e;
    int ret, n;

    ret = vmdk_check_parent(bs);
    while (ret == 0 && nb_sectors > 0) {
        e = vmdk_find_extent(s, sector_num);
        n = vmdk_part(e, sector_num, nb_sectors);
        ret = vmdk_read_part(bs, e, sector_num, buf, n);
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return ret;
}

static int vmdk_is_allocated(BlockDriverState *bs, int64_t sector_num,
                             int nb_sectors, int *pnum)
{
    BDRVVmdkState *s = bs->opaque;
    VmdkExtent *e;
    int64_t entry;

    if (nb_sectors == 0) {
        *pnum = 0;
        return 0;
    }
    e = vmdk_find_extent(s, sector_num);
    *pnum = vmdk_part(e, sector_num, nb_sectors);
    if (e->kind != VMDK_SPARSE) {
        return 1;
    }
    entry = vmdk_lookup(s, e, (sector_num - e->first_sector) / e->grain);
    return entry < 0 ? (int)entry : entry != GRAIN_ABSENT;
}

/*
 * Writing
 */

/* The place for `count` new sectors, 0 if there is none: behind everything
   that is in the file, hosted grains at a multiple of their size. */
static int64_t vmdk_append_at(const VmdkExtent *e, int64_t count, int align)
{
    int64_t sector = (e->length + SECTOR_SIZE - 1) >> SECTOR_BITS;

    if (sector < e->data_start) {
        sector = e->data_start;
    }
    sector = (sector + align - 1) / align * align;
    return sector + count <= UINT32_MAX ? sector : 0;
}

/* Writes new sectors; in a COWD file the header tells where they end. */
static int vmdk_append(VmdkExtent *e, int64_t sector, const void *buf,
                       int count)
{
    uint8_t end[4];
    int ret;

    ret = pwrite_full(e->fd, buf, (size_t)count << SECTOR_BITS,
                      sector << SECTOR_BITS);
    if (ret < 0) {
        return ret;
    }
    e->length = (sector + count) << SECTOR_BITS;
    if (e->is_cowd) {
        put_le32(end, sector + count);
        ret = pwrite_full(e->fd, end, sizeof(end), COWD_FREE_OFFSET);
    }
    return ret;
}

static int vmdk_put_sector(VmdkExtent *e, int64_t offset, uint32_t value)
{
    uint8_t raw[4];

    put_le32(raw, value);
    return pwrite_full(e->fd, raw, sizeof(raw), offset);
}

/* Appends an empty table and enters it in its directory. */
static int vmdk_new_table(BDRVVmdkState *s, VmdkExtent *e, int index,
                          uint64_t l1_sector, uint32_t *l1)
{
    int64_t sector = vmdk_append_at(e, e->l2_sectors, 1);
    int ret;

    if (sector == 0) {
        return -EFBIG;
    }
    s->l2_extent = NULL;
    memset(s->l2, 0, (size_t)e->l2_sectors * SECTOR_SIZE);
    ret = vmdk_append(e, sector, s->l2, e->l2_sectors);
    if (ret == 0) {
        ret = vmdk_put_sector(e, (l1_sector << SECTOR_BITS) +
                              (int64_t)index * 4, sector);
    }
    if (ret == 0) {
        l1[index] = sector;
        /* it is behind all the others */
        e->tables[e->nb_tables++] = sector;
    }
    return ret;
}

/* Makes s->l2 the grain's table, a new one if there was none. */
static int vmdk_get_table(BDRVVmdkState *s, VmdkExtent *e, int index)
{
    int ret = 0;

    if (e->l1_copy && e->l1_copy[index] == 0) {
        ret = vmdk_new_table(s, e, index, e->l1_copy_sector, e->l1_copy);
    }
    if (ret == 0 && e->l1[index] == 0) {
        ret = vmdk_new_table(s, e, index, e->l1_sector, e->l1);
    }
    return ret < 0 ? ret : vmdk_load_table(s, e, index);
}

/* Enters a grain in both copies of its table. */
static int vmdk_enter_grain(BDRVVmdkState *s, VmdkExtent *e, int64_t grain,
                            uint32_t sector)
{
    int index = grain / e->l2_size, entry = grain % e->l2_size;
    int ret;

    ret = vmdk_put_sector(e, ((int64_t)e->l1[index] << SECTOR_BITS) +
                          entry * 4, sector);
    if (ret < 0) {
        return ret;
    }
    s->l2[entry] = sector;
    if (e->l1_copy) {
        ret = vmdk_put_sector(e, ((int64_t)e->l1_copy[index] << SECTOR_BITS) +
                              entry * 4, sector);
    }
    return ret;
}

/* Fills s->grain_buf with what the guest now reads there, or zeros. */
static int vmdk_fill_grain(BlockDriverState *bs, const VmdkExtent *e,
                           int64_t grain, int is_zero)
{
    BDRVVmdkState *s = bs->opaque;
    int64_t used = e->nb_sectors - grain * e->grain;

    memset(s->grain_buf, 0, (size_t)e->grain << SECTOR_BITS);
    if (is_zero) {
        return 0;
    }
    if (used > e->grain) {
        used = e->grain;
    }
    return bdrv_backing_read(bs, e->first_sector + grain * e->grain,
                             s->grain_buf, used);
}

/* Appends the grain with the request's part in it. */
static int vmdk_new_grain(BlockDriverState *bs, VmdkExtent *e, int64_t grain,
                          int is_zero, int first, const uint8_t *buf, int n)
{
    BDRVVmdkState *s = bs->opaque;
    int64_t sector;
    int ret;

    ret = vmdk_fill_grain(bs, e, grain, is_zero);
    if (ret == 0) {
        ret = vmdk_get_table(s, e, grain / e->l2_size);
    }
    if (ret < 0) {
        return ret;
    }
    memcpy(s->grain_buf + ((size_t)first << SECTOR_BITS), buf,
           (size_t)n << SECTOR_BITS);
    sector = vmdk_append_at(e, e->grain, e->is_cowd ? 1 : e->grain);
    if (sector == 0) {
        return -EFBIG;
    }
    ret = vmdk_append(e, sector, s->grain_buf, e->grain);
    return ret < 0 ? ret : vmdk_enter_grain(s, e, grain, sector);
}

static int vmdk_write_part(BlockDriverState *bs, VmdkExtent *e,
                           int64_t sector_num, const uint8_t *buf, int n)
{
    int64_t offset = sector_num - e->first_sector, entry;
    size_t size = (size_t)n << SECTOR_BITS;

    if (e->kind == VMDK_FLAT) {
        return pwrite_full(e->fd, buf, size,
                           e->flat_offset + (offset << SECTOR_BITS));
    }
    entry = vmdk_lookup(bs->opaque, e, offset / e->grain);
    if (entry < 0) {
        return entry;
    }
    if (entry == GRAIN_ABSENT || entry == GRAIN_ZERO) {
        return vmdk_new_grain(bs, e, offset / e->grain, entry == GRAIN_ZERO,
                              offset % e->grain, buf, n);
    }
    return pwrite_full(e->fd, buf, size,
                       (entry + offset % e->grain) << SECTOR_BITS);
}

/* The first extent's reason not to write, before anything is written. */
static int vmdk_check_writable(BDRVVmdkState *s, int64_t sector_num,
                               int nb_sectors)
{
    VmdkExtent *e = vmdk_find_extent(s, sector_num);

    for (; e < s->extents + s->nb_extents; e++) {
        if (e->first_sector >= sector_num + nb_sectors) {
            break;
        }
        if (e->write_error) {
            return e->write_error;
        }
    }
    return 0;
}

/* Gives the disk a new content id of as many digits as the old one has. */
static int vmdk_update_cid(BDRVVmdkState *s)
{
    static int cid_updated; /* once is enough */
    char digits[9];
    uint32_t cid, mask;
    int ret;

    if (cid_updated || s->desc.cid_digits == 0) {
        return 0;
    }
    mask = UINT32_MAX >> (32 - 4 * s->desc.cid_digits);
    do {
        if (getrandom(&cid, sizeof(cid), 0) != sizeof(cid)) {
            return -EIO;
        }
        cid &= mask;
    } while (cid == s->desc.cid || cid == VMDK_NO_PARENT);
    snprintf(digits, sizeof(digits), "%0*x", s->desc.cid_digits, cid);
    ret = pwrite_full(s->fd, digits, s->desc.cid_digits, s->desc.cid_offset);
    if (ret < 0) {
        return ret;
    }
    s->desc.cid = cid;
    cid_updated = 1;
    return 0;
}

static int vmdk_write(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors)
{
    BDRVVmdkState *s = bs->opaque;
    VmdkExtent *e;
    int ret, n;

    if (nb_sectors == 0) {
        return 0;
    }
    ret = vmdk_check_parent(bs);
    if (ret == 0) {
        ret = vmdk_check_writable(s, sector_num, nb_sectors);
    }
    while (ret == 0 && nb_sectors > 0) {
        e = vmdk_find_extent(s, sector_num);
        n = vmdk_part(e, sector_num, nb_sectors);
        ret = vmdk_write_part(bs, e, sector_num, buf, n);
        buf += (size_t)n << SECTOR_BITS;
        sector_num += n;
        nb_sectors -= n;
    }
    return ret < 0 ? ret : vmdk_update_cid(s);
}

static void vmdk_close(BlockDriverState *bs)
{
    vmdk_free(bs->opaque);
}

static int vmdk_flush(BlockDriverState *bs)
{
    BDRVVmdkState *s = bs->opaque;
    int i, ret = file_flush(s->fd);

    for (i = 0; ret == 0 && i < s->nb_extents; i++) {
        if (s->extents[i].fd >= 0 && s->extents[i].fd != s->fd) {
            ret = file_flush(s->extents[i].fd);
        }
    }
    return ret;
}

static int vmdk_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BDRVVmdkState *s = bs->opaque;

    info->cluster_size = s->extents[0].grain * SECTOR_SIZE;
    return 0;
}

/*
 * Creating
 */

/* The content id of the parent-to-be, named from the new image's folder. */
static int vmdk_read_cid(const char *filename, const char *parent,
                         uint32_t *cid)
{
    VmdkDescriptor d = { .text = NULL };
    char path[BDRV_NAME_MAX];
    int64_t offset;
    size_t size;
    int fd, ret;

    ret = path_combine(path, sizeof(path), filename, parent);
    if (ret < 0) {
        return ret;
    }
    fd = open(path, O_RDONLY | O_BINARY | O_LARGEFILE | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    ret = vmdk_find_descriptor(fd, &offset, &size);
    if (ret == 0 && size > 0) {
        ret = vmdk_load_descriptor(&d, fd, offset, size);
    }
    if (ret == 0 && !d.text) {
        ret = -EINVAL;
    }
    *cid = d.cid;
    qemu_free(d.text);
    close(fd);
    return ret;
}

/* A name that can stand between the descriptor's quotes. */
static int vmdk_check_quotable(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '"' || (unsigned char)*name < ' ') {
            return -EINVAL;
        }
    }
    return 0;
}

/* Writes the text of a new image into `buf`, which is zeroed. */
static int vmdk_make_descriptor(char *buf, size_t size, const char *filename,
                                int64_t total_sectors,
                                const char *backing_file)
{
    const char *slash = strrchr(filename, '/');
    const char *name = slash ? slash + 1 : filename;
    uint32_t cid, parent_cid = VMDK_NO_PARENT;
    int64_t cylinders = total_sectors / (16 * 63);
    char hint[BDRV_NAME_MAX + 32] = "";
    int len, ret;

    ret = vmdk_check_quotable(name);
    if (ret == 0 && backing_file) {
        ret = vmdk_check_quotable(backing_file);
    }
    if (ret == 0 && backing_file) {
        ret = vmdk_read_cid(filename, backing_file, &parent_cid);
    }
    if (ret < 0) {
        return ret;
    }
    if (backing_file) {
        if (strlen(backing_file) >= BDRV_NAME_MAX) {
            return -ENAMETOOLONG;
        }
        snprintf(hint, sizeof(hint), "parentFileNameHint=\"%s\"\n",
                 backing_file);
    }
    do {
        if (getrandom(&cid, sizeof(cid), 0) != sizeof(cid)) {
            return -EIO;
        }
    } while (cid == VMDK_NO_PARENT);
    /* libvmdk finds the extents and the data base by their comments */
    len = snprintf(buf, size,
                   VMDK_SIGNATURE "\n"
                   "version=1\n"
                   "CID=%08x\n"
                   "parentCID=%08x\n"
                   "createType=\"monolithicSparse\"\n"
                   "%s"
                   "\n"
                   "# Extent description\n"
                   "RW %lld SPARSE \"%s\"\n"
                   "\n"
                   "# The Disk Data Base\n"
                   "#DDB\n"
                   "\n"
                   "ddb.adapterType = \"ide\"\n"
                   "ddb.geometry.cylinders = \"%lld\"\n"
                   "ddb.geometry.heads = \"16\"\n"
                   "ddb.geometry.sectors = \"63\"\n"
                   "ddb.virtualHWVersion = \"4\"\n",
                   cid, parent_cid, hint, (long long)total_sectors, name,
                   (long long)(cylinders < 16383 ? cylinders : 16383));
    return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* Where things are in a new image, in sectors. */
typedef struct VmdkLayout {
    int nb_tables;
    int l1_sectors;
    int l1_copy;
    int l1;
    int overhead;
} VmdkLayout;

static void vmdk_lay_out(VmdkLayout *l, int64_t total_sectors)
{
    const int64_t span = CREATE_GRAIN * KDMV_L2_SIZE;
    const int table = KDMV_L2_SIZE * 4 / SECTOR_SIZE;

    l->nb_tables = (total_sectors + span - 1) / span;
    l->l1_sectors = (l->nb_tables * 4 + SECTOR_SIZE - 1) / SECTOR_SIZE;
    l->l1_copy = 1 + CREATE_DESCRIPTOR;
    l->l1 = l->l1_copy + l->l1_sectors + l->nb_tables * table;
    l->overhead = l->l1 + l->l1_sectors + l->nb_tables * table;
    l->overhead = (l->overhead + CREATE_GRAIN - 1) / CREATE_GRAIN *
                  CREATE_GRAIN;
}

/* The directory at `sector`, its tables right behind it. */
static int vmdk_write_l1(int fd, const VmdkLayout *l, int sector)
{
    const int table = KDMV_L2_SIZE * 4 / SECTOR_SIZE;
    uint8_t *l1 = qemu_mallocz((size_t)l->l1_sectors * SECTOR_SIZE);
    int i, ret;

    if (!l1) {
        return -ENOMEM;
    }
    for (i = 0; i < l->nb_tables; i++) {
        put_le32(l1 + i * 4, sector + l->l1_sectors + i * table);
    }
    ret = pwrite_full(fd, l1, (size_t)l->l1_sectors * SECTOR_SIZE,
                      (int64_t)sector << SECTOR_BITS);
    qemu_free(l1);
    return ret;
}

static int vmdk_write_header(int fd, const VmdkLayout *l,
                             int64_t total_sectors)
{
    uint8_t h[SECTOR_SIZE];

    memset(h, 0, sizeof(h));
    put_le32(h, VMDK_MAGIC_KDMV);
    put_le32(h + 4, 1);
    put_le32(h + 8, KDMV_FLAG_NEWLINE | KDMV_FLAG_REDUNDANT);
    put_le64(h + 12, total_sectors);
    put_le64(h + 20, CREATE_GRAIN);
    put_le64(h + 28, 1);
    put_le64(h + 36, CREATE_DESCRIPTOR);
    put_le32(h + 44, KDMV_L2_SIZE);
    put_le64(h + 48, l->l1_copy);
    put_le64(h + 56, l->l1);
    put_le64(h + 64, l->overhead);
    memcpy(h + 73, "\n \r\n", 4);
    return pwrite_full(fd, h, sizeof(h), 0);
}

/* A "monolithicSparse" disk.  Its tables are holes of the file. */
static int vmdk_create(const char *filename, int64_t total_sectors,
                       const char *backing_file, int flags)
{
    char text[CREATE_DESCRIPTOR * SECTOR_SIZE] = "";
    VmdkLayout l;
    int fd, ret;

    if (flags) {
        return -ENOTSUP;
    }
    if (total_sectors == 0) {
        return -EINVAL;
    }
    if (total_sectors > VMDK_MAX_SECTORS) {
        return -EFBIG;
    }
    if (backing_file && backing_file[0] == '\0') {
        backing_file = NULL;
    }
    ret = vmdk_make_descriptor(text, sizeof(text), filename, total_sectors,
                               backing_file);
    if (ret < 0) {
        return ret;
    }
    vmdk_lay_out(&l, total_sectors);

    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    if (ftruncate(fd, (int64_t)l.overhead << SECTOR_BITS) < 0) {
        ret = -errno;
        goto out;
    }
    ret = vmdk_write_header(fd, &l, total_sectors);
    if (ret == 0) {
        ret = pwrite_full(fd, text, sizeof(text), SECTOR_SIZE);
    }
    if (ret == 0) {
        ret = vmdk_write_l1(fd, &l, l.l1_copy);
    }
    if (ret == 0) {
        ret = vmdk_write_l1(fd, &l, l.l1);
    }
out:
    close(fd);
    return ret;
}

BlockDriver bdrv_vmdk = {
    .format_name = "vmdk",
    .instance_size = sizeof(BDRVVmdkState),
    .bdrv_probe = vmdk_probe,
    .bdrv_open = vmdk_open,
    .bdrv_read = vmdk_read,
    .bdrv_write = vmdk_write,
    .bdrv_close = vmdk_close,
    .bdrv_create = vmdk_create,
    .bdrv_flush = vmdk_flush,
    .bdrv_is_allocated = vmdk_is_allocated,
    .bdrv_get_info = vmdk_get_info,
};
