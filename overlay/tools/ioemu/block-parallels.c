/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: expandable disks of Parallels, the old header, little endian.
 *
 * A header of 64 bytes, a table with the place of each cluster (BAT: sectors
 * from the start of the file, 0 = a cluster of zeros) and the clusters.
 * Images are read, never written; so one that is marked as in use can be
 * read too, and its mark stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define PARALLELS_MAGIC "WithoutFreeSpace"
#define PARALLELS_NEW_MAGIC "WithouFreSpacExt" /* other units, see open */
#define PARALLELS_MAGIC_SIZE 16
#define PARALLELS_VERSION 2
#define PARALLELS_HEADER_SIZE 64
#define PARALLELS_FLAG_EMPTY 1
/* limits: 128 MiB for a cluster, 64 MiB for the part of the BAT in use */
#define PARALLELS_MAX_TRACKS ((128 << 20) / SECTOR_SIZE)
#define PARALLELS_MAX_BAT ((64 << 20) / 4)

/* a header, decoded and checked; all but bat in sectors */
struct parallels_header {
    uint32_t tracks; /* of a cluster */
    uint32_t bat;    /* entries in use */
    uint32_t size;   /* of the disk */
    uint32_t data_offset;
    uint32_t flags;
};

typedef struct BDRVParallelsState {
    int fd;
    uint32_t tracks; /* sectors of a cluster */
    uint32_t *bat;
} BDRVParallelsState;

static int parallels_probe(const uint8_t *buf, int buf_size,
                           const char *filename)
{
    (void)filename;
    if (buf_size >= PARALLELS_HEADER_SIZE &&
        !memcmp(buf, PARALLELS_MAGIC, PARALLELS_MAGIC_SIZE) &&
        get_le32(buf + 16) == PARALLELS_VERSION) {
        return 100;
    }
    return 0;
}

/* Where the BAT of `entries` ends, and what comes before the clusters. */
static int parallels_check_data_offset(struct parallels_header *h,
                                       uint32_t entries, uint64_t length)
{
    uint64_t end = PARALLELS_HEADER_SIZE + (uint64_t)entries * 4;
    uint64_t end_sector = (end + SECTOR_SIZE - 1) / SECTOR_SIZE;

    if (end > length || end_sector > UINT32_MAX) {
        return -EINVAL;
    }
    if (h->data_offset == 0) {
        h->data_offset = end_sector;
    }
    return h->data_offset >= end_sector ? 0 : -EINVAL;
}

static int parallels_read_header(struct parallels_header *h, int fd,
                                 uint64_t length)
{
    uint8_t raw[PARALLELS_HEADER_SIZE];
    uint32_t entries;
    int ret = pread_full(fd, raw, sizeof(raw), 0);

    if (ret < 0) {
        return ret;
    }
    if (!memcmp(raw, PARALLELS_NEW_MAGIC, PARALLELS_MAGIC_SIZE)) {
        return -ENOTSUP;
    }
    h->tracks = get_le32(raw + 28);
    entries = get_le32(raw + 32);
    h->size = get_le32(raw + 36);
    h->data_offset = get_le32(raw + 48);
    h->flags = get_le32(raw + 52);
    if (!parallels_probe(raw, sizeof(raw), NULL) ||
        h->tracks == 0 || h->tracks > PARALLELS_MAX_TRACKS ||
        h->size == 0 || get_le32(raw + 40) != 0) {
        return -EINVAL;
    }
    h->bat = (h->size - 1) / h->tracks + 1;
    if (h->bat > entries || h->bat > PARALLELS_MAX_BAT) {
        return -EINVAL;
    }
    return parallels_check_data_offset(h, entries, length);
}

/* Reads the BAT; each cluster must begin in its place within the file.  Two
   entries may share a cluster: that matters to a writer only. */
static int parallels_read_bat(BDRVParallelsState *s, int fd,
                              const struct parallels_header *h,
                              uint64_t length)
{
    size_t size = (size_t)h->bat * sizeof(uint32_t);
    uint32_t i;
    int ret;

    s->bat = qemu_malloc(size);
    if (!s->bat) {
        return -ENOMEM;
    }
    ret = pread_full(fd, s->bat, size, PARALLELS_HEADER_SIZE);
    if (ret < 0) {
        return ret;
    }
    for (i = 0; i < h->bat; i++) {
        s->bat[i] = le32toh(s->bat[i]);
        if (s->bat[i] == 0) {
            continue;
        }
        if ((h->flags & PARALLELS_FLAG_EMPTY) ||
            s->bat[i] < h->data_offset ||
            (s->bat[i] - h->data_offset) % h->tracks != 0 ||
            s->bat[i] >= length / SECTOR_SIZE) {
            return -EINVAL;
        }
    }
    return 0;
}

static int parallels_open(BlockDriverState *bs, const char *filename)
{
    BDRVParallelsState *s = bs->opaque;
    int fd, ret;
    int64_t length;
    struct parallels_header ph;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
    }

    bs->read_only = 1; /* there is no code that writes */

    length = file_length(fd);
    if (length < 0) {
        ret = length;
        goto fail;
    }
    ret = parallels_read_header(&ph, fd, length);
    if (ret < 0) {
        goto fail;
    }
    ret = parallels_read_bat(s, fd, &ph, length);
    if (ret < 0) {
        goto fail;
    }
    s->fd = fd;
    s->tracks = ph.tracks;
    bs->total_sectors = ph.size;
    return 0;

fail:
    qemu_free(s->bat);
    close(fd);
    return ret;
}

static int parallels_read(BlockDriverState *bs, int64_t sector_num,
                          uint8_t *buf, int nb_sectors)
{
    BDRVParallelsState *s = bs->opaque;
    uint32_t cluster, index;
    int ret = 0, n;

    while (ret == 0 && nb_sectors > 0) {
        cluster = s->bat[sector_num / s->tracks];
        index = sector_num % s->tracks;
        n = s->tracks - index;
        if (n > nb_sectors) {
            n = nb_sectors;
        }
        if (cluster == 0) {
            memset(buf, 0, (size_t)n * SECTOR_SIZE);
        } else {
            ret = pread_full(s->fd, buf, (size_t)n * SECTOR_SIZE,
                             ((int64_t)cluster + index) * SECTOR_SIZE);
        }
        sector_num += n;
        buf += (size_t)n * SECTOR_SIZE;
        nb_sectors -= n;
    }
    return ret;
}

static void parallels_close(BlockDriverState *bs)
{
    BDRVParallelsState *s = bs->opaque;

    qemu_free(s->bat);
    close(s->fd);
}

BlockDriver bdrv_parallels = {
    .format_name = "parallels",
    .instance_size = sizeof(BDRVParallelsState),
    .bdrv_probe = parallels_probe,
    .bdrv_open = parallels_open,
    .bdrv_read = parallels_read,
    .bdrv_close = parallels_close,
};
