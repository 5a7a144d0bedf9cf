/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cow, version 2, without its base: sectors that are not in the image read as
   zeros */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

#define COW_MAGIC 0x4f4f4f4d
#define COW_HEADER 4120

typedef struct BDRVCowState {
    uint8_t *map; /* the file up to the end of the bitmap */
    int map_size;
    int64_t data;
} BDRVCowState;

static int cow_probe(const uint8_t *buf, int buf_size)
{
    return buf_size >= 8 && !memcmp(buf, "OOOM\0\0\0\2", 8) ? 100 : 0;
}

static int cow_open(BlockDriverState *bs, const char *filename)
{
    BDRVCowState *s = bs->opaque;
    uint8_t header[COW_HEADER];
    int64_t size;

    (void)filename;
    if (pread(bs->fd, header, sizeof(header), 0) != sizeof(header)) {
        return -EINVAL;
    }
    memcpy(&size, header + 4108, 8);
    size = be64toh(size);
    if (size <= 0 || size % 4096 || size > (int64_t)1 << 40) {
        return -EINVAL;
    }
    bs->total_sectors = size / 512;
    s->map_size = COW_HEADER + size / 512 / 8;
    s->data = (s->map_size + 511) & ~511;
    if (lseek(bs->fd, 0, SEEK_END) < s->data) {
        return -EINVAL;
    }
    s->map = mmap(NULL, s->map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                  bs->fd, 0);
    return s->map == MAP_FAILED ? -errno : 0;
}

static int cow_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVCowState *s = bs->opaque;

    for (; nb_sectors > 0; nb_sectors--, sector_num++, buf += 512) {
        if (!(s->map[COW_HEADER + sector_num / 8] >> sector_num % 8 & 1)) {
            memset(buf, 0, 512);
        } else if (pread(bs->fd, buf, 512, s->data + sector_num * 512) < 0) {
            return -1;
        }
    }
    return 0;
}

static int cow_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    BDRVCowState *s = bs->opaque;

    for (; nb_sectors > 0; nb_sectors--, sector_num++, buf += 512) {
        if (pwrite(bs->fd, buf, 512, s->data + sector_num * 512) != 512) {
            return -1;
        }
        s->map[COW_HEADER + sector_num / 8] |= 1 << sector_num % 8;
    }
    return 0;
}

static void cow_close(BlockDriverState *bs)
{
    BDRVCowState *s = bs->opaque;

    munmap(s->map, s->map_size);
}

BlockDriver bdrv_cow = {
    "cow",
    sizeof(BDRVCowState),
    cow_probe,
    cow_open,
    cow_read,
    cow_write,
    cow_close,
};
