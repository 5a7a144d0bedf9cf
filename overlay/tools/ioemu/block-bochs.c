/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: growing disks of Bochs ("redologs" without a base), little endian.
 *
 * A header, a catalog with one word an extent (the number of its slot, or
 * absent) and the slots.  A slot is a bitmap, one bit a sector, least
 * significant first, and behind it the sectors.  A sector whose bit is clear
 * is zero, whatever lies in its place.  Images are read, never written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define BOCHS_HEADER_SIZE 512
#define BOCHS_MAGIC "Bochs Virtual HD Image"
#define BOCHS_TYPE "Redolog"
#define BOCHS_SUBTYPE "Growing"
#define BOCHS_TYPE_OFFSET 32
#define BOCHS_SUBTYPE_OFFSET 48
#define BOCHS_VERSION_1 0x00010000
#define BOCHS_VERSION_2 0x00020000
/* version 1 has the disk's size at the first; compilers that align 64-bit
   fields put it at the second, where version 2 has it */
#define BOCHS_PACKED_SIZE_OFFSET 84
#define BOCHS_SIZE_OFFSET 88

#define BOCHS_ABSENT 0xffffffff
/* limits; bximage reaches them with its largest disk, 8 TiB */
#define BOCHS_MAX_CATALOG 0x100000
#define BOCHS_MAX_BITMAP 4096
#define BOCHS_MAX_EXTENT 0x800000

/* a header, decoded and checked */
struct bochs_header {
    uint32_t version;
    uint32_t catalog; /* entries */
    uint32_t bitmap;  /* bytes in use */
    uint32_t extent;  /* bytes */
    uint64_t disk;    /* bytes */
};

typedef struct BDRVBochsState {
    int fd;
    uint32_t *catalog;
    int64_t slots_offset;   /* where slot 0 begins */
    uint32_t slot_size;     /* bytes, bitmap and data */
    uint32_t bitmap_blocks; /* sectors of a slot's bitmap */
    uint32_t extent_sectors;
    int64_t bitmap_slot; /* whose bitmap is held, -1 = none */
    uint8_t bitmap[BOCHS_MAX_BITMAP];
} BDRVBochsState;

static int bochs_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    const char *text = (const char *)buf;
    uint32_t version;

    (void)filename;
    /* comparing with the NUL leaves no longer name alike */
    if (buf_size < BOCHS_HEADER_SIZE ||
        memcmp(text, BOCHS_MAGIC, sizeof(BOCHS_MAGIC)) ||
        memcmp(text + BOCHS_TYPE_OFFSET, BOCHS_TYPE, sizeof(BOCHS_TYPE)) ||
        memcmp(text + BOCHS_SUBTYPE_OFFSET, BOCHS_SUBTYPE,
               sizeof(BOCHS_SUBTYPE))) {
        return 0;
    }
    version = get_le32(buf + 64);
    return version == BOCHS_VERSION_1 || version == BOCHS_VERSION_2 ? 100 : 0;
}

static int bochs_size_fits(const struct bochs_header *h, uint64_t disk)
{
    return disk != 0 && disk % SECTOR_SIZE == 0 &&
           disk <= (uint64_t)h->catalog * h->extent;
}

static int bochs_read_header(struct bochs_header *h, int fd)
{
    uint8_t raw[BOCHS_HEADER_SIZE];
    int ret = pread_full(fd, raw, sizeof(raw), 0);

    if (ret < 0) {
        return ret;
    }
    if (!bochs_probe(raw, sizeof(raw), NULL) ||
        get_le32(raw + 68) != BOCHS_HEADER_SIZE) {
        return -EINVAL;
    }
    h->version = get_le32(raw + 64);
    h->catalog = get_le32(raw + 72);
    h->bitmap = get_le32(raw + 76);
    h->extent = get_le32(raw + 80);
    if (h->catalog == 0 || h->catalog > BOCHS_MAX_CATALOG ||
        h->extent < SECTOR_SIZE || h->extent > BOCHS_MAX_EXTENT ||
        (h->extent & (h->extent - 1)) != 0 ||
        h->bitmap == 0 || h->bitmap > BOCHS_MAX_BITMAP ||
        (uint64_t)h->bitmap * 8 < h->extent / SECTOR_SIZE) {
        return -EINVAL;
    }
    h->disk = get_le64(raw + BOCHS_SIZE_OFFSET);
    if (h->version == BOCHS_VERSION_1 &&
        bochs_size_fits(h, get_le64(raw + BOCHS_PACKED_SIZE_OFFSET))) {
        h->disk = get_le64(raw + BOCHS_PACKED_SIZE_OFFSET);
    }
    return bochs_size_fits(h, h->disk) ? 0 : -EINVAL;
}

/* Reads the catalog; every slot it names must lie within the file. */
static int bochs_read_catalog(BDRVBochsState *s, int fd, uint32_t entries)
{
    size_t size = (size_t)entries * sizeof(uint32_t);
    int64_t length = file_length(fd);
    int64_t slots;
    uint32_t i;
    int ret;

    if (length < 0) {
        return length;
    }
    if (s->slots_offset > length) {
        return -EINVAL;
    }
    slots = (length - s->slots_offset) / s->slot_size;
    s->catalog = qemu_malloc(size);
    if (!s->catalog) {
        return -ENOMEM;
    }
    ret = pread_full(fd, s->catalog, size, BOCHS_HEADER_SIZE);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < entries; i++) {
        s->catalog[i] = le32toh(s->catalog[i]);
        if (s->catalog[i] != BOCHS_ABSENT && s->catalog[i] >= slots) {
            return -EINVAL;
        }
    }
    return 0;
}

static int bochs_open(BlockDriverState *bs, const char *filename)
{
    BDRVBochsState *s = bs->opaque;
    int fd, i;
    struct bochs_header bochs;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }

    bs->read_only = 1; /* there is no code that writes */

    i = bochs_read_header(&bochs, fd);
    if (i < 0) {
        goto fail;
    }
    s->extent_sectors = bochs.extent / SECTOR_SIZE;
    s->bitmap_blocks = (bochs.bitmap + SECTOR_SIZE - 1) / SECTOR_SIZE;
    s->slot_size = s->bitmap_blocks * SECTOR_SIZE + bochs.extent;
    s->slots_offset = BOCHS_HEADER_SIZE +
                      (int64_t)bochs.catalog * (int)sizeof(uint32_t);
    i = bochs_read_catalog(s, fd, bochs.catalog);
    if (i < 0) {
        goto fail;
    }
    s->fd = fd;
    s->bitmap_slot = -1;
    bs->total_sectors = bochs.disk / SECTOR_SIZE;
    return 0;

fail:
    qemu_free(s->catalog);
    close(fd);
    return i;
}

static int bochs_load_bitmap(BDRVBochsState *s, uint32_t slot)
{
    size_t used = (s->extent_sectors + 7) / 8;
    int ret;

    if (s->bitmap_slot == slot) {
        return 0;
    }
    s->bitmap_slot = -1;
    ret = pread_full(s->fd, s->bitmap, used,
                     s->slots_offset + (int64_t)slot * s->slot_size);
    if (ret == 0) {
        s->bitmap_slot = slot;
    }
    return ret;
}

static int bochs_bit(const BDRVBochsState *s, uint32_t index)
{
    return (s->bitmap[index / 8] >> (index % 8)) & 1;
}

/* Reads sectors index..index+n-1 of a slot, run by run of equal bits. */
static int bochs_read_slot(BDRVBochsState *s, uint32_t slot, uint32_t index,
                           uint8_t *buf, int n)
{
    int64_t data = s->slots_offset + (int64_t)slot * s->slot_size +
                   (int64_t)s->bitmap_blocks * SECTOR_SIZE;
    int ret = bochs_load_bitmap(s, slot);
    int run;

    while (ret == 0 && n > 0) {
        run = 1;
        while (run < n && bochs_bit(s, index + run) == bochs_bit(s, index)) {
            run++;
        }
        if (bochs_bit(s, index)) {
            ret = pread_full(s->fd, buf, (size_t)run * SECTOR_SIZE,
                             data + (int64_t)index * SECTOR_SIZE);
        } else {
            memset(buf, 0, (size_t)run * SECTOR_SIZE);
        }
        index += run;
        buf += (size_t)run * SECTOR_SIZE;
        n -= run;
    }
    return ret;
}

static int bochs_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors)
{
    BDRVBochsState *s = bs->opaque;
    uint32_t slot, index;
    int ret = 0, n;

    while (ret == 0 && nb_sectors > 0) {
        slot = s->catalog[sector_num / s->extent_sectors];
        index = sector_num % s->extent_sectors;
        n = s->extent_sectors - index;
        if (n > nb_sectors) {
            n = nb_sectors;
        }
        if (slot == BOCHS_ABSENT) {
            memset(buf, 0, (size_t)n * SECTOR_SIZE);
        } else {
            ret = bochs_read_slot(s, slot, index, buf, n);
        }
        sector_num += n;
        buf += (size_t)n * SECTOR_SIZE;
        nb_sectors -= n;
    }
    return ret;
}

static void bochs_close(BlockDriverState *bs)
{
    BDRVBochsState *s = bs->opaque;

    qemu_free(s->catalog);
    close(s->fd);
}

BlockDriver bdrv_bochs = {
    .format_name = "bochs",
    .instance_size = sizeof(BDRVBochsState),
    .bdrv_probe = bochs_probe,
    .bdrv_open = bochs_open,
    .bdrv_read = bochs_read,
    .bdrv_close = bochs_close,
};
