/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: vvfat, a directory of the host shown to the guest as a FAT disk.
 *
 * The name is fat:[12:|16:][floppy:][rw:]DIR.  Partition table, boot sector,
 * FATs and directories are made in memory when the disk is opened; the data
 * comes from the files themselves, one open at a time, O_RDONLY.  A file
 * whose size or time of change is no longer that of the open is an error.
 *
 * With rw: the guest's writes go to a temporary qcow image whose backing file,
 * called "fat:", is the disk as it was made.  Each flush, and the close, look
 * at the FAT file system that the guest left there.  Only a complete one is
 * taken over into DIR: nothing cross-linked, cut off, misnamed, or half
 * removed; otherwise the next flush tries again.
 *
 * What the guest or the directory can do is bounded: nothing but directories
 * and regular files is shown, no symbolic link is ever followed (below DIR
 * itself), every host name is a single component that was read from the host
 * or passed check_name(), and numbers of files, levels and clusters have
 * limits.  While a clash with a file that the guest cannot see lasts, nothing
 * is taken over: such a file is never replaced.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_PATH, O_NOATIME, renameat2 */
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

/* files and directories below DIR */
#define VVFAT_MAX_NODES 16384
/* levels of directories below DIR */
#define VVFAT_MAX_DEPTH 32
/* a FAT directory's entries, those of long names included */
#define VVFAT_MAX_SLOTS 65536
#define VVFAT_HASH_SIZE 8192
/* levels that there can be while directories are moved */
#define MAX_WALK (2 * VVFAT_MAX_DEPTH + 2)

#define ENTRY_SIZE 32
#define SHORT_NAME 11
/* bytes of a name with its NUL: NAME_MAX of Linux */
#define NAME_SIZE 256
/* UTF-16 units in one entry of a long name, and entries of the longest */
#define LONG_UNITS 13
#define LONG_SLOTS 20

#define ATTR_READ_ONLY 0x01
#define ATTR_LABEL 0x08
#define ATTR_DIRECTORY 0x10
#define ATTR_ARCHIVE 0x20
#define ATTR_LONG_NAME 0x0f
#define ATTR_LONG_MASK 0x3f

#define SLOT_END 0x00
#define SLOT_FREE 0xe5
#define SLOT_IS_E5 0x05
#define LONG_LAST 0x40
/* of the entry's byte 12: base name, extension are lower case */
#define CASE_LOWER_BASE 0x08
#define CASE_LOWER_EXT 0x10

/* VVFATNode.gone: a removed node's place is used again only when no cluster
   is taken for one of its own any more */
#define NODE_GONE 1
#define NODE_FREE 2

/* boot code: int 0x18 (no boot here), then halt for good */
static const uint8_t boot_code[] = { 0xcd, 0x18, 0xf4, 0xeb, 0xfd };

/* a FAT disk's shape; `shapes` has those there are */
typedef struct VVFATShape {
    int fat_type;
    int floppy;
    int cyls, heads, secs;
    int cluster_sectors;
    int root_entries;
    uint8_t media;
} VVFATShape;

static const VVFATShape shapes[] = {
    { 16, 0, 1024, 16, 63, 16, 512, 0xf8 },
    { 12, 0, 64, 16, 63, 16, 512, 0xf8 },
    { 0, 1, 80, 2, 36, 2, 240, 0xf0 },  /* 2.88 MB */
    { 12, 1, 80, 2, 18, 1, 224, 0xf0 }, /* 1.44 MB */
};

/* a file or directory of the host; node 0 is DIR itself */
typedef struct VVFATNode {
    char *host_name;
    char *guest_name; /* UTF-8 */
    uint8_t short_name[SHORT_NAME];
    uint8_t is_dir;
    uint8_t attr;
    uint8_t gone;      /* it was removed, NODE_... */
    uint8_t displaced; /* it has a makeshift name until a commit is through */
    uint8_t touched;   /* directory: to be synchronised */
    uint8_t rewrite;   /* file: what it holds is not certain */
    uint32_t parent;
    uint32_t next_name, next_short; /* in the hash tables, 0 = last */
    uint32_t first_cluster;         /* 0 = none */
    uint32_t entry; /* during a commit: its entry in the guest's tree */
    uint32_t size;  /* bytes; of a file */
    uint16_t fat_time, fat_date;
    struct timespec mtime;
    dev_t dev;
    ino_t ino;
    uint32_t first_child, child_count; /* of a directory, while it is made */
    uint32_t slots;                    /* entries that it needs itself */
    uint8_t *dir_data; /* a directory's contents as made, but for the root */
} VVFATNode;

/* what a cluster belongs to */
typedef struct VVFATPlace {
    uint32_t owner; /* 0 = nothing */
    uint32_t pos;   /* cluster of the file, from 0 */
} VVFATPlace;

typedef struct BDRVVVFATState BDRVVVFATState;
struct BDRVVVFATState {
    BDRVVVFATState *target; /* this is the base of that one's overlay */
    const VVFATShape *shape;
    int fat_type;
    int dir_fd;

    /* all in sectors of the disk */
    uint32_t sector_count;
    uint32_t part_start;
    uint32_t fat_start, fat_sectors;
    uint32_t root_start, root_sectors;
    uint32_t data_start;
    uint32_t cluster_sectors;
    uint32_t cluster_bytes;
    uint32_t cluster_end; /* one more than the last cluster's number */

    uint8_t *meta;   /* the sectors before data_start, as made */
    VVFATPlace *map; /* by cluster; owner is a node */

    VVFATNode *nodes;
    uint32_t node_count, node_room;
    uint32_t free_node; /* there is no NODE_FREE one before */
    uint32_t by_name[VVFAT_HASH_SIZE];
    uint32_t by_short[VVFAT_HASH_SIZE];

    uint32_t open_node; /* the file that open_fd reads, 0 = none */
    int open_fd;

    /* rw: only */
    BlockDriverState *qcow;
    char qcow_filename[BDRV_NAME_MAX];
    uint8_t *dirty;     /* a bit for each sector written since the commit */
    int changed;        /* something was written since the commit */
    const char *reason; /* why the last look found the disk incomplete */
};

/* the disk whose overlay is being opened: "fat:" is its base */
static BDRVVVFATState *write_target;

/* names */

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* FAT has no two names in a directory that differ in case only (ASCII) */
static int same_name(const char *a, const char *b)
{
    while (*a != '\0' && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return fold(*a) == fold(*b);
}

/* Takes one code point from *p, or -1 and one byte if it is no UTF-8. */
static int32_t utf8_get(const char **p)
{
    static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
    const uint8_t *s = (const uint8_t *)*p;
    uint32_t cp = s[0];
    int i, more = 0;

    if (cp >= 0xf0 && cp < 0xf8) {
        more = 3;
    } else if (cp >= 0xe0 && cp < 0xf0) {
        more = 2;
    } else if (cp >= 0xc0 && cp < 0xe0) {
        more = 1;
    }
    (*p)++;
    if (more == 0) {
        return cp < 0x80 ? (int32_t)cp : -1;
    }
    cp &= 0x3f >> more;
    for (i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return -1;
        }
        cp = cp << 6 | (s[i] & 0x3f);
    }
    if (cp < smallest[more] || cp > 0x10ffff || (cp & ~0x7ffu) == 0xd800) {
        return -1;
    }
    *p += more;
    return cp;
}

/* Appends a code point to buf at `len`; the new length, or -1 if it is full. */
static int utf8_put(char *buf, int size, int len, uint32_t cp)
{
    int i, more = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;

    if (len < 0 || len + more + 1 >= size) {
        return -1;
    }
    if (more == 0) {
        buf[len] = cp;
    } else {
        buf[len] = (uint8_t)(0xff00 >> (more + 1)) | cp >> (6 * more);
        for (i = 1; i <= more; i++) {
            buf[len + i] = 0x80 | (cp >> (6 * (more - i)) & 0x3f);
        }
    }
    return len + more + 1;
}

static int legal_char(int32_t cp)
{
    return cp >= 0x20 && cp != 0x7f &&
           (cp > 0x7f || !strchr("\"*/:<>?\\|", cp));
}

/* A name that a guest gave, before the host gets to see it. */
static int check_name(const char *name)
{
    size_t len = strlen(name);
    const char *p = name;

    /* a last dot or space, which covers "." and "..", no system makes */
    if (len == 0 || len >= NAME_SIZE || name[len - 1] == '.' ||
        name[len - 1] == ' ') {
        return -EINVAL;
    }
    while (*p != '\0') {
        if (!legal_char(utf8_get(&p))) {
            return -EINVAL;
        }
    }
    return 0;
}

/* The name that the guest is to see for one of the host. */
static void make_guest_name(char *name, const char *host_name)
{
    const char *p = host_name, *start;
    int len = 0;

    while (*p != '\0') {
        start = p;
        if (!legal_char(utf8_get(&p))) {
            name[len++] = '_';
            continue;
        }
        memcpy(name + len, start, p - start);
        len += p - start;
    }
    if (name[len - 1] == '.' || name[len - 1] == ' ') {
        name[len - 1] = '_';
    }
    name[len] = '\0';
}

/* Units of a name that is known to be UTF-8 and shorter than NAME_SIZE. */
static int name_to_utf16(const char *name, uint16_t *units)
{
    int32_t cp;
    int n = 0;

    while (*name != '\0') {
        cp = utf8_get(&name);
        if (cp >= 0x10000) {
            units[n++] = 0xd800 | (cp - 0x10000) >> 10;
            units[n++] = 0xdc00 | ((cp - 0x10000) & 0x3ff);
        } else {
            units[n++] = cp;
        }
    }
    return n;
}

/* The reverse, for units from a guest: lone halves are refused. */
static int name_from_utf16(char *name, const uint16_t *units, int count)
{
    uint32_t cp;
    int i, len = 0;

    for (i = 0; i < count; i++) {
        cp = units[i];
        if ((cp & 0xfc00) == 0xd800 && i + 1 < count &&
            (units[i + 1] & 0xfc00) == 0xdc00) {
            cp = 0x10000 + ((cp & 0x3ff) << 10) + (units[++i] & 0x3ff);
        } else if ((cp & 0xf800) == 0xd800) {
            return -EINVAL;
        }
        if (cp == 0) {
            return -EINVAL;
        }
        len = utf8_put(name, NAME_SIZE, len, cp);
        if (len < 0) {
            return -EINVAL;
        }
    }
    name[len] = '\0';
    return 0;
}

static uint8_t short_name_sum(const uint8_t *name)
{
    uint8_t sum = 0;
    int i;

    for (i = 0; i < SHORT_NAME; i++) {
        sum = (uint8_t)((sum & 1) << 7 | sum >> 1) + name[i];
    }
    return sum;
}

/* The upper half of code page 437, DOS's own. */
static const uint16_t cp437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
    0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
    0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
    0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
    0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
    0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
    0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
    0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
    0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* Appends `count` bytes of a short name, but for the spaces at their end. */
static int put_short_part(char *name, int len, const uint8_t *part, int count,
                          int lower)
{
    int i;

    while (count > 0 && part[count - 1] == ' ') {
        count--;
    }
    for (i = 0; i < count; i++) {
        if (part[i] >= 0x80) {
            len = utf8_put(name, NAME_SIZE, len, cp437[part[i] - 0x80]);
        } else {
            name[len++] = lower ? fold(part[i]) : part[i];
        }
    }
    return len;
}

/* The name that a short name is; `lower` is the entry's byte 12. */
static int name_from_short(char *name, const uint8_t *raw, int lower)
{
    uint8_t part[SHORT_NAME];
    int i, len, dot;

    if (raw[0] == ' ') {
        return -EINVAL;
    }
    memcpy(part, raw, SHORT_NAME);
    if (part[0] == SLOT_IS_E5) {
        part[0] = SLOT_FREE;
    }
    for (i = 0; i < SHORT_NAME; i++) {
        if (part[i] < 0x80 &&
            (!legal_char(part[i]) || strchr("+,.;=[]", part[i]))) {
            return -EINVAL;
        }
    }
    len = put_short_part(name, 0, part, 8, lower & CASE_LOWER_BASE);
    name[len] = '.';
    dot = len + 1;
    len = put_short_part(name, dot, part + 8, 3, lower & CASE_LOWER_EXT);
    name[len == dot ? dot - 1 : len] = '\0';
    return 0;
}

/* nodes */

static uint32_t hash_bytes(uint32_t parent, const void *key, size_t len)
{
    const uint8_t *p = key;
    uint32_t hash = 2166136261u ^ parent;
    size_t i;

    for (i = 0; i < len; i++) {
        hash = (hash ^ fold(p[i])) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static uint32_t *name_bucket(BDRVVVFATState *s, uint32_t parent,
                             const char *name)
{
    return &s->by_name[hash_bytes(parent, name, strlen(name)) %
                       VVFAT_HASH_SIZE];
}

static uint32_t *short_bucket(BDRVVVFATState *s, uint32_t parent,
                              const uint8_t *name)
{
    return &s->by_short[hash_bytes(parent, name, SHORT_NAME) %
                        VVFAT_HASH_SIZE];
}

static void index_node(BDRVVVFATState *s, uint32_t n)
{
    VVFATNode *node = &s->nodes[n];
    uint32_t *bucket;

    bucket = name_bucket(s, node->parent, node->guest_name);
    node->next_name = *bucket;
    *bucket = n;
    bucket = short_bucket(s, node->parent, node->short_name);
    node->next_short = *bucket;
    *bucket = n;
}

/* 0 = there is none */
static uint32_t find_by_name(BDRVVVFATState *s, uint32_t parent,
                             const char *name)
{
    uint32_t n = *name_bucket(s, parent, name);

    while (n != 0 && (s->nodes[n].parent != parent ||
                      !same_name(s->nodes[n].guest_name, name))) {
        n = s->nodes[n].next_name;
    }
    return n;
}

static uint32_t find_by_short(BDRVVVFATState *s, uint32_t parent,
                              const uint8_t *name)
{
    uint32_t n = *short_bucket(s, parent, name);

    while (n != 0 && (s->nodes[n].parent != parent ||
                      memcmp(s->nodes[n].short_name, name, SHORT_NAME))) {
        n = s->nodes[n].next_short;
    }
    return n;
}

/* A fresh node, or -errno; pointers to nodes are void afterwards. */
static int64_t new_node(BDRVVVFATState *s, const char *host_name)
{
    VVFATNode *nodes;
    uint32_t n, room;
    char *name;

    for (n = s->free_node; n < s->node_count; n++) {
        if (s->nodes[n].gone == NODE_FREE) {
            break;
        }
    }
    if (n >= s->node_room) {
        room = s->node_room + s->node_room / 2 + 64;
        nodes = realloc(s->nodes, room * sizeof(*nodes));
        if (!nodes) {
            return -ENOMEM;
        }
        s->nodes = nodes;
        s->node_room = room;
    }
    name = strdup(host_name);
    if (!name) {
        return -ENOMEM;
    }
    memset(&s->nodes[n], 0, sizeof(s->nodes[n]));
    s->nodes[n].host_name = name;
    if (n >= s->node_count) {
        s->node_count = n + 1;
    }
    s->free_node = n + 1;
    return n;
}

static void free_node_names(VVFATNode *node)
{
    free(node->host_name);
    free(node->guest_name);
    node->host_name = NULL;
    node->guest_name = NULL;
}

static uint32_t node_depth(BDRVVVFATState *s, uint32_t n)
{
    uint32_t depth = 0;

    for (; n != 0; n = s->nodes[n].parent) {
        depth++;
    }
    return depth;
}

/* the host's directory */

/*
 * Opens a directory, walking down from DIR so that no link is followed.
 * `flags` O_PATH (for the *at calls) or O_RDONLY.  The caller closes it.
 */
static int open_dir(BDRVVVFATState *s, uint32_t n, int flags)
{
    uint32_t path[MAX_WALK];
    int fd, next, depth = 0;

    for (; n != 0; n = s->nodes[n].parent) {
        if (depth == MAX_WALK) {
            return -ELOOP;
        }
        path[depth++] = n;
    }
    flags |= O_DIRECTORY | O_CLOEXEC;
    fd = openat(s->dir_fd, ".", depth > 0 ? O_PATH | O_CLOEXEC : flags);
    while (fd >= 0 && depth > 0) {
        depth--;
        next = openat(fd, s->nodes[path[depth]].host_name,
                      O_NOFOLLOW | (depth > 0 ? O_PATH | O_DIRECTORY |
                                    O_CLOEXEC : flags));
        if (next < 0) {
            next = -errno;
        }
        close(fd);
        if (next < 0) {
            return next;
        }
        fd = next;
    }
    return fd < 0 ? -errno : fd;
}

/* Whether a file is still what it was when it was last looked at. */
static int check_unchanged(const VVFATNode *node, const struct stat *st)
{
    if (st->st_dev != node->dev || st->st_ino != node->ino ||
        (node->is_dir ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))) {
        return -ESTALE;
    }
    if (!node->is_dir && (st->st_size != (off_t)node->size ||
                          st->st_mtim.tv_sec != node->mtime.tv_sec ||
                          st->st_mtim.tv_nsec != node->mtime.tv_nsec)) {
        return -ESTALE;
    }
    return 0;
}

static void set_node_stat(VVFATNode *node, const struct stat *st)
{
    node->dev = st->st_dev;
    node->ino = st->st_ino;
    node->mtime = st->st_mtim;
    node->size = node->is_dir ? 0 : st->st_size;
}

/* Opens a file; it must be unchanged.  The caller closes it. */
static int open_file(BDRVVVFATState *s, uint32_t n, int flags)
{
    VVFATNode *node = &s->nodes[n];
    int fd, ret, dir = open_dir(s, node->parent, O_PATH);
    struct stat st;

    if (dir < 0) {
        return dir;
    }
    /* a FIFO put in its place must not block us */
    flags |= O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_LARGEFILE;
    fd = openat(dir, node->host_name, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM) {
        /* that is for the owner of the file only */
        fd = openat(dir, node->host_name, flags);
    }
    ret = fd < 0 ? -errno : fd;
    close(dir);
    if (fd >= 0) {
        ret = fstat(fd, &st) < 0 ? -errno : check_unchanged(node, &st);
        if (ret < 0) {
            close(fd);
            return ret;
        }
        ret = fd;
    }
    return ret;
}

static void close_open_file(BDRVVVFATState *s)
{
    if (s->open_node != 0) {
        close(s->open_fd);
        s->open_node = 0;
    }
}

static int read_file(BDRVVVFATState *s, uint32_t n, uint64_t offset,
                     uint8_t *buf, size_t count)
{
    VVFATNode *node = &s->nodes[n];
    size_t len = count;
    struct stat st;
    int ret;

    if (node->gone || offset >= node->size) {
        memset(buf, 0, count);
        return 0;
    }
    if (s->open_node != n) {
        close_open_file(s);
        ret = open_file(s, n, O_RDONLY);
        if (ret < 0) {
            return ret;
        }
        s->open_fd = ret;
        s->open_node = n;
    }
    ret = fstat(s->open_fd, &st) < 0 ? -errno : check_unchanged(node, &st);
    if (ret < 0) {
        close_open_file(s);
        return ret;
    }
    if (len > node->size - offset) {
        len = node->size - offset;
    }
    memset(buf + len, 0, count - len);
    return pread_full(s->open_fd, buf, len, offset);
}

/* making the disk */

static void fat_time(time_t t, uint16_t *ftime, uint16_t *fdate)
{
    struct tm tm;

    *ftime = 0;
    *fdate = 1 << 5 | 1; /* 1980-01-01 */
    if (!localtime_r(&t, &tm) || tm.tm_year < 80) {
        return;
    }
    if (tm.tm_year > 207) {
        *ftime = 23 << 11 | 59 << 5 | 29;
        *fdate = 127 << 9 | 12 << 5 | 31;
        return;
    }
    /* a leap second would be past the field's end */
    *ftime = tm.tm_hour << 11 | tm.tm_min << 5 |
             (tm.tm_sec < 60 ? tm.tm_sec / 2 : 29);
    *fdate = (tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday;
}

/* The host's time for one of the guest's; 0 if that is none. */
static int host_time(uint16_t ftime, uint16_t fdate, time_t *t)
{
    struct tm tm = { 0 };

    tm.tm_year = (fdate >> 9) + 80;
    tm.tm_mon = (fdate >> 5 & 15) - 1;
    tm.tm_mday = fdate & 31;
    tm.tm_hour = ftime >> 11;
    tm.tm_min = ftime >> 5 & 63;
    tm.tm_sec = (ftime & 31) * 2;
    tm.tm_isdst = -1;
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 59) {
        return 0;
    }
    *t = mktime(&tm);
    return *t != (time_t)-1;
}

/* Chooses among the layouts and lays the disk out. */
static int set_layout(BDRVVVFATState *s, int fat_type, int floppy)
{
    const VVFATShape *shape = NULL;
    uint32_t clusters, data, bytes, sectors;
    size_t i;

    if (!floppy && fat_type == 0) {
        fat_type = 16;
    }
    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].fat_type == fat_type && shapes[i].floppy == floppy) {
            shape = &shapes[i];
        }
    }
    if (!shape) {
        return -ENOTSUP;
    }
    s->shape = shape;
    s->fat_type = fat_type ? fat_type : 12;
    s->sector_count = shape->cyls * shape->heads * shape->secs;
    s->part_start = floppy ? 0 : shape->secs;
    s->cluster_sectors = shape->cluster_sectors;
    s->cluster_bytes = s->cluster_sectors * SECTOR_SIZE;
    s->root_sectors = shape->root_entries * ENTRY_SIZE / SECTOR_SIZE;
    sectors = s->sector_count - s->part_start - 1 - s->root_sectors;
    do {
        /* the smallest FATs that hold all the clusters they leave */
        s->fat_sectors++;
        data = sectors - 2 * s->fat_sectors;
        clusters = data / s->cluster_sectors;
        bytes = ((clusters + 2) * s->fat_type + 7) / 8;
    } while (bytes > s->fat_sectors * SECTOR_SIZE);
    s->cluster_end = clusters + 2;
    s->fat_start = s->part_start + 1;
    s->root_start = s->fat_start + 2 * s->fat_sectors;
    s->data_start = s->root_start + s->root_sectors;
    return 0;
}

static uint32_t get_fat(BDRVVVFATState *s, const uint8_t *fat, uint32_t c)
{
    uint32_t v;

    if (s->fat_type == 16) {
        return get_le16(fat + c * 2);
    }
    v = get_le16(fat + c * 3 / 2);
    return c & 1 ? v >> 4 : v & 0xfff;
}

static void set_fat(BDRVVVFATState *s, uint8_t *fat, uint32_t c, uint32_t v)
{
    uint8_t *p = fat + c * 3 / 2;
    uint32_t old;

    if (s->fat_type == 16) {
        put_le16(fat + c * 2, v);
        return;
    }
    old = get_le16(p);
    v &= 0xfff;
    put_le16(p, c & 1 ? (old & 0x000f) | v << 4 : (old & 0xf000) | v);
}

/* marks of the FAT's entries, 0xff8 in a FAT12 */
static uint32_t fat_mark(BDRVVVFATState *s, uint32_t mark)
{
    return s->fat_type == 16 ? mark : mark & 0xfff;
}

/* Whether no other child of the directory has that short name. */
static int try_short(BDRVVVFATState *s, VVFATNode *node, const char *base,
                     const char *tail)
{
    size_t len = strlen(base), tail_len = strlen(tail);

    if (len > 8 - tail_len) {
        len = 8 - tail_len;
    }
    memset(node->short_name, ' ', 8);
    memcpy(node->short_name, base, len);
    memcpy(node->short_name + len, tail, tail_len);
    return find_by_short(s, node->parent, node->short_name) == 0;
}

/* Copies what a short name can hold of a part of a name; 1 if not all of it
   could be kept. */
static int make_short_part(char *part, int size, const char *p,
                           const char *end)
{
    int32_t cp;
    int len = 0, lossy = 0;

    while (p < end) {
        cp = utf8_get(&p);
        if (cp == ' ' || cp == '.') {
            lossy = 1;
            continue;
        }
        if (cp >= 0x7f || strchr("+,;=[]", cp)) {
            cp = '_';
            lossy = 1;
        }
        if (len == size) {
            return 1;
        }
        part[len++] = upper(cp);
    }
    part[len] = '\0';
    return lossy;
}

/* A short name that is the only one in its directory. */
static int make_short_name(BDRVVVFATState *s, VVFATNode *node)
{
    const char *name = node->guest_name, *dot, *end = name + strlen(name);
    char base[9] = "", ext[4] = "", tail[9], stem[9];
    uint32_t i, hash = hash_bytes(0, name, strlen(name));
    int lossy;

    dot = strrchr(name, '.');
    if (!dot || strspn(name, ". ") >= (size_t)(dot + 1 - name)) {
        dot = end;
    }
    lossy = make_short_part(base, 8, name, dot);
    if (dot < end) {
        lossy |= make_short_part(ext, 3, dot + 1, end);
    }
    if (base[0] == '\0') {
        strcpy(base, "_");
        lossy = 1;
    }
    memset(node->short_name, ' ', SHORT_NAME);
    memcpy(node->short_name + 8, ext, strlen(ext));
    if (!lossy && try_short(s, node, base, "")) {
        return 0;
    }
    for (i = 1; i <= 4; i++) {
        snprintf(tail, sizeof(tail), "~%d", (int)i);
        if (try_short(s, node, base, tail)) {
            return 0;
        }
    }
    for (i = 0; i < 0x10000; i++) {
        snprintf(stem, sizeof(stem), "%.2s%04X", base, (hash + i) & 0xffff);
        if (try_short(s, node, stem, "~1")) {
            return 0;
        }
    }
    return -ENOSPC;
}

/* Names for the guest that are the only ones in their directory. */
static int make_names(BDRVVVFATState *s, uint32_t n)
{
    VVFATNode *node = &s->nodes[n];
    char name[NAME_SIZE], tail[16];
    uint16_t units[NAME_SIZE];
    char from_short[NAME_SIZE];
    uint32_t i;
    int len, ret;

    make_guest_name(name, node->host_name);
    len = strlen(name);
    for (i = 1; find_by_name(s, node->parent, name) != 0; i++) {
        snprintf(tail, sizeof(tail), "~%u", i);
        if (len > NAME_SIZE - 1 - (int)strlen(tail)) {
            len = NAME_SIZE - 1 - (int)strlen(tail);
            while ((name[len] & 0xc0) == 0x80) {
                len--;
            }
        }
        strcpy(name + len, tail);
    }
    node->guest_name = strdup(name);
    if (!node->guest_name) {
        return -ENOMEM;
    }
    ret = make_short_name(s, node);
    if (ret < 0) {
        return ret;
    }
    node->slots = 1;
    if (name_from_short(from_short, node->short_name, 0) < 0 ||
        strcmp(from_short, name)) {
        node->slots += (name_to_utf16(name, units) + LONG_UNITS - 1) /
                       LONG_UNITS;
    }
    index_node(s, n);
    return 0;
}

/* One name of a directory: a node, or nothing if it is not to be seen. */
static int scan_name(BDRVVVFATState *s, int dir, uint32_t parent,
                     const char *name)
{
    VVFATNode *node;
    struct stat st;
    int64_t n;

    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        return 0;
    }
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        return 0;
    }
    if (strlen(name) >= NAME_SIZE) {
        return -ENAMETOOLONG;
    }
    if (s->node_count > VVFAT_MAX_NODES) {
        return -ENOSPC;
    }
    /* no file that is larger can have a place on the disk */
    if (S_ISREG(st.st_mode) && st.st_size > INT32_MAX) {
        return -EFBIG;
    }
    n = new_node(s, name);
    if (n < 0) {
        return n;
    }
    node = &s->nodes[n];
    node->parent = parent;
    node->is_dir = S_ISDIR(st.st_mode);
    node->attr = node->is_dir ? ATTR_DIRECTORY : ATTR_ARCHIVE;
    if (!node->is_dir && !(st.st_mode & 0222)) {
        node->attr |= ATTR_READ_ONLY;
    }
    set_node_stat(node, &st);
    fat_time(st.st_mtime, &node->fat_time, &node->fat_date);
    return 0;
}

static int compare_nodes(const void *a, const void *b)
{
    return strcmp(((const VVFATNode *)a)->host_name,
                  ((const VVFATNode *)b)->host_name);
}

/* Adds what is in a directory; in the order of the names, so that a disk
   made again is the same. */
static int scan_dir(BDRVVVFATState *s, uint32_t parent)
{
    uint32_t n, first = s->node_count;
    struct dirent *de;
    DIR *dir;
    int fd, ret;

    fd = open_dir(s, parent, O_RDONLY);
    if (fd < 0) {
        return fd;
    }
    /* for the owner only, and no more than a courtesy */
    (void)fcntl(fd, F_SETFL, O_NOATIME);
    dir = fdopendir(fd);
    if (!dir) {
        ret = -errno;
        close(fd);
        return ret;
    }
    do {
        errno = 0;
        de = readdir(dir);
        ret = de ? scan_name(s, fd, parent, de->d_name) : -errno;
    } while (de && ret == 0);
    closedir(dir);
    if (ret < 0) {
        return ret;
    }
    s->nodes[parent].first_child = first;
    s->nodes[parent].child_count = s->node_count - first;
    qsort(s->nodes + first, s->node_count - first, sizeof(*s->nodes),
          compare_nodes);
    for (n = first; n < s->node_count && ret == 0; n++) {
        ret = make_names(s, n);
    }
    return ret;
}

/* Finds all there is below DIR, level by level. */
static int scan_tree(BDRVVVFATState *s)
{
    struct stat st;
    uint32_t n;
    int ret;

    if (fstat(s->dir_fd, &st) < 0) {
        return -errno;
    }
    s->nodes = qemu_mallocz(64 * sizeof(*s->nodes));
    if (!s->nodes) {
        return -ENOMEM;
    }
    s->node_room = 64;
    s->node_count = 1;
    s->nodes[0].is_dir = 1;
    set_node_stat(&s->nodes[0], &st);
    fat_time(st.st_mtime, &s->nodes[0].fat_time, &s->nodes[0].fat_date);
    for (n = 0; n < s->node_count; n++) {
        if (!s->nodes[n].is_dir) {
            continue;
        }
        if (node_depth(s, n) > VVFAT_MAX_DEPTH) {
            return -ELOOP;
        }
        ret = scan_dir(s, n);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* Entries that a directory's contents take. */
static uint32_t dir_slots(BDRVVVFATState *s, uint32_t n)
{
    VVFATNode *dir = &s->nodes[n];
    uint32_t i, slots = n == 0 ? 1 : 2; /* the label; "." and ".." */

    for (i = 0; i < dir->child_count; i++) {
        slots += s->nodes[dir->first_child + i].slots;
    }
    return slots;
}

/* Gives every node its clusters, one after the other. */
static int place_nodes(BDRVVVFATState *s, uint8_t *fat)
{
    uint32_t n, c = 2, i, count, slots;
    VVFATNode *node;

    for (n = 0; n < s->node_count; n++) {
        node = &s->nodes[n];
        count = (node->size + s->cluster_bytes - 1) / s->cluster_bytes;
        if (node->is_dir) {
            slots = dir_slots(s, n);
            if (slots > (n == 0 ? (uint32_t)s->shape->root_entries
                                : VVFAT_MAX_SLOTS)) {
                return -ENOSPC;
            }
            if (n == 0) {
                continue;
            }
            count = (slots * ENTRY_SIZE + s->cluster_bytes - 1) /
                    s->cluster_bytes;
            node->dir_data = qemu_mallocz((size_t)count * s->cluster_bytes);
            if (!node->dir_data) {
                return -ENOMEM;
            }
        }
        if (count > s->cluster_end - c) {
            return -ENOSPC;
        }
        node->first_cluster = count > 0 ? c : 0;
        for (i = 0; i < count; i++, c++) {
            s->map[c].owner = n;
            s->map[c].pos = i;
            set_fat(s, fat, c, i + 1 < count ? c + 1 : 0xffff);
        }
    }
    return 0;
}

static uint8_t *put_entry(uint8_t *p, const void *name, int attr,
                          const VVFATNode *node)
{
    memset(p, 0, ENTRY_SIZE);
    memcpy(p, name, SHORT_NAME);
    p[11] = attr;
    put_le16(p + 14, node->fat_time);
    put_le16(p + 16, node->fat_date);
    put_le16(p + 18, node->fat_date);
    put_le16(p + 22, node->fat_time);
    put_le16(p + 24, node->fat_date);
    if (attr & ATTR_LABEL) {
        return p + ENTRY_SIZE;
    }
    put_le16(p + 26, node->first_cluster);
    put_le32(p + 28, node->is_dir ? 0 : node->size);
    return p + ENTRY_SIZE;
}

/* where the units of a long name are in an entry */
static const uint8_t long_offsets[LONG_UNITS] = {
    1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30
};

static uint8_t *put_long_name(uint8_t *p, const VVFATNode *node)
{
    uint16_t units[LONG_SLOTS * LONG_UNITS];
    uint32_t slots = node->slots - 1, i;
    int k, count;

    memset(units, 0xff, sizeof(units));
    count = name_to_utf16(node->guest_name, units);
    if (count < (int)slots * LONG_UNITS) {
        units[count] = 0;
    }
    for (i = slots; i > 0; i--) {
        memset(p, 0, ENTRY_SIZE);
        p[0] = i | (i == slots ? LONG_LAST : 0);
        p[11] = ATTR_LONG_NAME;
        p[13] = short_name_sum(node->short_name);
        for (k = 0; k < LONG_UNITS; k++) {
            put_le16(p + long_offsets[k], units[(i - 1) * LONG_UNITS + k]);
        }
        p += ENTRY_SIZE;
    }
    return p;
}

static void fill_dir(BDRVVVFATState *s, uint32_t n)
{
    VVFATNode *dir = &s->nodes[n], *child;
    uint8_t *p = dir->dir_data;
    uint32_t i;

    if (n == 0) {
        p = s->meta + s->root_start * SECTOR_SIZE;
        p = put_entry(p, "IOEMU VVFAT", ATTR_LABEL, dir);
    } else {
        p = put_entry(p, ".          ", ATTR_DIRECTORY, dir);
        /* the root has no cluster, so its number is 0 as it has to be */
        p = put_entry(p, "..         ", ATTR_DIRECTORY,
                      &s->nodes[dir->parent]);
    }
    for (i = 0; i < dir->child_count; i++) {
        child = &s->nodes[dir->first_child + i];
        p = put_long_name(p, child);
        p = put_entry(p, child->short_name, child->attr, child);
    }
}

static void fill_partition_table(BDRVVVFATState *s)
{
    const VVFATShape *shape = s->shape;
    uint8_t *p = s->meta + 446;
    uint32_t cyl = shape->cyls - 1;

    memcpy(s->meta, boot_code, sizeof(boot_code));
    put_le32(s->meta + 440, 0x54414656);
    p[0] = 0x80;
    p[1] = 1; /* head 1, sector 1, cylinder 0 */
    p[2] = 1;
    p[4] = s->fat_type == 16 ? 0x06 : 0x01;
    p[5] = shape->heads - 1;
    p[6] = shape->secs | (cyl >> 8) << 6;
    p[7] = cyl;
    put_le32(p + 8, s->part_start);
    put_le32(p + 12, s->sector_count - s->part_start);
    put_le16(s->meta + 510, 0xaa55);
}

static void fill_boot_sector(BDRVVVFATState *s)
{
    uint8_t *p = s->meta + s->part_start * SECTOR_SIZE;
    uint32_t sectors = s->sector_count - s->part_start;

    memcpy(p, "\xeb\x3e\x90MSWIN4.1", 11);
    put_le16(p + 11, SECTOR_SIZE);
    p[13] = s->cluster_sectors;
    put_le16(p + 14, 1);
    p[16] = 2;
    put_le16(p + 17, s->shape->root_entries);
    put_le16(p + 19, sectors < 0x10000 ? sectors : 0);
    p[21] = s->shape->media;
    put_le16(p + 22, s->fat_sectors);
    put_le16(p + 24, s->shape->secs);
    put_le16(p + 26, s->shape->heads);
    put_le32(p + 28, s->part_start);
    put_le32(p + 32, sectors < 0x10000 ? 0 : sectors);
    p[36] = s->shape->floppy ? 0x00 : 0x80;
    p[38] = 0x29;
    put_le32(p + 39, 0x54414656);
    memcpy(p + 43, "IOEMU VVFAT", 11);
    memcpy(p + 54, s->fat_type == 16 ? "FAT16   " : "FAT12   ", 8);
    memcpy(p + 64, boot_code, sizeof(boot_code));
    put_le16(p + 510, 0xaa55);
}

static int make_disk(BDRVVVFATState *s)
{
    uint8_t *fat;
    uint32_t n;
    int ret;

    s->meta = qemu_mallocz((size_t)s->data_start * SECTOR_SIZE);
    s->map = qemu_mallocz(s->cluster_end * sizeof(*s->map));
    if (!s->meta || !s->map) {
        return -ENOMEM;
    }
    fat = s->meta + s->fat_start * SECTOR_SIZE;
    set_fat(s, fat, 0, 0xff00 | s->shape->media);
    set_fat(s, fat, 1, 0xffff);
    ret = place_nodes(s, fat);
    if (ret < 0) {
        return ret;
    }
    memcpy(fat + s->fat_sectors * SECTOR_SIZE, fat,
           s->fat_sectors * SECTOR_SIZE);
    if (!s->shape->floppy) {
        fill_partition_table(s);
    }
    fill_boot_sector(s);
    for (n = 0; n < s->node_count; n++) {
        if (s->nodes[n].is_dir) {
            fill_dir(s, n);
        }
    }
    return 0;
}

/* reading the disk as it was made */

/* How many of `nb` sectors from `index` in cluster `c` lie next to each other
   in one file, or have the same kind of nothing behind them. */
static uint32_t run_length(BDRVVVFATState *s, uint32_t c, uint32_t index,
                           uint32_t nb)
{
    VVFATPlace *place = &s->map[c];
    uint32_t n = s->cluster_sectors - index, i = 1;

    while (n < nb && c + i < s->cluster_end &&
           place[i].owner == place->owner &&
           (place->owner == 0 || place[i].pos == place->pos + i)) {
        n += s->cluster_sectors;
        i++;
    }
    return n < nb ? n : nb;
}

static int read_clusters(BDRVVVFATState *s, uint32_t sector, uint8_t *buf,
                         uint32_t nb)
{
    uint32_t c = sector / s->cluster_sectors + 2;
    uint32_t index = sector % s->cluster_sectors, n;
    uint64_t offset;
    VVFATNode *node;
    int ret = 0;

    for (; nb > 0 && ret == 0; nb -= n) {
        if (c >= s->cluster_end) {
            /* the rest of a cluster at the disk's end */
            memset(buf, 0, (size_t)nb * SECTOR_SIZE);
            return 0;
        }
        n = run_length(s, c, index, nb);
        node = &s->nodes[s->map[c].owner];
        offset = (uint64_t)s->map[c].pos * s->cluster_bytes +
                 index * SECTOR_SIZE;
        if (s->map[c].owner == 0) {
            memset(buf, 0, (size_t)n * SECTOR_SIZE);
        } else if (node->dir_data) {
            memcpy(buf, node->dir_data + offset, (size_t)n * SECTOR_SIZE);
        } else {
            ret = read_file(s, s->map[c].owner, offset, buf,
                            (size_t)n * SECTOR_SIZE);
        }
        buf += (size_t)n * SECTOR_SIZE;
        c += (index + n) / s->cluster_sectors;
        index = (index + n) % s->cluster_sectors;
    }
    return ret;
}

static int read_made(BDRVVVFATState *s, int64_t sector_num, uint8_t *buf,
                     int nb_sectors)
{
    int n;

    if (sector_num < s->data_start) {
        n = s->data_start - sector_num;
        n = n < nb_sectors ? n : nb_sectors;
        memcpy(buf, s->meta + sector_num * SECTOR_SIZE,
               (size_t)n * SECTOR_SIZE);
        sector_num += n;
        buf += (size_t)n * SECTOR_SIZE;
        nb_sectors -= n;
    }
    return read_clusters(s, sector_num - s->data_start, buf, nb_sectors);
}

/* what the guest left: its FAT file system, read through the overlay */

/* a file or directory as the guest has it; entry 0 is the root */
typedef struct VVFATEntry {
    char *name;
    uint8_t short_name[SHORT_NAME];
    uint8_t has_long;
    uint8_t lower;
    uint8_t is_dir;
    uint8_t attr;
    uint32_t parent; /* its entry */
    uint32_t depth;
    uint32_t first_cluster;
    uint32_t clusters;
    uint32_t size;
    uint16_t fat_time, fat_date;
    uint32_t node; /* the node that it is, 0 = a new one */
} VVFATEntry;

/* directories come before what they contain; one's entries are neighbours */
typedef struct VVFATTree {
    uint8_t *meta;
    uint8_t *fat;    /* the first one, in meta */
    VVFATPlace *map; /* by cluster; owner is an entry */
    VVFATEntry *entries;
    uint32_t count, room;
} VVFATTree;

/* a long name while it is put together */
typedef struct VVFATLongName {
    uint16_t units[LONG_SLOTS * LONG_UNITS];
    int slots;
    int missing; /* entries that have yet to come */
    uint8_t sum;
} VVFATLongName;

/* Says why the disk cannot be taken over as it is; always 1. */
static int incomplete(BDRVVVFATState *s, const char *reason)
{
    s->reason = reason;
    return 1;
}

static void free_tree(VVFATTree *t)
{
    uint32_t i;

    for (i = 0; i < t->count; i++) {
        free(t->entries[i].name);
    }
    free(t->entries);
    qemu_free(t->map);
    qemu_free(t->meta);
}

/* Reads what lies before the clusters, and checks that the disk still has the
   layout that it was made with: all else would be read as rubbish. */
static int read_meta(BDRVVVFATState *s, VVFATTree *t)
{
    size_t boot = (size_t)s->part_start * SECTOR_SIZE;
    size_t fat_bytes = (size_t)s->fat_sectors * SECTOR_SIZE;
    const uint8_t *was = s->meta, *is;
    uint32_t end_mark;
    int ret;

    t->meta = qemu_malloc((size_t)s->data_start * SECTOR_SIZE);
    t->map = qemu_mallocz(s->cluster_end * sizeof(*t->map));
    if (!t->meta || !t->map) {
        return -ENOMEM;
    }
    ret = bdrv_read(s->qcow, 0, t->meta, s->data_start);
    if (ret < 0) {
        return ret;
    }
    is = t->meta;
    /* type and place of the partition, the mark at the end */
    if (s->part_start > 0 &&
        (memcmp(was + 450, is + 450, 1) || memcmp(was + 454, is + 454, 8) ||
         memcmp(was + 510, is + 510, 2))) {
        return incomplete(s, "the partition table was changed");
    }
    was += boot;
    is += boot;
    /* geometry and serial number a guest may change */
    if (memcmp(was + 11, is + 11, 13) || memcmp(was + 32, is + 32, 4) ||
        memcmp(was + 510, is + 510, 2)) {
        return incomplete(s, "the boot sector was changed");
    }
    t->fat = t->meta + s->fat_start * SECTOR_SIZE;
    if (memcmp(t->fat, t->fat + fat_bytes, fat_bytes)) {
        return incomplete(s, "the two FATs differ");
    }
    /* the two highest bits of entry 1 say how the disk was left */
    end_mark = fat_mark(s, 0xffff) & (s->fat_type == 16 ? 0x3fff : 0xfff);
    if (get_fat(s, t->fat, 0) != get_fat(s, s->meta + s->fat_start *
                                         SECTOR_SIZE, 0) ||
        (get_fat(s, t->fat, 1) & end_mark) != end_mark) {
        return incomplete(s, "the FAT has lost its first entries");
    }
    return 0;
}

/* Follows an entry's clusters; each of them belongs to one entry only, which
   is what makes an end certain. */
static int walk_chain(BDRVVVFATState *s, VVFATTree *t, uint32_t index)
{
    VVFATEntry *e = &t->entries[index];
    uint32_t c = e->first_cluster;
    uint64_t bytes;

    while (c != 0) {
        if (c < 2 || c >= s->cluster_end) {
            return incomplete(s, "a chain of clusters is cut off");
        }
        if (t->map[c].owner != 0) {
            return incomplete(s, "a cluster has two owners");
        }
        t->map[c].owner = index;
        t->map[c].pos = e->clusters++;
        c = get_fat(s, t->fat, c);
        if (c >= fat_mark(s, 0xfff8)) {
            break;
        }
        if (c == 0) {
            return incomplete(s, "a chain of clusters ends in a free one");
        }
    }
    bytes = (uint64_t)e->clusters * s->cluster_bytes;
    if (e->is_dir && (bytes == 0 ||
                      bytes > (uint64_t)VVFAT_MAX_SLOTS * ENTRY_SIZE)) {
        return incomplete(s, "a directory is empty or too long");
    }
    if (!e->is_dir && e->size > bytes) {
        return incomplete(s, "a file has fewer clusters than its size");
    }
    return 0;
}

/* Takes one part of a long name; what does not fit is an orphan, left by a
   system that knows no long names, and ends the name. */
static void add_long_part(VVFATLongName *ln, const uint8_t *p)
{
    int i, seq = p[0] & 0x3f;

    if (p[0] & LONG_LAST) {
        ln->slots = seq <= LONG_SLOTS ? seq : 0;
        ln->missing = ln->slots;
        ln->sum = p[13];
    }
    if (seq == 0 || seq != ln->missing || p[13] != ln->sum) {
        ln->slots = 0;
        ln->missing = 0;
        return;
    }
    ln->missing--;
    for (i = 0; i < LONG_UNITS; i++) {
        ln->units[(seq - 1) * LONG_UNITS + i] = get_le16(p + long_offsets[i]);
    }
}

/* The name of an entry, which has to be fit for the host. */
static int entry_name(VVFATEntry *e, const VVFATLongName *ln)
{
    char name[NAME_SIZE];
    int ret, len = 0;

    if (ln->slots > 0 && ln->missing == 0 &&
        ln->sum == short_name_sum(e->short_name)) {
        while (len < ln->slots * LONG_UNITS && ln->units[len] != 0) {
            len++;
        }
        e->has_long = 1;
        ret = name_from_utf16(name, ln->units, len);
    } else {
        ret = name_from_short(name, e->short_name, e->lower);
    }
    if (ret == 0) {
        ret = check_name(name);
    }
    if (ret < 0) {
        return ret;
    }
    e->name = strdup(name);
    return e->name ? 0 : -ENOMEM;
}

static int add_entry(BDRVVVFATState *s, VVFATTree *t, uint32_t parent,
                     const uint8_t *p, const VVFATLongName *ln)
{
    VVFATEntry *e;
    uint32_t room;
    int ret;

    if (t->count > VVFAT_MAX_NODES) {
        return incomplete(s, "there are too many files");
    }
    if (t->count == t->room) {
        room = t->room + t->room / 2 + 64;
        e = realloc(t->entries, room * sizeof(*e));
        if (!e) {
            return -ENOMEM;
        }
        t->entries = e;
        t->room = room;
    }
    e = &t->entries[t->count];
    memset(e, 0, sizeof(*e));
    e->parent = parent;
    if (p) {
        memcpy(e->short_name, p, SHORT_NAME);
        e->attr = p[11];
        e->lower = p[12];
        e->fat_time = get_le16(p + 22);
        e->fat_date = get_le16(p + 24);
        e->first_cluster = get_le16(p + 26);
        e->size = get_le32(p + 28);
        e->depth = t->entries[parent].depth + 1;
    }
    e->is_dir = !p || (e->attr & ATTR_DIRECTORY);
    if (e->is_dir && e->depth > VVFAT_MAX_DEPTH) {
        return incomplete(s, "there are too many levels of directories");
    }
    ret = p ? entry_name(e, ln) : 0;
    if (ret < 0) {
        return ret == -EINVAL ? incomplete(s, "a name is not allowed") : ret;
    }
    t->count++;
    return p ? walk_chain(s, t, t->count - 1) : 0;
}

/* "." and ".." have to name the directory and the one it is in */
static int check_dots(BDRVVVFATState *s, VVFATTree *t, uint32_t dir,
                      const uint8_t *data)
{
    const VVFATEntry *e = &t->entries[dir];
    const uint8_t *up = data + ENTRY_SIZE;

    if (memcmp(data, ".          ", SHORT_NAME) ||
        memcmp(up, "..         ", SHORT_NAME) ||
        !(data[11] & ATTR_DIRECTORY) || !(up[11] & ATTR_DIRECTORY) ||
        get_le16(data + 26) != e->first_cluster ||
        get_le16(up + 26) != t->entries[e->parent].first_cluster) {
        return incomplete(s, "a directory does not name itself and its own");
    }
    return 0;
}

static int parse_slots(BDRVVVFATState *s, VVFATTree *t, uint32_t dir,
                       const uint8_t *p, uint32_t slots)
{
    VVFATLongName ln = { .slots = 0 };
    int ret = 0;

    for (; slots > 0 && ret == 0; slots--, p += ENTRY_SIZE) {
        if (p[0] == SLOT_END) {
            break;
        }
        if (p[0] != SLOT_FREE &&
            (p[11] & ATTR_LONG_MASK) == ATTR_LONG_NAME) {
            add_long_part(&ln, p);
            continue;
        }
        if (p[0] != SLOT_FREE && !(p[11] & ATTR_LABEL)) {
            ret = add_entry(s, t, dir, p, &ln);
        }
        ln.slots = 0;
        ln.missing = 0;
    }
    return ret;
}

static int compare_names(const void *a, const void *b)
{
    const char *x = (*(VVFATEntry *const *)a)->name;
    const char *y = (*(VVFATEntry *const *)b)->name;

    while (*x != '\0' && fold(*x) == fold(*y)) {
        x++;
        y++;
    }
    return fold(*x) - fold(*y);
}

static int compare_shorts(const void *a, const void *b)
{
    return memcmp((*(VVFATEntry *const *)a)->short_name,
                  (*(VVFATEntry *const *)b)->short_name, SHORT_NAME);
}

/* Two entries of one name: which of them is meant nobody can say. */
static int check_doubles(BDRVVVFATState *s, VVFATTree *t, uint32_t first)
{
    static int (*const compare[])(const void *, const void *) = {
        compare_names, compare_shorts
    };
    uint32_t count = t->count - first, i, k;
    VVFATEntry **sorted;
    int ret = 0;

    if (count < 2) {
        return 0;
    }
    sorted = qemu_malloc(count * sizeof(*sorted));
    if (!sorted) {
        return -ENOMEM;
    }
    for (k = 0; k < 2 && ret == 0; k++) {
        for (i = 0; i < count; i++) {
            sorted[i] = &t->entries[first + i];
        }
        qsort(sorted, count, sizeof(*sorted), compare[k]);
        for (i = 1; i < count && ret == 0; i++) {
            if (compare[k](&sorted[i - 1], &sorted[i]) == 0) {
                ret = incomplete(s, "a name is there twice");
            }
        }
    }
    qemu_free(sorted);
    return ret;
}

static int64_t cluster_sector(BDRVVVFATState *s, uint32_t c)
{
    return s->data_start + (int64_t)(c - 2) * s->cluster_sectors;
}

/* The contents of a directory below the root; the caller frees them. */
static int read_dir(BDRVVVFATState *s, VVFATTree *t, const VVFATEntry *e,
                    uint8_t **data)
{
    uint32_t c = e->first_cluster, i;
    int ret = 0;

    *data = qemu_malloc((size_t)e->clusters * s->cluster_bytes);
    if (!*data) {
        return -ENOMEM;
    }
    for (i = 0; i < e->clusters && ret == 0; i++) {
        ret = bdrv_read(s->qcow, cluster_sector(s, c),
                        *data + (size_t)i * s->cluster_bytes,
                        s->cluster_sectors);
        c = get_fat(s, t->fat, c);
    }
    return ret;
}

static int parse_dir(BDRVVVFATState *s, VVFATTree *t, uint32_t dir)
{
    uint32_t first = t->count, slots = s->shape->root_entries, skip = 0;
    uint8_t *data = NULL;
    const uint8_t *p = t->meta + s->root_start * SECTOR_SIZE;
    int ret = 0;

    if (dir != 0) {
        skip = 2;
        slots = t->entries[dir].clusters *
                (s->cluster_bytes / ENTRY_SIZE) - skip;
        ret = read_dir(s, t, &t->entries[dir], &data);
        if (ret == 0) {
            ret = check_dots(s, t, dir, data);
        }
        p = data;
    }
    if (ret == 0) {
        ret = parse_slots(s, t, dir, p + skip * ENTRY_SIZE, slots);
    }
    if (ret == 0) {
        ret = check_doubles(s, t, first);
    }
    qemu_free(data);
    return ret;
}

/* 0, 1 if the disk is incomplete (s->reason), or -errno. */
static int read_tree(BDRVVVFATState *s, VVFATTree *t)
{
    uint32_t i;
    int ret;

    ret = read_meta(s, t);
    if (ret == 0) {
        ret = add_entry(s, t, 0, NULL, NULL);
    }
    for (i = 0; i < t->count && ret == 0; i++) {
        if (t->entries[i].is_dir) {
            ret = parse_dir(s, t, i);
        }
    }
    return ret;
}

/* which of the guest's entries is which node */

static int is_dirty(BDRVVVFATState *s, int64_t sector)
{
    return s->dirty[sector / 8] >> (sector % 8) & 1;
}

/* Forgets removed nodes for good, and makes the hash tables anew. */
static void reclaim_nodes(BDRVVVFATState *s)
{
    uint32_t n, c;

    for (c = 2; c < s->cluster_end; c++) {
        n = s->map[c].owner;
        if (s->nodes[n].gone && !s->nodes[n].dir_data) {
            s->map[c].owner = 0;
        }
    }
    memset(s->by_name, 0, sizeof(s->by_name));
    memset(s->by_short, 0, sizeof(s->by_short));
    s->free_node = 1;
    for (n = 1; n < s->node_count; n++) {
        s->nodes[n].entry = 0;
        if (!s->nodes[n].gone) {
            index_node(s, n);
        } else if (!s->nodes[n].dir_data) {
            s->nodes[n].gone = NODE_FREE;
        }
    }
}

static int try_match(BDRVVVFATState *s, VVFATTree *t, uint32_t i, uint32_t n)
{
    if (n == 0 || s->nodes[n].entry != 0 ||
        s->nodes[n].is_dir != t->entries[i].is_dir) {
        return 0;
    }
    s->nodes[n].entry = i;
    t->entries[i].node = n;
    return 1;
}

/*
 * A file that begins where one began is that one, renamed or moved, unless
 * the place was written anew: then it may be another that got the place.
 * Failing this, a file of the same name is the same, and in the end it is the
 * place again.  A wrong guess costs copying and host attributes, never data.
 */
static int match_tree(BDRVVVFATState *s, VVFATTree *t)
{
    uint32_t *starts, i, n, c, parent;
    VVFATEntry *e;

    starts = qemu_mallocz(s->cluster_end * sizeof(*starts));
    if (!starts) {
        return -ENOMEM;
    }
    for (n = 1; n < s->node_count; n++) {
        if (!s->nodes[n].gone && s->nodes[n].first_cluster != 0) {
            starts[s->nodes[n].first_cluster] = n;
        }
    }
    for (i = 1; i < t->count; i++) {
        e = &t->entries[i];
        c = e->first_cluster;
        if (c != 0 && (e->is_dir || !is_dirty(s, cluster_sector(s, c)))) {
            try_match(s, t, i, starts[c]);
        }
    }
    for (i = 1; i < t->count; i++) {
        e = &t->entries[i];
        parent = t->entries[e->parent].node;
        if (e->node != 0 || (parent == 0 && e->parent != 0)) {
            continue;
        }
        n = find_by_name(s, parent, e->name);
        if (!try_match(s, t, i, n) && !e->has_long) {
            try_match(s, t, i, find_by_short(s, parent, e->short_name));
        }
    }
    for (i = 1; i < t->count; i++) {
        if (t->entries[i].node == 0 && t->entries[i].first_cluster != 0) {
            try_match(s, t, i, starts[t->entries[i].first_cluster]);
        }
    }
    qemu_free(starts);
    return 0;
}

/* A file whose name is gone but whose clusters are not is on its way to
   another directory, or still open: it must not be removed yet. */
static int check_settled(BDRVVVFATState *s, VVFATTree *t)
{
    uint32_t n, c;

    for (n = 1; n < s->node_count; n++) {
        c = s->nodes[n].first_cluster;
        if (!s->nodes[n].gone && s->nodes[n].entry == 0 && c != 0 &&
            t->map[c].owner == 0 && get_fat(s, t->fat, c) != 0) {
            return incomplete(s, "a file was removed, its clusters were not");
        }
    }
    return 0;
}

/* taking it over */

/* Whether what cluster `c` shows now would be lost by taking `t` over: it is
   in use, and comes from a place in a file that it will not be at. */
static int must_save(BDRVVVFATState *s, VVFATTree *t, uint32_t c)
{
    const VVFATPlace *old = &s->map[c], *place = &t->map[c];
    const VVFATEntry *e = &t->entries[place->owner];

    if (old->owner == 0 || get_fat(s, t->fat, c) == 0) {
        return 0;
    }
    if (s->nodes[old->owner].dir_data) {
        return place->owner != 0 && !e->is_dir;
    }
    if (place->owner == 0 || e->node != old->owner || place->pos != old->pos) {
        return 1;
    }
    /* what lies behind the end that a file will have */
    return e->size < s->nodes[old->owner].size &&
           (place->pos + UINT64_C(1)) * s->cluster_bytes > e->size;
}

/* Brings such clusters into the overlay, before any file is touched. */
static int save_clusters(BDRVVVFATState *s, VVFATTree *t, uint8_t *buf)
{
    uint32_t c;
    int ret = 0;

    for (c = 2; c < s->cluster_end && ret == 0; c++) {
        if (!must_save(s, t, c)) {
            continue;
        }
        ret = bdrv_read(s->qcow, cluster_sector(s, c), buf,
                        s->cluster_sectors);
        if (ret == 0) {
            ret = bdrv_write(s->qcow, cluster_sector(s, c), buf,
                             s->cluster_sectors);
        }
    }
    return ret;
}

/* Whether what has a node's name in `dir` is that node, unchanged. */
static int check_named(BDRVVVFATState *s, int dir, uint32_t n)
{
    VVFATNode *node = &s->nodes[n];
    struct stat st;

    if (fstatat(dir, node->host_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -errno;
    }
    return check_unchanged(node, &st);
}

static void forget_node(BDRVVVFATState *s, uint32_t n)
{
    s->nodes[s->nodes[n].parent].touched = 1;
    s->nodes[n].gone = NODE_GONE;
    free_node_names(&s->nodes[n]);
}

/* Removes a file or an empty directory; it may be gone already.  A directory
   that has things in it which the guest cannot see stays. */
static int remove_node(BDRVVVFATState *s, uint32_t n)
{
    VVFATNode *node = &s->nodes[n];
    int ret, dir = open_dir(s, node->parent, O_PATH);

    if (dir >= 0) {
        ret = check_named(s, dir, n);
        if (ret == 0 && unlinkat(dir, node->host_name,
                                 node->is_dir ? AT_REMOVEDIR : 0) < 0) {
            ret = -errno;
        }
        close(dir);
    } else {
        ret = dir;
    }
    if (ret == -ENOENT ||
        (node->is_dir && (ret == -ENOTEMPTY || ret == -EEXIST))) {
        ret = 0;
    }
    if (ret == 0) {
        forget_node(s, n);
    }
    return ret;
}

static int remove_files(BDRVVVFATState *s)
{
    uint32_t n;
    int ret = 0;

    for (n = 1; n < s->node_count && ret == 0; n++) {
        if (!s->nodes[n].gone && s->nodes[n].entry == 0 &&
            !s->nodes[n].is_dir) {
            ret = remove_node(s, n);
        }
    }
    return ret;
}

/* The deepest ones first. */
static int remove_dirs(BDRVVVFATState *s)
{
    uint32_t n, depth;
    int ret = 0;

    for (depth = MAX_WALK; depth > 0; depth--) {
        for (n = 1; n < s->node_count && ret == 0; n++) {
            if (!s->nodes[n].gone && s->nodes[n].entry == 0 &&
                s->nodes[n].is_dir && node_depth(s, n) == depth) {
                ret = remove_node(s, n);
            }
        }
    }
    return ret;
}

/* rename(2), but -EEXIST where it would replace something */
static int rename_new(int dir, const char *name, int new_dir,
                      const char *new_name)
{
    struct stat st;

    if (renameat2(dir, name, new_dir, new_name, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -errno;
    }
    /* the file system does not know how */
    if (fstatat(new_dir, new_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        return -EEXIST;
    }
    if (errno != ENOENT || renameat(dir, name, new_dir, new_name) < 0) {
        return -errno;
    }
    return 0;
}

/* Gives a node that is to leave `name` anyway a makeshift one; -EEXIST if it
   is no node that has the name. */
static int move_aside(BDRVVVFATState *s, int dir, uint32_t parent,
                      const char *name)
{
    char aside[NAME_SIZE], *copy;
    uint32_t n, i;
    int ret;

    for (n = 1; n < s->node_count; n++) {
        if (!s->nodes[n].gone && s->nodes[n].parent == parent &&
            !strcmp(s->nodes[n].host_name, name)) {
            break;
        }
    }
    if (n == s->node_count) {
        return -EEXIST;
    }
    ret = check_named(s, dir, n);
    for (i = 0; ret == 0 && i < 1000; i++) {
        snprintf(aside, sizeof(aside), "vvfat-%u-%u.tmp", n, i);
        ret = rename_new(dir, name, dir, aside);
        if (ret == 0) {
            copy = strdup(aside);
            if (!copy) {
                rename_new(dir, aside, dir, name);
                return -ENOMEM;
            }
            free(s->nodes[n].host_name);
            s->nodes[n].host_name = copy;
            s->nodes[n].displaced = 1;
            return 0;
        }
        ret = ret == -EEXIST ? 0 : ret;
    }
    return ret < 0 ? ret : -EEXIST;
}

/* Gives a node the guest's names; `host_name` NULL: it keeps its own. */
static int rename_node(VVFATNode *node, const VVFATEntry *e,
                       const char *host_name)
{
    char *guest = strdup(e->name), *host = NULL;

    if (host_name) {
        host = strdup(host_name);
    }
    if (!guest || (host_name && !host)) {
        free(guest);
        free(host);
        return -ENOMEM;
    }
    free(node->guest_name);
    node->guest_name = guest;
    if (host) {
        free(node->host_name);
        node->host_name = host;
        node->displaced = 0;
    }
    memcpy(node->short_name, e->short_name, SHORT_NAME);
    return 0;
}

/* Whether an entry's node has its place and name already. */
static int is_in_place(const VVFATNode *node, const VVFATEntry *e,
                       uint32_t parent)
{
    return !node->displaced && node->parent == parent &&
           !strcmp(node->guest_name, e->name);
}

/* Makes a file or directory; -EEXIST if anything has the name. */
static int create_node(BDRVVVFATState *s, VVFATTree *t, uint32_t i, int dir,
                       uint32_t parent, int adopt)
{
    VVFATEntry *e = &t->entries[i];
    struct stat st;
    int64_t n;
    int fd, ret;

    if (e->is_dir) {
        /* adopt: one that stayed, see remove_node() */
        if (mkdirat(dir, e->name, 0777) < 0 && !(adopt && errno == EEXIST)) {
            return -errno;
        }
        fd = openat(dir, e->name,
                    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    } else {
        fd = openat(dir, e->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
                    O_CLOEXEC | O_LARGEFILE, 0666);
    }
    if (fd < 0) {
        return errno == ENOTDIR || errno == ELOOP ? -EEXIST : -errno;
    }
    ret = fstat(fd, &st) < 0 ? -errno : 0;
    close(fd);
    n = ret < 0 ? ret : new_node(s, e->name);
    if (n < 0) {
        return n;
    }
    s->nodes[n].parent = parent;
    s->nodes[n].is_dir = e->is_dir;
    s->nodes[n].entry = i;
    s->nodes[n].rewrite = 1;
    set_node_stat(&s->nodes[n], &st);
    e->node = n;
    ret = rename_node(&s->nodes[n], e, NULL);
    if (ret < 0) {
        /* without a name for the guest it would be no node */
        forget_node(s, n);
    }
    return ret;
}

static int move_node(BDRVVVFATState *s, VVFATTree *t, uint32_t i, int dir,
                     uint32_t parent)
{
    VVFATEntry *e = &t->entries[i];
    VVFATNode *node = &s->nodes[e->node];
    int ret, from = open_dir(s, node->parent, O_PATH);

    if (from < 0) {
        return from;
    }
    ret = check_named(s, from, e->node);
    if (ret == 0) {
        ret = rename_new(from, node->host_name, dir, e->name);
    }
    close(from);
    if (ret == 0) {
        s->nodes[node->parent].touched = 1;
        node->parent = parent;
        ret = rename_node(node, e, e->name);
    }
    return ret;
}

/* Sees to it that there is a file or directory for an entry, at its place. */
static int place_entry(BDRVVVFATState *s, VVFATTree *t, uint32_t i)
{
    VVFATEntry *e = &t->entries[i];
    uint32_t parent = t->entries[e->parent].node;
    int dir, ret, tries, adopt = 0;

    if (e->node != 0 && is_in_place(&s->nodes[e->node], e, parent)) {
        return rename_node(&s->nodes[e->node], e, NULL);
    }
    dir = open_dir(s, parent, O_PATH);
    if (dir < 0) {
        return dir;
    }
    for (tries = 0; tries < 2; tries++) {
        ret = e->node != 0 ? move_node(s, t, i, dir, parent)
                           : create_node(s, t, i, dir, parent, adopt);
        if (ret != -EEXIST || tries > 0) {
            break;
        }
        ret = move_aside(s, dir, parent, e->name);
        if (ret == -EEXIST && e->is_dir && e->node == 0) {
            adopt = 1;
        } else if (ret < 0) {
            break;
        }
    }
    close(dir);
    if (ret == 0) {
        s->nodes[parent].touched = 1;
    }
    return ret;
}

/* a file while its contents are taken over */
typedef struct VVFATCopy {
    uint32_t node;
    int fd; /* -1 until something has to be written */
    int all; /* what the file holds is not certain */
    uint32_t old_size;
    uint8_t *buf; /* of a cluster */
} VVFATCopy;

/* What the file looks like after we changed it. */
static int note_change(BDRVVVFATState *s, VVFATCopy *copy)
{
    struct stat st;

    if (fstat(copy->fd, &st) < 0) {
        return -errno;
    }
    set_node_stat(&s->nodes[copy->node], &st);
    return 0;
}

/* Opens the file, and lets it have its new size. */
static int begin_copy(BDRVVVFATState *s, VVFATCopy *copy, uint32_t size)
{
    if (copy->fd >= 0) {
        return 0;
    }
    copy->fd = open_file(s, copy->node, O_WRONLY);
    if (copy->fd < 0) {
        return copy->fd;
    }
    s->nodes[copy->node].rewrite = 1;
    if (size != s->nodes[copy->node].size && ftruncate(copy->fd, size) < 0) {
        return -errno;
    }
    return note_change(s, copy);
}

/* Copies one cluster's part of a file: all of it if the file did not have the
   cluster at that place, else what was written or lies behind its old end. */
static int copy_cluster(BDRVVVFATState *s, VVFATCopy *copy, uint32_t c,
                        uint32_t pos, uint32_t size)
{
    int all = copy->all ||
              s->map[c].owner != copy->node || s->map[c].pos != pos;
    uint64_t start = (uint64_t)pos * s->cluster_bytes;
    uint32_t i, first = 0, count = 0, end = s->cluster_sectors, bytes;
    int ret;

    if (end > (size - start + SECTOR_SIZE - 1) / SECTOR_SIZE) {
        end = (size - start + SECTOR_SIZE - 1) / SECTOR_SIZE;
    }
    for (i = 0; i < end; i++) {
        if (all || is_dirty(s, cluster_sector(s, c) + i) ||
            (size > copy->old_size &&
             start + (i + 1) * SECTOR_SIZE > copy->old_size)) {
            first = count == 0 ? i : first;
            count = i - first + 1;
        }
    }
    if (count == 0) {
        return 0;
    }
    ret = bdrv_read(s->qcow, cluster_sector(s, c) + first, copy->buf, count);
    if (ret == 0) {
        ret = begin_copy(s, copy, size);
    }
    if (ret < 0) {
        return ret;
    }
    start += first * SECTOR_SIZE;
    bytes = count * SECTOR_SIZE;
    bytes = bytes < size - start ? bytes : size - start;
    ret = pwrite_full(copy->fd, copy->buf, bytes, start);
    return ret < 0 ? ret : note_change(s, copy);
}

/* The file's time is the guest's, if that was set or changed. */
static int copy_time(BDRVVVFATState *s, VVFATCopy *copy, const VVFATEntry *e)
{
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

    if (!host_time(e->fat_time, e->fat_date, &times[1].tv_sec)) {
        return 0;
    }
    if (futimens(copy->fd, times) < 0) {
        return -errno;
    }
    return note_change(s, copy);
}

static int copy_file(BDRVVVFATState *s, VVFATTree *t, const VVFATEntry *e,
                     VVFATCopy *copy)
{
    VVFATNode *node = &s->nodes[e->node];
    int new_time = node->fat_time != e->fat_time ||
                   node->fat_date != e->fat_date;
    uint32_t c = e->first_cluster, pos = 0;
    int ret = 0;

    if (e->size != node->size || new_time || node->rewrite) {
        ret = begin_copy(s, copy, e->size);
    }
    for (; (uint64_t)pos * s->cluster_bytes < e->size && ret == 0; pos++) {
        ret = copy_cluster(s, copy, c, pos, e->size);
        c = get_fat(s, t->fat, c);
    }
    if (ret == 0 && new_time) {
        ret = begin_copy(s, copy, e->size);
        if (ret == 0) {
            ret = copy_time(s, copy, e);
        }
    }
    return ret;
}

/* Takes over the contents of a file; `sync`: they are to last. */
static int write_file(BDRVVVFATState *s, VVFATTree *t, const VVFATEntry *e,
                      uint8_t *buf, int sync)
{
    VVFATCopy copy = { .node = e->node, .fd = -1, .buf = buf };
    int ret;

    copy.all = s->nodes[e->node].rewrite;
    copy.old_size = s->nodes[e->node].size;
    ret = copy_file(s, t, e, &copy);
    if (copy.fd >= 0) {
        if (ret == 0 && sync) {
            ret = file_flush(copy.fd);
        }
        close(copy.fd);
    }
    if (ret == 0) {
        s->nodes[e->node].rewrite = 0;
    }
    return ret;
}

/* From now on the nodes are as the guest has them. */
static void adopt_tree(BDRVVVFATState *s, VVFATTree *t)
{
    const VVFATEntry *e;
    VVFATNode *node;
    uint32_t i, c;

    for (i = 1; i < t->count; i++) {
        e = &t->entries[i];
        node = &s->nodes[e->node];
        node->first_cluster = e->first_cluster;
        node->fat_time = e->fat_time;
        node->fat_date = e->fat_date;
    }
    for (c = 2; c < s->cluster_end; c++) {
        e = &t->entries[t->map[c].owner];
        if (t->map[c].owner != 0 && !e->is_dir &&
            (uint64_t)t->map[c].pos * s->cluster_bytes < e->size) {
            s->map[c].owner = e->node;
            s->map[c].pos = t->map[c].pos;
        } else if (!s->nodes[s->map[c].owner].dir_data) {
            s->map[c].owner = 0;
        }
    }
    memset(s->dirty, 0, (s->sector_count + 7) / 8);
    s->changed = 0;
}

static int sync_dirs(BDRVVVFATState *s)
{
    uint32_t n;
    int fd, ret = 0;

    for (n = 0; n < s->node_count && ret == 0; n++) {
        if (!s->nodes[n].touched || s->nodes[n].gone) {
            continue;
        }
        fd = open_dir(s, n, O_RDONLY);
        if (fd < 0) {
            return fd;
        }
        /* EINVAL, EROFS: the kind of directory has nothing to flush */
        if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS) {
            ret = -errno;
        }
        close(fd);
        s->nodes[n].touched = 0;
    }
    return ret;
}

/*
 * Makes DIR what the guest's tree is.  Failing half way leaves the nodes as
 * they then are, and the overlay with all that the guest can see, so that the
 * next commit goes on from there.
 */
static int apply_tree(BDRVVVFATState *s, VVFATTree *t, int sync)
{
    uint8_t *buf = qemu_malloc(s->cluster_bytes);
    uint32_t i;
    int pass, ret;

    if (!buf) {
        return -ENOMEM;
    }
    ret = save_clusters(s, t, buf);
    close_open_file(s);
    if (ret == 0) {
        ret = remove_files(s);
    }
    /* twice, for what was moved aside after it had its turn */
    for (pass = 0; pass < 2; pass++) {
        for (i = 1; i < t->count && ret == 0; i++) {
            ret = place_entry(s, t, i);
        }
    }
    for (i = 1; i < t->count && ret == 0; i++) {
        if (!t->entries[i].is_dir) {
            ret = write_file(s, t, &t->entries[i], buf, sync);
        }
    }
    if (ret == 0) {
        ret = remove_dirs(s);
    }
    if (ret == 0) {
        adopt_tree(s, t);
        ret = sync ? sync_dirs(s) : 0;
    }
    close_open_file(s);
    qemu_free(buf);
    return ret;
}

/* Takes the guest's changes over: 0, 1 if the disk is incomplete (s->reason),
   or -errno.  `closing`: there will be no other time. */
static int commit(BDRVVVFATState *s, int closing)
{
    VVFATTree t = { .meta = NULL };
    int ret;

    ret = read_tree(s, &t);
    if (ret == 0) {
        reclaim_nodes(s);
        ret = match_tree(s, &t);
    }
    if (ret == 0 && !closing) {
        ret = check_settled(s, &t);
    }
    if (ret == 0) {
        ret = apply_tree(s, &t, !closing);
    }
    free_tree(&t);
    return ret;
}

/* the driver */

static int vvfat_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    (void)buf;
    (void)buf_size;
    return strstart(filename, "fat:", NULL) ? 100 : 0;
}

static int make_qcow_filename(BDRVVVFATState *s)
{
    const char *dir = getenv("TMPDIR");
    int fd, len;

    if (!dir || dir[0] == '\0') {
        dir = "/tmp";
    }
    len = snprintf(s->qcow_filename, sizeof(s->qcow_filename),
                   "%s/vvfat.XXXXXX", dir);
    if (len < 0 || (size_t)len >= sizeof(s->qcow_filename)) {
        s->qcow_filename[0] = '\0';
        return -ENAMETOOLONG;
    }
    fd = mkstemp(s->qcow_filename);
    if (fd < 0) {
        s->qcow_filename[0] = '\0';
        return -errno;
    }
    close(fd);
    return 0;
}

/* Makes the image that takes the guest's writes. */
static int enable_write_target(BDRVVVFATState *s)
{
    int ret = make_qcow_filename(s);

    if (ret < 0) {
        return ret;
    }
    s->dirty = qemu_mallocz((s->sector_count + 7) / 8);
    if (!s->dirty) {
        return -ENOMEM;
    }
    write_target = s;
    if (bdrv_create(&bdrv_qcow,
                s->qcow_filename, s->sector_count, "fat:", 0) < 0)
        return -EIO;
    s->qcow = bdrv_new("");
    if (s->qcow == NULL || bdrv_open(s->qcow, s->qcow_filename, 0) < 0)
        return -EIO;

    return 0;
}

/* "fat:" alone is the disk as it was made, for the overlay that is just being
   opened and for nobody else. */
static int open_write_target(BlockDriverState *bs)
{
    BDRVVVFATState *s = bs->opaque;

    if (!write_target) {
        return -EINVAL;
    }
    s->target = write_target;
    write_target = NULL;
    bs->total_sectors = s->target->sector_count;
    bs->read_only = 1;
    return 0;
}

/* Reads what stands before DIR. */
static int parse_name(const char *filename, const char **dir, int *fat_type,
                      int *floppy, int *rw)
{
    int type;

    if (!strstart(filename, "fat:", dir)) {
        return -EINVAL;
    }
    for (;;) {
        type = 0;
        if (strstart(*dir, "12:", dir)) {
            type = 12;
        } else if (strstart(*dir, "16:", dir)) {
            type = 16;
        } else if (strstart(*dir, "32:", dir)) {
            return -ENOTSUP;
        } else if (strstart(*dir, "floppy:", dir)) {
            *floppy = 1;
        } else if (strstart(*dir, "rw:", dir)) {
            *rw = 1;
        } else {
            return 0;
        }
        if (type != 0 && *fat_type != 0 && type != *fat_type) {
            return -EINVAL;
        }
        *fat_type = type != 0 ? type : *fat_type;
    }
}

static void free_state(BDRVVVFATState *s)
{
    uint32_t n;

    if (s->qcow) {
        bdrv_delete(s->qcow);
    }
    if (s->qcow_filename[0] != '\0') {
        unlink(s->qcow_filename);
    }
    close_open_file(s);
    for (n = 0; n < s->node_count; n++) {
        free_node_names(&s->nodes[n]);
        qemu_free(s->nodes[n].dir_data);
    }
    free(s->nodes);
    qemu_free(s->meta);
    qemu_free(s->map);
    qemu_free(s->dirty);
    if (s->dir_fd >= 0) {
        close(s->dir_fd);
    }
}

static int vvfat_open(BlockDriverState *bs, const char *filename)
{
    BDRVVVFATState *s = bs->opaque;
    int fat_type = 0, floppy = 0, rw = 0, ret;
    const char *dirname;

    s->dir_fd = -1;
    if (!strcmp(filename, "fat:")) {
        return open_write_target(bs);
    }
    ret = parse_name(filename, &dirname, &fat_type, &floppy, &rw);
    if (ret == 0) {
        ret = set_layout(s, fat_type, floppy);
    }
    if (ret < 0) {
        return ret;
    }
    s->dir_fd = open(dirname, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd < 0) {
        return -errno;
    }
    ret = scan_tree(s);
    if (ret == 0) {
        ret = make_disk(s);
    }
    if (ret < 0) {
        goto fail;
    }
    bs->total_sectors = s->sector_count;
    bs->read_only = 1;
    if (rw) {
        ret = enable_write_target(s);
        write_target = NULL;
        if (ret < 0) {
            goto fail;
        }
        /* open is enough: this way a crash leaves no file */
        unlink(s->qcow_filename);
        s->qcow_filename[0] = '\0';
        bs->read_only = 0;
    }
    return 0;

fail:
    free_state(s);
    return ret;
}

static int vvfat_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors)
{
    BDRVVVFATState *s = bs->opaque;

    if (s->qcow) {
        return bdrv_read(s->qcow, sector_num, buf, nb_sectors);
    }
    return read_made(s->target ? s->target : s, sector_num, buf, nb_sectors);
}

static int vvfat_write(BlockDriverState *bs, int64_t sector_num,
                       const uint8_t *buf, int nb_sectors)
{
    BDRVVVFATState *s = bs->opaque;
    int i;

    if (!s->qcow) {
        return -EACCES;
    }
    s->changed = 1;
    for (i = 0; i < nb_sectors; i++) {
        s->dirty[(sector_num + i) / 8] |= 1 << (sector_num + i) % 8;
    }
    return bdrv_write(s->qcow, sector_num, buf, nb_sectors);
}

static int vvfat_flush(BlockDriverState *bs)
{
    BDRVVVFATState *s = bs->opaque;
    int ret;

    if (!s->changed) {
        return 0;
    }
    ret = commit(s, 0);
    return ret < 0 ? ret : 0;
}

static void vvfat_close(BlockDriverState *bs)
{
    BDRVVVFATState *s = bs->opaque;
    int ret;

    if (s->target) {
        return;
    }
    if (s->changed) {
        ret = commit(s, 1);
        if (ret != 0) {
            fprintf(stderr, "ioemu: '%s': the guest's last changes are not in "
                    "the directory: %s\n", bs->filename,
                    ret < 0 ? strerror(-ret) : s->reason);
        }
    }
    free_state(s);
}

BlockDriver bdrv_vvfat = {
    .format_name = "vvfat",
    .instance_size = sizeof(BDRVVVFATState),
    .bdrv_probe = vvfat_probe,
    .bdrv_open = vvfat_open,
    .bdrv_read = vvfat_read,
    .bdrv_write = vvfat_write,
    .bdrv_close = vvfat_close,
    .bdrv_flush = vvfat_flush,
    .any_file = 1,
};
