/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the COW format of User-Mode Linux, version 2, big endian.
 *
 * A header, a bitmap with one bit a sector (least significant first, set =
 * the sector is in this file) and the sectors themselves at their own places
 * behind it.  The bitmap is mapped, so a write's last step is a store.
 *
 * Three layouts carry the version number 2: the genuine one, with a packed
 * header of 4120 bytes (uml_moo reads it; the only one written here), and two
 * of emulators that declared the header as an unpacked structure with a
 * shorter name.  They differ in where the disk's size lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define COW_MAGIC 0x4f4f4f4d /* OOOM */
#define COW_VERSION 2
#define COW_NAME_OFFSET 8
#define COW_HEADER_SIZE 4120
/* limit of the disk, so that the bitmap stays below 512 MiB */
#define COW_MAX_BYTES (UINT64_C(1) << 41)

struct cow_layout {
    int name_size;
    int mtime_offset;
    int size_offset;
    int sector_size_offset;
    int header_size;
    int rounds_down; /* UML's bitmap length, see cow_bitmap_bytes */
};

static const struct cow_layout cow_layouts[] = {
    { 4096, 4104, 4108, 4116, COW_HEADER_SIZE, 1 },
    { 1024, 1032, 1040, 1048, 1056, 0 }, /* 64-bit ABIs */
    { 1024, 1032, 1036, 1044, 1048, 0 }, /* i386 */
};

/* a header, decoded and checked */
struct cow_header_v2 {
    const struct cow_layout *layout;
    char backing_file[BDRV_NAME_MAX];
    uint32_t mtime;
    uint64_t size;
    uint64_t bitmap_bytes;
    uint64_t data_offset;
};

typedef struct BDRVCowState {
    int fd;
    uint8_t *map; /* the file's start, up to the end of the bitmap */
    size_t map_size;
    uint8_t *bitmap;
    int bitmap_complete; /* there is a bit for each sector */
    int mtime_offset;
    int64_t data_offset;
} BDRVCowState;

static int cow_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    (void)filename;
    if (buf_size >= 8 && get_be32(buf) == COW_MAGIC &&
        get_be32(buf + 4) == COW_VERSION) {
        return 100;
    }
    return 0;
}

/* UML divides before it rounds: with a number of sectors that is no multiple
   of 8 its bitmap lacks the last bits, which then lie in what follows. */
static uint64_t cow_bitmap_bytes(const struct cow_layout *layout,
                                 uint64_t size)
{
    if (layout->rounds_down) {
        return (size + SECTOR_SIZE - 1) / (8 * SECTOR_SIZE);
    }
    return (size / SECTOR_SIZE + 7) / 8;
}

/* Tries one layout on the raw header: 0, or -EINVAL if it does not fit. */
static int cow_try_layout(struct cow_header_v2 *h, const uint8_t *raw,
                          const struct cow_layout *layout, uint64_t file_size)
{
    h->layout = layout;
    h->mtime = get_be32(raw + layout->mtime_offset);
    h->size = get_be64(raw + layout->size_offset);
    if (get_be32(raw + layout->sector_size_offset) != SECTOR_SIZE ||
        h->size == 0 || h->size % SECTOR_SIZE != 0 ||
        h->size > COW_MAX_BYTES) {
        return -EINVAL;
    }
    h->bitmap_bytes = (h->size / SECTOR_SIZE + 7) / 8;
    h->data_offset = layout->header_size + cow_bitmap_bytes(layout, h->size);
    h->data_offset = (h->data_offset + SECTOR_SIZE - 1) &
                     ~(uint64_t)(SECTOR_SIZE - 1);
    /* a mapping that ends behind the file would be a SIGBUS */
    if (h->data_offset > file_size ||
        layout->header_size + h->bitmap_bytes > file_size) {
        return -EINVAL;
    }
    return 0;
}

static int cow_read_header(struct cow_header_v2 *h, int fd)
{
    uint8_t raw[COW_HEADER_SIZE];
    const char *name = (const char *)raw + COW_NAME_OFFSET;
    int64_t file_size = file_length(fd);
    size_t i, name_len;
    int ret;

    if (file_size < 0) {
        return file_size;
    }
    ret = pread_zero(fd, raw, sizeof(raw), 0);
    if (ret < 0) {
        return ret;
    }
    if (!cow_probe(raw, sizeof(raw), NULL)) {
        return -EINVAL;
    }
    ret = -EINVAL;
    for (i = 0; i < sizeof(cow_layouts) / sizeof(cow_layouts[0]); i++) {
        ret = cow_try_layout(h, raw, &cow_layouts[i], file_size);
        if (ret == 0) {
            break;
        }
    }
    if (ret < 0) {
        return ret;
    }
    name_len = strnlen(name, h->layout->name_size);
    if (name_len == (size_t)h->layout->name_size) {
        return -EINVAL;
    }
    if (name_len >= sizeof(h->backing_file)) {
        return -ENAMETOOLONG;
    }
    memcpy(h->backing_file, name, name_len + 1);
    return 0;
}

/* Says so when the backing file is not what the overlay was made for; the
   data would be a mixture.  UML's own tools refuse such a pair. */
static void cow_check_backing(const struct cow_header_v2 *h,
                              const char *filename)
{
    char name[BDRV_NAME_MAX];
    struct stat st;

    if (h->backing_file[0] == '\0' ||
        path_combine(name, sizeof(name), filename, h->backing_file) < 0 ||
        stat(name, &st) < 0) {
        return;
    }
    if ((uint32_t)st.st_mtime != h->mtime || (uint64_t)st.st_size != h->size) {
        fprintf(stderr, "qemu: warning: backing file '%s' has changed since "
                "'%s' was made\n", name, filename);
    }
}

static int cow_open(BlockDriverState *bs, const char *filename)
{
    BDRVCowState *s = bs->opaque;
    int fd;
    struct cow_header_v2 cow_header;
    int64_t size;
    int ret;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }
    ret = cow_read_header(&cow_header, fd);
    if (ret < 0) {
        goto fail;
    }
    size = cow_header.size;
    cow_check_backing(&cow_header, filename);

    s->map_size = cow_header.layout->header_size + cow_header.bitmap_bytes;
    s->map = mmap(NULL, s->map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd, 0);
    if (s->map == MAP_FAILED) {
        ret = -errno;
        goto fail;
    }
    s->fd = fd;
    s->bitmap = s->map + cow_header.layout->header_size;
    s->bitmap_complete = cow_bitmap_bytes(cow_header.layout, size) ==
                         cow_header.bitmap_bytes;
    s->mtime_offset = cow_header.layout->mtime_offset;
    s->data_offset = cow_header.data_offset;
    bs->total_sectors = size / SECTOR_SIZE;
    pstrcpy(bs->backing_file, sizeof(bs->backing_file),
            cow_header.backing_file);
    /* the format has no other kind of backing file */
    bs->backing_drv = &bdrv_raw;
    return 0;

fail:
    close(fd);
    return ret;
}

static int cow_bit(const BDRVCowState *s, int64_t sector_num)
{
    return (s->bitmap[sector_num / 8] >> (sector_num % 8)) & 1;
}

static int cow_is_allocated(BlockDriverState *bs, int64_t sector_num,
                            int nb_sectors, int *pnum)
{
    BDRVCowState *s = bs->opaque;
    int bit, n;

    if (nb_sectors == 0) {
        *pnum = 0;
        return 0;
    }
    bit = cow_bit(s, sector_num);
    for (n = 1; n < nb_sectors; n++) {
        if (cow_bit(s, sector_num + n) != bit) {
            break;
        }
    }
    *pnum = n;
    return bit;
}

static int cow_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVCowState *s = bs->opaque;
    int ret, n;

    while (nb_sectors > 0) {
        if (cow_is_allocated(bs, sector_num, nb_sectors, &n)) {
            /* the file may be short: what is not there was never written */
            ret = pread_zero(s->fd, buf, (size_t)n << SECTOR_BITS,
                             s->data_offset + (sector_num << SECTOR_BITS));
        } else {
            ret = bdrv_backing_read(bs, sector_num, buf, n);
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

/* The data first, then the bits: a crash in between loses the write, but
   does not expose what the file held before. */
static int cow_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    BDRVCowState *s = bs->opaque;
    int64_t i;
    int ret;

    if (!s->bitmap_complete) {
        return -EACCES;
    }
    ret = pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                      s->data_offset + (sector_num << SECTOR_BITS));
    if (ret < 0) {
        return ret;
    }
    for (i = sector_num; i < sector_num + nb_sectors; i++) {
        s->bitmap[i / 8] |= 1 << (i % 8);
    }
    return 0;
}

static void cow_close(BlockDriverState *bs)
{
    BDRVCowState *s = bs->opaque;

    munmap(s->map, s->map_size);
    close(s->fd);
}

static int cow_flush(BlockDriverState *bs)
{
    BDRVCowState *s = bs->opaque;
    int ret = file_flush(s->fd);

    if (ret == 0 && msync(s->map, s->map_size, MS_SYNC) < 0) {
        ret = -errno;
    }
    return ret;
}

/* After a commit the backing file is another one: its new time goes into the
   header, or UML's tools would refuse the pair. */
static int cow_make_empty(BlockDriverState *bs)
{
    BDRVCowState *s = bs->opaque;
    uint8_t mtime[4];
    struct stat st;

    if (!s->bitmap_complete) {
        return -ENOTSUP;
    }
    if (bs->backing_hd && stat(bs->backing_hd->filename, &st) == 0) {
        int ret;

        put_be32(mtime, st.st_mtime);
        ret = pwrite_full(s->fd, mtime, sizeof(mtime), s->mtime_offset);
        if (ret < 0) {
            return ret;
        }
    }
    memset(s->bitmap, 0, s->map_size - (s->bitmap - s->map));
    return 0;
}

/* Fills in the name, time and size of the backing file.  The name is taken
   from the image's directory, but stored absolute: uml_moo would look for a
   relative one in its current directory. */
static int cow_put_backing(uint8_t *header, const char *filename,
                           const char *backing_file, uint64_t size)
{
    char name[BDRV_NAME_MAX];
    struct stat st;
    char *real;
    int ret;

    ret = path_combine(name, sizeof(name), filename, backing_file);
    if (ret < 0) {
        return ret;
    }
    real = realpath(name, NULL);
    if (!real || stat(real, &st) < 0) {
        ret = -errno;
    } else if (strlen(real) >= BDRV_NAME_MAX) {
        ret = -ENAMETOOLONG;
    } else if ((uint64_t)st.st_size != size) {
        ret = -EINVAL;
    } else {
        memcpy(header + COW_NAME_OFFSET, real, strlen(real));
        put_be32(header + cow_layouts[0].mtime_offset, st.st_mtime);
    }
    free(real);
    return ret;
}

static int cow_create(const char *filename, int64_t total_sectors,
                      const char *backing_file, int flags)
{
    uint8_t header[COW_HEADER_SIZE];
    const struct cow_layout *layout = &cow_layouts[0];
    uint64_t size = (uint64_t)total_sectors * SECTOR_SIZE;
    uint64_t data_offset;
    int fd, ret;

    if (flags) {
        return -ENOTSUP;
    }
    /* a multiple of 8 sectors: see cow_bitmap_bytes */
    if (size == 0 || total_sectors % 8 != 0) {
        return -EINVAL;
    }
    if (size > COW_MAX_BYTES) {
        return -EFBIG;
    }
    memset(header, 0, sizeof(header));
    put_be32(header, COW_MAGIC);
    put_be32(header + 4, COW_VERSION);
    put_be64(header + layout->size_offset, size);
    put_be32(header + layout->sector_size_offset, SECTOR_SIZE);
    if (backing_file && backing_file[0] != '\0') {
        ret = cow_put_backing(header, filename, backing_file, size);
        if (ret < 0) {
            return ret;
        }
    }
    data_offset = COW_HEADER_SIZE + cow_bitmap_bytes(layout, size);
    data_offset = (data_offset + SECTOR_SIZE - 1) &
                  ~(uint64_t)(SECTOR_SIZE - 1);

    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    ret = pwrite_full(fd, header, sizeof(header), 0);
    if (ret == 0 && ftruncate(fd, data_offset + size) < 0) {
        ret = -errno;
    }
    close(fd);
    return ret;
}

BlockDriver bdrv_cow = {
    .format_name = "cow",
    .instance_size = sizeof(BDRVCowState),
    .bdrv_probe = cow_probe,
    .bdrv_open = cow_open,
    .bdrv_read = cow_read,
    .bdrv_write = cow_write,
    .bdrv_close = cow_close,
    .bdrv_create = cow_create,
    .bdrv_flush = cow_flush,
    .bdrv_is_allocated = cow_is_allocated,
    .bdrv_make_empty = cow_make_empty,
};
