/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu-img: makes, describes, converts, compares and commits disk images, and
 * keeps their internal snapshots.
 *
 * Exit codes: 0 done, 1 failed (a message on stderr says why); of compare: 0
 * equal, 1 different, 2 failed.  A backing file's name is taken from the
 * directory of the image that names it.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vl.h"

/* bytes copied at once; the largest cluster of any format that compresses */
#define CONVERT_BYTES (2 << 20)

/* what error() exits with */
static int exit_code = 1;

static void __attribute__((noreturn, format(printf, 1, 2)))
error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fprintf(stderr, "ioemu-img: ");
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    exit(exit_code);
}

static void print_format(void *opaque, const char *name)
{
    fprintf(opaque, " %s", name);
}

static void usage(FILE *f)
{
    fprintf(f, "usage: ioemu-img COMMAND [options]\n"
            "  create [-b BACKING] [-f FORMAT] FILE [SIZE]\n"
            "      make an empty image; SIZE in bytes, or with k, M, G, T\n"
            "      (that of the backing file by default)\n"
            "  info [-f FORMAT] FILE\n"
            "      print what is known of an image\n"
            "  convert [-c] [-f FORMAT] [-O FORMAT] SOURCE TARGET\n"
            "      copy an image with its backing files; -c compresses\n"
            "  commit [-f FORMAT] FILE\n"
            "      write what is in an image to its backing file\n"
            "  compare [-f FORMAT] [-F FORMAT] FILE FILE\n"
            "      tell whether two disks hold the same; zeros go on behind\n"
            "      the shorter one's end\n"
            "  snapshot [-f FORMAT] -l FILE\n"
            "  snapshot [-f FORMAT] -c|-a|-d NAME FILE\n"
            "      list, create, apply or delete internal snapshots\n"
            "formats:");
    bdrv_iterate_format(print_format, f);
    fprintf(f, "\n");
}

static void __attribute__((noreturn)) help(void)
{
    usage(stderr);
    exit(exit_code);
}

static BlockDriver *find_format(const char *fmt)
{
    BlockDriver *drv = bdrv_find_format(fmt);

    if (!drv) {
        error("unknown format '%s'", fmt);
    }
    return drv;
}

/* Opens an image; a format that is not named is probed. */
static BlockDriverState *bdrv_new_open(const char *filename, const char *fmt)
{
    BlockDriverState *bs;
    BlockDriver *drv;
    int ret;

    bs = bdrv_new("");
    if (!bs)
        error("not enough memory");
    if (fmt) {
        drv = find_format(fmt);
    } else {
        drv = NULL;
    }
    ret = bdrv_open2(bs, filename, 0, drv);
    if (ret < 0) {
        error("cannot open '%s': %s", filename, strerror(-ret));
    }
    return bs;
}

/* A size in bytes with an optional suffix; a whole number of sectors. */
static int64_t parse_size(const char *str)
{
    static const char suffixes[] = "kMGT";
    const char *suffix;
    unsigned long long value;
    int shift = 0;
    char *end;

    errno = 0;
    value = strtoull(str, &end, 10);
    if (errno || end == str || str[0] == '-') {
        error("invalid size '%s'", str);
    }
    if (*end != '\0') {
        suffix = strchr(suffixes, *end);
        if (!suffix || end[1] != '\0') {
            error("invalid size '%s'", str);
        }
        shift = 10 * (int)(suffix - suffixes + 1);
    }
    if (value > (unsigned long long)INT64_MAX >> shift) {
        error("size '%s' too large", str);
    }
    value <<= shift;
    if (value % SECTOR_SIZE != 0) {
        error("size '%s' is not a multiple of %d bytes", str, SECTOR_SIZE);
    }
    return value;
}

/* The size in bytes of a backing file, opened from where `filename` is. */
static int64_t backing_length(const char *filename, const char *backing)
{
    char name[PATH_MAX];
    BlockDriverState *bs;
    int64_t length;

    if (path_combine(name, sizeof(name), filename, backing) < 0) {
        error("name of '%s' too long", backing);
    }
    bs = bdrv_new_open(name, NULL);
    length = bdrv_getlength(bs);
    bdrv_delete(bs);
    return length;
}

static int img_create(int argc, char **argv)
{
    const char *fmt = "raw";
    const char *backing = NULL;
    const char *filename;
    int64_t size;
    int c, ret;

    while ((c = getopt(argc, argv, "+b:f:")) != -1) {
        switch (c) {
        case 'b':
            backing = optarg;
            break;
        case 'f':
            fmt = optarg;
            break;
        default:
            help();
        }
    }
    if (optind >= argc || argc - optind > 2)
        help();
    filename = argv[optind++];
    if (optind < argc) {
        size = parse_size(argv[optind]);
    } else if (backing) {
        size = backing_length(filename, backing);
    } else {
        error("no size given for '%s'", filename);
    }
    ret = bdrv_create(find_format(fmt), filename, size >> SECTOR_BITS,
                      backing, 0);
    if (ret < 0) {
        error("cannot create '%s' as %s: %s", filename, fmt, strerror(-ret));
    }
    return 0;
}

static int img_commit(int argc, char **argv)
{
    const char *fmt = NULL;
    const char *filename;
    BlockDriverState *bs;
    BlockDriver *drv;
    int c, ret;

    while ((c = getopt(argc, argv, "+f:")) != -1) {
        switch (c) {
        case 'f':
            fmt = optarg;
            break;
        default:
            help();
        }
    }
    if (argc - optind != 1)
        help();
    filename = argv[optind++];

    bs = bdrv_new("");
    if (!bs)
        error("not enough memory");
    if (fmt) {
        drv = find_format(fmt);
    } else {
        drv = NULL;
    }
    ret = bdrv_open2(bs, filename, 0, drv);
    if (ret < 0) {
        error("cannot open '%s': %s", filename, strerror(-ret));
    }
    ret = bdrv_commit(bs);
    if (ret < 0) {
        error("cannot commit '%s': %s", filename, strerror(-ret));
    }
    bdrv_delete(bs);
    printf("image committed\n");
    return 0;
}

static int is_zero(const uint8_t *buf, size_t bytes)
{
    return bytes == 0 || (buf[0] == 0 && !memcmp(buf, buf + 1, bytes - 1));
}

/* Writes a piece of a copy; pieces of zeros are left out, the target being
   new and empty. */
static int convert_piece(BlockDriverState *out, int64_t sector_num,
                         const uint8_t *buf, int nb_sectors, int compress)
{
    size_t bytes = (size_t)nb_sectors << SECTOR_BITS;

    if (is_zero(buf, bytes)) {
        return 0;
    }
    if (compress) {
        return bdrv_write_compressed(out, sector_num, buf, nb_sectors);
    }
    return bdrv_write(out, sector_num, buf, nb_sectors);
}

/* Copies in pieces of `step` sectors; 0 or -errno. */
static int convert(BlockDriverState *in, BlockDriverState *out, int step,
                   int compress)
{
    int64_t total = bdrv_getlength(in) >> SECTOR_BITS;
    uint8_t *buf = qemu_malloc(CONVERT_BYTES);
    int64_t sector_num;
    int ret = 0, n, i, part;

    if (!buf) {
        return -ENOMEM;
    }
    for (sector_num = 0; sector_num < total && ret >= 0; sector_num += n) {
        n = CONVERT_BYTES >> SECTOR_BITS;
        if (n > total - sector_num) {
            n = total - sector_num;
        }
        ret = bdrv_read(in, sector_num, buf, n);
        for (i = 0; i < n && ret >= 0; i += part) {
            part = step < n - i ? step : n - i;
            ret = convert_piece(out, sector_num + i,
                                buf + ((size_t)i << SECTOR_BITS), part,
                                compress);
        }
    }
    qemu_free(buf);
    return ret < 0 ? ret : bdrv_flush(out);
}

static int img_convert(int argc, char **argv)
{
    const char *fmt = NULL, *out_fmt = "raw";
    const char *in_name, *out_name;
    BlockDriverState *in, *out;
    BlockDriverInfo info = { 0 };
    struct stat in_st, out_st;
    int c, ret, compress = 0;
    int step = 65536 >> SECTOR_BITS;

    while ((c = getopt(argc, argv, "+cf:O:")) != -1) {
        switch (c) {
        case 'c':
            compress = 1;
            break;
        case 'f':
            fmt = optarg;
            break;
        case 'O':
            out_fmt = optarg;
            break;
        default:
            help();
        }
    }
    if (argc - optind != 2)
        help();
    in_name = argv[optind++];
    out_name = argv[optind++];

    in = bdrv_new_open(in_name, fmt);
    if (stat(in_name, &in_st) == 0 && stat(out_name, &out_st) == 0 &&
        in_st.st_dev == out_st.st_dev && in_st.st_ino == out_st.st_ino) {
        error("'%s' and '%s' are the same file", in_name, out_name);
    }
    ret = bdrv_create(find_format(out_fmt), out_name,
                      bdrv_getlength(in) >> SECTOR_BITS, NULL, 0);
    if (ret < 0) {
        error("cannot create '%s' as %s: %s", out_name, out_fmt,
              strerror(-ret));
    }
    out = bdrv_new_open(out_name, out_fmt);
    if (bdrv_get_info(out, &info) == 0 && info.cluster_size != 0 &&
        info.cluster_size <= CONVERT_BYTES) {
        step = info.cluster_size >> SECTOR_BITS;
    } else if (compress) {
        error("format %s cannot be compressed", out_fmt);
    }
    ret = convert(in, out, step, compress);
    if (ret < 0) {
        error("cannot convert '%s' to '%s': %s", in_name, out_name,
              strerror(-ret));
    }
    bdrv_delete(out);
    bdrv_delete(in);
    return 0;
}

/* Reads sectors that may lie behind the disk's end, as zeros. */
static int read_or_zero(BlockDriverState *bs, int64_t sector_num,
                        uint8_t *buf, int nb_sectors)
{
    int64_t have = (bdrv_getlength(bs) >> SECTOR_BITS) - sector_num;

    if (have > nb_sectors) {
        have = nb_sectors;
    } else if (have < 0) {
        have = 0;
    }
    memset(buf + (have << SECTOR_BITS), 0,
           (size_t)(nb_sectors - have) << SECTOR_BITS);
    return have ? bdrv_read(bs, sector_num, buf, have) : 0;
}

/* The first byte in which two disks differ, -1 if there is none. */
static int64_t find_difference(BlockDriverState *a, const char *a_name,
                               BlockDriverState *b, const char *b_name)
{
    uint8_t *buf = qemu_malloc(2 * CONVERT_BYTES);
    int64_t total = bdrv_getlength(a), sector_num, found = -1;
    const int step = CONVERT_BYTES >> SECTOR_BITS;
    int i, ret;

    if (!buf) {
        error("not enough memory");
    }
    if (bdrv_getlength(b) > total) {
        total = bdrv_getlength(b);
    }
    total >>= SECTOR_BITS;
    for (sector_num = 0; sector_num < total && found < 0; sector_num += step) {
        ret = read_or_zero(a, sector_num, buf, step);
        if (ret < 0) {
            error("cannot read '%s': %s", a_name, strerror(-ret));
        }
        ret = read_or_zero(b, sector_num, buf + CONVERT_BYTES, step);
        if (ret < 0) {
            error("cannot read '%s': %s", b_name, strerror(-ret));
        }
        if (memcmp(buf, buf + CONVERT_BYTES, CONVERT_BYTES) != 0) {
            for (i = 0; buf[i] == buf[CONVERT_BYTES + i]; i++) {
            }
            found = (sector_num << SECTOR_BITS) + i;
        }
    }
    qemu_free(buf);
    return found;
}

static int img_compare(int argc, char **argv)
{
    const char *a_fmt = NULL, *b_fmt = NULL;
    BlockDriverState *a, *b;
    int64_t offset;
    int c;

    exit_code = 2;
    while ((c = getopt(argc, argv, "+f:F:")) != -1) {
        switch (c) {
        case 'f':
            a_fmt = optarg;
            break;
        case 'F':
            b_fmt = optarg;
            break;
        default:
            help();
        }
    }
    if (argc - optind != 2)
        help();
    a = bdrv_new_open(argv[optind], a_fmt);
    b = bdrv_new_open(argv[optind + 1], b_fmt);
    offset = find_difference(a, argv[optind], b, argv[optind + 1]);
    if (offset < 0) {
        printf("the disks are equal\n");
    } else {
        printf("the disks differ at byte %" PRId64 "\n", offset);
    }
    bdrv_delete(b);
    bdrv_delete(a);
    return offset < 0 ? 0 : 1;
}

static int list_snapshots(BlockDriverState *bs)
{
    BlockSnapshotInfo *list;
    char date[32];
    struct tm tm;
    time_t t;
    int i, n;

    n = bdrv_snapshot_list(bs, &list);
    if (n < 0) {
        return n;
    }
    for (i = 0; i < n; i++) {
        t = list[i].date_sec;
        if (!gmtime_r(&t, &tm) ||
            strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0) {
            date[0] = '\0';
        }
        printf("%s\t%s\t%s\t%" PRIu32 "\n", list[i].id_str, list[i].name,
               date, list[i].vm_state_size);
    }
    qemu_free(list);
    return 0;
}

static int create_snapshot(BlockDriverState *bs, const char *name)
{
    BlockSnapshotInfo info;
    struct timespec now;

    if (name[0] == '\0' || strlen(name) >= sizeof(info.name)) {
        return name[0] == '\0' ? -EINVAL : -ENAMETOOLONG;
    }
    memset(&info, 0, sizeof(info));
    pstrcpy(info.name, sizeof(info.name), name);
    if (clock_gettime(CLOCK_REALTIME, &now) == 0) {
        info.date_sec = now.tv_sec;
        info.date_nsec = now.tv_nsec;
    }
    return bdrv_snapshot_create(bs, &info);
}

static int img_snapshot(int argc, char **argv)
{
    const char *fmt = NULL, *name = NULL;
    BlockDriverState *bs;
    int c, ret, action = 0;

    while ((c = getopt(argc, argv, "+f:lc:a:d:")) != -1) {
        if (c == 'f') {
            fmt = optarg;
        } else if (c == '?' || action) {
            help();
        } else {
            action = c;
            name = optarg;
        }
    }
    if (argc - optind != 1 || !action)
        help();
    bs = bdrv_new_open(argv[optind], fmt);
    if (action == 'l') {
        ret = list_snapshots(bs);
    } else if (action == 'c') {
        ret = create_snapshot(bs, name);
    } else if (action == 'a') {
        ret = bdrv_snapshot_goto(bs, name);
    } else {
        ret = bdrv_snapshot_delete(bs, name);
    }
    if (ret < 0) {
        error("cannot %s '%s': %s",
              action == 'l' ? "list the snapshots of" :
              action == 'c' ? "create a snapshot of" :
              action == 'a' ? "apply a snapshot of" :
              "delete a snapshot of", argv[optind], strerror(-ret));
    }
    bdrv_delete(bs);
    return 0;
}

static int img_info(int argc, char **argv)
{
    const char *fmt = NULL;
    const char *filename;
    BlockDriverState *bs;
    BlockDriverInfo info;
    BlockDriver *drv;
    struct stat st;
    int c, ret;

    while ((c = getopt(argc, argv, "+f:")) != -1) {
        switch (c) {
        case 'f':
            fmt = optarg;
            break;
        default:
            help();
        }
    }
    if (argc - optind != 1)
        help();
    filename = argv[optind++];

    bs = bdrv_new("");
    if (!bs)
        error("not enough memory");
    if (fmt) {
        drv = find_format(fmt);
    } else {
        drv = NULL;
    }
    ret = bdrv_open2(bs, filename, 0, drv);
    if (ret < 0) {
        error("cannot open '%s': %s", filename, strerror(-ret));
    }
    printf("image: %s\n"
           "file format: %s\n"
           "virtual size: %" PRId64 " bytes\n",
           filename, bdrv_get_format(bs), bdrv_getlength(bs));
    if (stat(filename, &st) == 0) {
        printf("disk size: %" PRId64 " bytes\n", (int64_t)st.st_blocks * 512);
    }
    if (bdrv_get_info(bs, &info) == 0 && info.cluster_size != 0) {
        printf("cluster size: %" PRIu32 " bytes\n", info.cluster_size);
    }
    if (bdrv_get_backing_filename(bs)[0] != '\0') {
        printf("backing file: %s\n", bdrv_get_backing_filename(bs));
    }
    if (bdrv_is_encrypted(bs)) {
        printf("encrypted: yes\n");
    }
    printf("read only: %s\n", bdrv_is_read_only(bs) ? "yes" : "no");
    bdrv_delete(bs);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "create", img_create },
    { "info", img_info },
    { "convert", img_convert },
    { "commit", img_commit },
    { "compare", img_compare },
    { "snapshot", img_snapshot },
};

int main(int argc, char **argv)
{
    size_t i;

    bdrv_init();
    if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        usage(stdout);
        return 0;
    }
    for (i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcmp(argv[1], commands[i].name)) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    help();
}
