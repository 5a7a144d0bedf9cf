/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the block layer and the raw format.
 *
 * Whether a disk may be written is decided here only by bs->read_only, which
 * a driver sets when it opens its image; bdrv_write (and bdrv_pwrite through
 * it) asks.  An image whose format is not named is probed, and probing may
 * answer "raw": a disk that a guest can write should always have its format
 * named, or the guest chooses it for the next start (CVE-2008-2004).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

/* bytes of an image that the drivers' probes get to see */
#define PROBE_SIZE 2048
/* sectors copied at once by a commit */
#define COMMIT_SECTORS 128

static BlockDriverState *bdrv_first;
static BlockDriver *first_drv;

void bdrv_register(BlockDriver *bdrv)
{
    BlockDriver **pdrv;

    for (pdrv = &first_drv; *pdrv != NULL; pdrv = &(*pdrv)->next) {
        if (*pdrv == bdrv) {
            return;
        }
    }
    bdrv->next = NULL;
    *pdrv = bdrv;
}

/* create a new block device (by default it is empty) */
BlockDriverState *bdrv_new(const char *device_name)
{
    BlockDriverState **pbs, *bs;

    bs = qemu_mallocz(sizeof(BlockDriverState));
    if(!bs)
        return NULL;
    pstrcpy(bs->device_name, sizeof(bs->device_name), device_name);
    if (device_name[0] != '\0') {
        /* insert at the end */
        for (pbs = &bdrv_first; *pbs != NULL; pbs = &(*pbs)->next) {
        }
        *pbs = bs;
    }
    return bs;
}

void bdrv_delete(BlockDriverState *bs)
{
    BlockDriverState **pbs;

    for (pbs = &bdrv_first; *pbs != NULL; pbs = &(*pbs)->next) {
        if (*pbs == bs) {
            *pbs = bs->next;
            break;
        }
    }
    bdrv_close(bs);
    qemu_free(bs);
}

BlockDriver *bdrv_find_format(const char *format_name)
{
    BlockDriver *drv;

    for (drv = first_drv; drv != NULL; drv = drv->next) {
        if (!strcmp(drv->format_name, format_name)) {
            return drv;
        }
    }
    return NULL;
}

void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque)
{
    BlockDriver *drv;

    for (drv = first_drv; drv != NULL; drv = drv->next) {
        it(opaque, drv->format_name);
    }
}

int bdrv_create(BlockDriver *drv,
                const char *filename, int64_t size_in_sectors,
                const char *backing_file, int flags)
{
    if (!drv->bdrv_create) {
        return -ENOTSUP;
    }
    if (size_in_sectors < 0 || size_in_sectors > INT64_MAX >> SECTOR_BITS) {
        return -EFBIG;
    }
    return drv->bdrv_create(filename, size_in_sectors, backing_file, flags);
}

/* Makes an empty file in $TMPDIR (/tmp by default). */
static int get_tmp_filename(char *filename, size_t size)
{
    const char *dir = getenv("TMPDIR");
    int fd, len;

    if (!dir || dir[0] == '\0') {
        dir = "/tmp";
    }
    len = snprintf(filename, size, "%s/ioemu.XXXXXX", dir);
    if (len < 0 || (size_t)len >= size) {
        return -ENAMETOOLONG;
    }
    fd = mkstemp(filename);
    if (fd < 0) {
        return -errno;
    }
    close(fd);
    return 0;
}

/* An absolute name for `filename`, for use from another directory. */
static int get_absolute_filename(char *dest, size_t size, const char *filename)
{
    char *real;
    int ret = 0;

    if (strstart(filename, "fat:", NULL)) {
        real = strdup(filename);
    } else {
        real = realpath(filename, NULL);
    }
    if (!real) {
        return -errno;
    }
    if (strlen(real) >= size) {
        ret = -ENAMETOOLONG;
    } else {
        pstrcpy(dest, size, real);
    }
    free(real);
    return ret;
}

/* The driver whose probe is the surest, see the note on raw at the top. */
static int find_image_format(const char *filename, BlockDriver **pdrv)
{
    uint8_t buf[PROBE_SIZE];
    BlockDriver *drv;
    ssize_t len = 0;
    int fd, score, score_max = 0, err = 0;

    if (strstart(filename, "fat:", NULL)) {
        /* not a name of the host's: nothing there is to be opened */
        *pdrv = &bdrv_vvfat;
        return 0;
    }
    fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE | O_NONBLOCK);
    if (fd < 0) {
        err = -errno;
    } else {
        len = pread(fd, buf, sizeof(buf), 0);
        if (len < 0) {
            err = -errno;
            len = 0;
        }
        close(fd);
    }
    *pdrv = NULL;
    for (drv = first_drv; drv != NULL; drv = drv->next) {
        if (!drv->bdrv_probe) {
            continue;
        }
        score = drv->bdrv_probe(err ? NULL : buf, len, filename);
        if (score > score_max) {
            score_max = score;
            *pdrv = drv;
        }
    }
    if (*pdrv) {
        return 0;
    }
    return err ? err : -EINVAL;
}

/* A FIFO or a directory would hang or confuse a driver of plain files. */
static int check_file_type(BlockDriver *drv, const char *filename)
{
    struct stat st;

    if (drv->any_file) {
        return 0;
    }
    if (stat(filename, &st) < 0) {
        return -errno;
    }
    return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) ? 0 : -EINVAL;
}

int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot)
{
    return bdrv_open2(bs, filename, snapshot, NULL);
}

int bdrv_open2(BlockDriverState *bs, const char *filename, int snapshot,
               BlockDriver *drv)
{
    char tmp_filename[BDRV_NAME_MAX];
    char backing_filename[BDRV_NAME_MAX];
    int ret;

    if (bs->drv) {
        return -EBUSY;
    }
    if (strlen(filename) >= sizeof(bs->filename)) {
        return -ENAMETOOLONG;
    }
    bs->read_only = 0;
    bs->encrypted = 0;
    bs->is_temporary = 0;
    bs->backing_drv = NULL;
    bs->backing_file[0] = '\0';

    if (snapshot) {
        BlockDriverState *bs1;
        int64_t total_size;

        /* if snapshot, we create a temporary backing file and open it
           instead of opening 'filename' directly */

        /* if there is a backing file, use it */
        bs1 = bdrv_new("");
        if (!bs1) {
            return -ENOMEM;
        }
        ret = bdrv_open2(bs1, filename, 0, drv);
        if (ret < 0) {
            bdrv_delete(bs1);
            return ret;
        }
        total_size = bs1->total_sectors;
        bs->backing_drv = bs1->drv;
        bdrv_delete(bs1);

        ret = get_absolute_filename(backing_filename,
                                    sizeof(backing_filename), filename);
        if (ret < 0) {
            return ret;
        }
        ret = get_tmp_filename(tmp_filename, sizeof(tmp_filename));
        if (ret < 0) {
            return ret;
        }
        ret = bdrv_create(&bdrv_qcow, tmp_filename, total_size,
                          backing_filename, 0);
        if (ret < 0) {
            unlink(tmp_filename);
            return ret;
        }
        filename = tmp_filename;
        drv = &bdrv_qcow;
        bs->is_temporary = 1;
    }

    pstrcpy(bs->filename, sizeof(bs->filename), filename);
    if (!drv) {
        ret = find_image_format(filename, &drv);
        if (ret < 0) {
            return ret;
        }
    }
    ret = check_file_type(drv, filename);
    if (ret == 0) {
        bs->opaque = qemu_mallocz(drv->instance_size);
        ret = bs->opaque ? drv->bdrv_open(bs, filename) : -ENOMEM;
    }
    if (ret < 0) {
        qemu_free(bs->opaque);
        bs->opaque = NULL;
        bs->total_sectors = 0;
        if (bs->is_temporary) {
            unlink(bs->filename);
        }
        return ret;
    }
    bs->drv = drv;

    if (bs->backing_file[0] != '\0' && drv->bdrv_is_allocated) {
        /* if there is a backing file, use it */
        bs->backing_hd = bdrv_new("");
        if (!bs->backing_hd) {
            ret = -ENOMEM;
        fail:
            bdrv_close(bs);
            return ret;
        }
        bs->backing_hd->chain_depth = bs->chain_depth + 1;
        ret = -ELOOP;
        if (bs->backing_hd->chain_depth >= BDRV_CHAIN_MAX) {
            goto fail;
        }
        ret = path_combine(backing_filename, sizeof(backing_filename),
                           filename, bs->backing_file);
        if (ret < 0) {
            goto fail;
        }
        ret = bdrv_open2(bs->backing_hd, backing_filename, 0, bs->backing_drv);
        if (ret < 0) {
            goto fail;
        }
    }

    bs->inserted = 1;
    if (bs->change_cb) {
        bs->change_cb(bs->change_opaque);
    }
    return 0;
}

void bdrv_close(BlockDriverState *bs)
{
    if (!bs->drv) {
        return;
    }
    if (bs->backing_hd) {
        bdrv_delete(bs->backing_hd);
        bs->backing_hd = NULL;
    }
    bs->drv->bdrv_close(bs);
    qemu_free(bs->opaque);
    if (bs->is_temporary) {
        unlink(bs->filename);
        bs->is_temporary = 0;
    }
    bs->opaque = NULL;
    bs->drv = NULL;
    bs->backing_drv = NULL;
    bs->total_sectors = 0;
    if (bs->inserted) {
        bs->inserted = 0;
        if (bs->change_cb) {
            bs->change_cb(bs->change_opaque);
        }
    }
}

/* Both numbers come from a guest: compare so that nothing can wrap. */
static int check_range(BlockDriverState *bs, int64_t sector_num,
                       int nb_sectors)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (bs->removable && bs->total_sectors == 0) {
        return -ENOMEDIUM; /* a drive of the host, empty */
    }
    if (sector_num < 0 || nb_sectors < 0 || nb_sectors > bs->total_sectors ||
        sector_num > bs->total_sectors - nb_sectors) {
        return -EINVAL;
    }
    return 0;
}

int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors)
{
    int ret = check_range(bs, sector_num, nb_sectors);

    if (ret < 0) {
        return ret;
    }
    return bs->drv->bdrv_read(bs, sector_num, buf, nb_sectors);
}

int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors)
{
    int ret = check_range(bs, sector_num, nb_sectors);

    if (ret < 0) {
        return ret;
    }
    if (bs->read_only || !bs->drv->bdrv_write) {
        return -EACCES;
    }
    return bs->drv->bdrv_write(bs, sector_num, buf, nb_sectors);
}

/* The part of offset..offset+count that is on the disk, in bytes. */
static int clip_bytes(BlockDriverState *bs, int64_t offset, int count)
{
    int64_t length = bs->total_sectors << SECTOR_BITS;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (offset < 0 || count < 0) {
        return -EINVAL;
    }
    if (offset >= length) {
        return 0;
    }
    return count > length - offset ? (int)(length - offset) : count;
}

/* Bytes of a request at `offset` that fall into its first sector. */
static int first_part(int64_t offset, int count)
{
    int part = SECTOR_SIZE - (int)(offset & (SECTOR_SIZE - 1));

    return part < count ? part : count;
}

int bdrv_pread(BlockDriverState *bs, int64_t offset, void *buf, int count)
{
    uint8_t sector[SECTOR_SIZE];
    uint8_t *p = buf;
    int len, ret, left = clip_bytes(bs, offset, count);

    count = left;
    while (left > 0) {
        if (left >= SECTOR_SIZE && !(offset & (SECTOR_SIZE - 1))) {
            len = left & ~(SECTOR_SIZE - 1);
            ret = bdrv_read(bs, offset >> SECTOR_BITS, p, len >> SECTOR_BITS);
        } else {
            len = first_part(offset, left);
            ret = bdrv_read(bs, offset >> SECTOR_BITS, sector, 1);
            memcpy(p, sector + (offset & (SECTOR_SIZE - 1)), len);
        }
        if (ret < 0) {
            return ret;
        }
        p += len;
        offset += len;
        left -= len;
    }
    return count;
}

int bdrv_pwrite(BlockDriverState *bs, int64_t offset,
                const void *buf, int count)
{
    uint8_t sector[SECTOR_SIZE];
    const uint8_t *p = buf;
    int len, ret, left = clip_bytes(bs, offset, count);

    count = left;
    while (left > 0) {
        if (left >= SECTOR_SIZE && !(offset & (SECTOR_SIZE - 1))) {
            len = left & ~(SECTOR_SIZE - 1);
            ret = bdrv_write(bs, offset >> SECTOR_BITS, p, len >> SECTOR_BITS);
        } else {
            len = first_part(offset, left);
            ret = bdrv_read(bs, offset >> SECTOR_BITS, sector, 1);
            if (ret == 0) {
                memcpy(sector + (offset & (SECTOR_SIZE - 1)), p, len);
                ret = bdrv_write(bs, offset >> SECTOR_BITS, sector, 1);
            }
        }
        if (ret < 0) {
            return ret;
        }
        p += len;
        offset += len;
        left -= len;
    }
    return count;
}

int bdrv_write_compressed(BlockDriverState *bs, int64_t sector_num,
                          const uint8_t *buf, int nb_sectors)
{
    int ret = check_range(bs, sector_num, nb_sectors);

    if (ret < 0) {
        return ret;
    }
    if (!bs->drv->bdrv_write_compressed) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_write_compressed(bs, sector_num, buf, nb_sectors);
}

int bdrv_backing_read(BlockDriverState *bs, int64_t sector_num,
                      uint8_t *buf, int nb_sectors)
{
    BlockDriverState *base = bs->backing_hd;
    int64_t have = 0;
    int ret, n;

    if (base && sector_num < base->total_sectors) {
        have = base->total_sectors - sector_num;
    }
    n = have < nb_sectors ? (int)have : nb_sectors;
    if (n > 0) {
        ret = bdrv_read(base, sector_num, buf, n);
        if (ret < 0) {
            return ret;
        }
    }
    memset(buf + (size_t)n * SECTOR_SIZE, 0,
           (size_t)(nb_sectors - n) * SECTOR_SIZE);
    return 0;
}

int bdrv_flush(BlockDriverState *bs)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    return bs->drv->bdrv_flush ? bs->drv->bdrv_flush(bs) : 0;
}

int bdrv_truncate(BlockDriverState *bs, int64_t size_in_bytes)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (size_in_bytes < 0) {
        return -EINVAL;
    }
    if (!bs->drv->bdrv_truncate) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_truncate(bs, size_in_bytes);
}

int64_t bdrv_getlength(BlockDriverState *bs)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (bs->drv->bdrv_getlength) {
        return bs->drv->bdrv_getlength(bs);
    }
    return bs->total_sectors << SECTOR_BITS;
}

int bdrv_is_allocated(BlockDriverState *bs, int64_t sector_num,
                      int nb_sectors, int *pnum)
{
    int ret = check_range(bs, sector_num, nb_sectors);

    if (ret < 0) {
        return ret;
    }
    if (!bs->drv->bdrv_is_allocated) {
        *pnum = nb_sectors;
        return 1;
    }
    return bs->drv->bdrv_is_allocated(bs, sector_num, nb_sectors, pnum);
}

/* Writes everything that is in `bs` itself to `base`. */
static int commit_to(BlockDriverState *bs, BlockDriverState *base)
{
    uint8_t buf[COMMIT_SECTORS * SECTOR_SIZE];
    int64_t sector_num;
    int ret, n;

    if (base->total_sectors < bs->total_sectors) {
        return -EFBIG;
    }
    for (sector_num = 0; sector_num < bs->total_sectors; sector_num += n) {
        n = COMMIT_SECTORS;
        if (n > bs->total_sectors - sector_num) {
            n = bs->total_sectors - sector_num;
        }
        ret = bdrv_is_allocated(bs, sector_num, n, &n);
        if (ret > 0) {
            ret = bdrv_read(bs, sector_num, buf, n);
            if (ret == 0) {
                ret = bdrv_write(base, sector_num, buf, n);
            }
        }
        if (ret < 0) {
            return ret;
        }
    }
    return bdrv_flush(base);
}

int bdrv_commit(BlockDriverState *bs)
{
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->backing_hd || !bs->drv->bdrv_make_empty) {
        return -ENOTSUP;
    }
    ret = commit_to(bs, bs->backing_hd);
    if (ret < 0) {
        return ret;
    }
    return bdrv_make_empty(bs);
}

int bdrv_make_empty(BlockDriverState *bs)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_make_empty) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_make_empty(bs);
}

int bdrv_set_key(BlockDriverState *bs, const char *key)
{
    int ret;

    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    /* one password for all the images of a chain */
    if (bs->backing_hd && bdrv_is_encrypted(bs->backing_hd)) {
        ret = bdrv_set_key(bs->backing_hd, key);
        if (ret < 0 || !bs->encrypted) {
            return ret;
        }
    }
    if (!bs->drv->bdrv_set_key) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_set_key(bs, key);
}

int bdrv_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_get_info) {
        return -ENOTSUP;
    }
    memset(info, 0, sizeof(*info));
    return bs->drv->bdrv_get_info(bs, info);
}

int bdrv_ioctl(BlockDriverState *bs, unsigned long req, void *buf)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_ioctl) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_ioctl(bs, req, buf);
}

int bdrv_snapshot_create(BlockDriverState *bs, BlockSnapshotInfo *info)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_snapshot_create) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_snapshot_create(bs, info);
}

int bdrv_snapshot_goto(BlockDriverState *bs, const char *id_or_name)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_snapshot_goto) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_snapshot_goto(bs, id_or_name);
}

int bdrv_snapshot_delete(BlockDriverState *bs, const char *id_or_name)
{
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_snapshot_delete) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_snapshot_delete(bs, id_or_name);
}

int bdrv_snapshot_list(BlockDriverState *bs, BlockSnapshotInfo **list)
{
    *list = NULL;
    if (!bs->drv) {
        return -ENOMEDIUM;
    }
    if (!bs->drv->bdrv_snapshot_list) {
        return -ENOTSUP;
    }
    return bs->drv->bdrv_snapshot_list(bs, list);
}

void bdrv_set_type_hint(BlockDriverState *bs, int type)
{
    bs->type = type;
    bs->removable = (type == BDRV_TYPE_CDROM || type == BDRV_TYPE_FLOPPY);
}

int bdrv_get_type_hint(BlockDriverState *bs)
{
    return bs->type;
}

void bdrv_set_removable(BlockDriverState *bs, int removable)
{
    bs->removable = removable;
}

int bdrv_is_removable(BlockDriverState *bs)
{
    return bs->removable;
}

void bdrv_set_locked(BlockDriverState *bs, int locked)
{
    bs->locked = locked;
}

int bdrv_is_locked(BlockDriverState *bs)
{
    return bs->locked;
}

int bdrv_is_inserted(BlockDriverState *bs)
{
    return bs->inserted;
}

int bdrv_is_read_only(BlockDriverState *bs)
{
    return bs->read_only;
}

int bdrv_is_encrypted(BlockDriverState *bs)
{
    return bs->encrypted;
}

int bdrv_eject(BlockDriverState *bs, int force)
{
    if (!bs->removable || (bs->locked && !force)) {
        return -EBUSY;
    }
    bdrv_close(bs);
    return 0;
}

void bdrv_set_change_cb(BlockDriverState *bs,
                        void (*change_cb)(void *opaque), void *opaque)
{
    bs->change_cb = change_cb;
    bs->change_opaque = opaque;
}

BlockDriverState *bdrv_find(const char *name)
{
    BlockDriverState *bs;

    for (bs = bdrv_first; bs != NULL; bs = bs->next) {
        if (!strcmp(name, bs->device_name)) {
            return bs;
        }
    }
    return NULL;
}

void bdrv_iterate(void (*it)(void *opaque, BlockDriverState *bs), void *opaque)
{
    BlockDriverState *bs;

    for (bs = bdrv_first; bs != NULL; bs = bs->next) {
        it(opaque, bs);
    }
}

const char *bdrv_get_device_name(BlockDriverState *bs)
{
    return bs->device_name;
}

const char *bdrv_get_format(BlockDriverState *bs)
{
    return bs->drv ? bs->drv->format_name : "";
}

const char *bdrv_get_filename(BlockDriverState *bs)
{
    return bs->filename;
}

const char *bdrv_get_backing_filename(BlockDriverState *bs)
{
    return bs->backing_file;
}

/* raw: the bytes of the disk and nothing else */

typedef struct BDRVRawState {
    int fd;
} BDRVRawState;

static int raw_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    (void)buf_size;
    (void)filename;
    /* nothing tells a raw image: the lowest score, for any readable file */
    return buf != NULL ? 1 : 0;
}

static int raw_open(BlockDriverState *bs, const char *filename)
{
    BDRVRawState *s = bs->opaque;
    int fd;
    int64_t size;

    fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | O_BINARY | O_LARGEFILE);
        if (fd < 0)
            return -errno;
        bs->read_only = 1;
    }
    size = file_length(fd);
    if (size < 0) {
        close(fd);
        return size;
    }
    /* a tail that is no whole sector is out of reach */
    bs->total_sectors = size >> SECTOR_BITS;
    s->fd = fd;
    return 0;
}

static int raw_read(BlockDriverState *bs, int64_t sector_num,
                    uint8_t *buf, int nb_sectors)
{
    BDRVRawState *s = bs->opaque;

    return pread_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                      sector_num << SECTOR_BITS);
}

static int raw_write(BlockDriverState *bs, int64_t sector_num,
                     const uint8_t *buf, int nb_sectors)
{
    BDRVRawState *s = bs->opaque;

    return pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                       sector_num << SECTOR_BITS);
}

static void raw_close(BlockDriverState *bs)
{
    BDRVRawState *s = bs->opaque;

    close(s->fd);
}

static int raw_create(const char *filename, int64_t total_sectors,
                      const char *backing_file, int flags)
{
    int fd, ret = 0;

    if (flags || backing_file) {
        return -ENOTSUP;
    }
    fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY | O_LARGEFILE,
              0644);
    if (fd < 0) {
        return -errno;
    }
    if (ftruncate(fd, total_sectors << SECTOR_BITS) < 0) {
        ret = -errno;
    }
    close(fd);
    return ret;
}

static int raw_flush(BlockDriverState *bs)
{
    BDRVRawState *s = bs->opaque;

    return file_flush(s->fd);
}

static int raw_truncate(BlockDriverState *bs, int64_t size_in_bytes)
{
    BDRVRawState *s = bs->opaque;

    if (ftruncate(s->fd, size_in_bytes) < 0) {
        return -errno;
    }
    bs->total_sectors = size_in_bytes >> SECTOR_BITS;
    return 0;
}

BlockDriver bdrv_raw = {
    .format_name = "raw",
    .instance_size = sizeof(BDRVRawState),
    .bdrv_probe = raw_probe,
    .bdrv_open = raw_open,
    .bdrv_read = raw_read,
    .bdrv_write = raw_write,
    .bdrv_close = raw_close,
    .bdrv_create = raw_create,
    .bdrv_flush = raw_flush,
    .bdrv_truncate = raw_truncate,
};

void bdrv_init(void)
{
    /* the first of equally sure probes wins: a device is a device */
    bdrv_register(&bdrv_host_device);
    bdrv_register(&bdrv_raw);
    bdrv_register(&bdrv_cow);
    bdrv_register(&bdrv_qcow);
    bdrv_register(&bdrv_qcow2);
    bdrv_register(&bdrv_vmdk);
    bdrv_register(&bdrv_vpc);
    bdrv_register(&bdrv_bochs);
    bdrv_register(&bdrv_cloop);
    bdrv_register(&bdrv_dmg);
    bdrv_register(&bdrv_parallels);
    bdrv_register(&bdrv_vvfat);
}
