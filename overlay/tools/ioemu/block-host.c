/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: devices of the host as disks: block devices, character devices that
 * have a size, CD-ROM and floppy drives.
 *
 * The bytes are those of raw.  Other are: the size, asked of the device; the
 * medium, which a drive may lack (then the disk has no sectors and every
 * request fails) or change; and ioctls, passed on as they are.  Whether the
 * device itself is write protected is not asked: its writes then fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/cdrom.h>
#include <linux/fd.h>
#include <linux/fs.h>
#include <linux/major.h>

#include "vl.h"
#include "block_int.h"

/* without O_NONBLOCK an empty drive cannot be opened, or closes its tray */
#define HOST_OPEN_FLAGS (O_BINARY | O_LARGEFILE | O_NONBLOCK | O_NOCTTY)

enum host_kind { HOST_FIXED, HOST_CDROM, HOST_FLOPPY };

typedef struct BDRVHostState {
    int fd;
    enum host_kind kind;
} BDRVHostState;

static int host_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    struct stat st;

    (void)buf;
    (void)buf_size;
    /* what is on a device is its guest's, and no guide to its format */
    return stat(filename, &st) == 0 &&
           (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode)) ? 100 : 0;
}

static enum host_kind host_find_kind(int fd, const struct stat *st)
{
    if (S_ISBLK(st->st_mode) && major(st->st_rdev) == FLOPPY_MAJOR) {
        return HOST_FLOPPY;
    }
    if (S_ISBLK(st->st_mode) &&
        ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT) >= 0) {
        return HOST_CDROM;
    }
    return HOST_FIXED;
}

/* 1 if the drive has a medium; a drive that cannot tell is asked for the
   size instead */
static int host_has_medium(BDRVHostState *s)
{
    struct floppy_drive_struct drive;
    int status;

    switch (s->kind) {
    case HOST_CDROM:
        status = ioctl(s->fd, CDROM_DRIVE_STATUS, CDSL_CURRENT);
        return status == CDS_DISC_OK || status == CDS_NO_INFO;
    case HOST_FLOPPY:
        if (ioctl(s->fd, FDPOLLDRVSTAT, &drive) < 0) {
            return errno != ENXIO && errno != ENODEV;
        }
        /* set from the change line, cleared when a medium was read */
        return !(drive.flags & FD_DISK_NEWCHANGE);
    default:
        return 1;
    }
}

/* the size of the device in bytes, or -errno */
static int64_t host_size(int fd)
{
    uint64_t bytes;
    unsigned long sectors;

    if (ioctl(fd, BLKGETSIZE64, &bytes) == 0) {
        return bytes <= INT64_MAX ? (int64_t)bytes : -EFBIG;
    }
    if (ioctl(fd, BLKGETSIZE, &sectors) == 0) {
        return sectors <= INT64_MAX >> SECTOR_BITS
               ? (int64_t)sectors << SECTOR_BITS : -EFBIG;
    }
    return file_length(fd);
}

/* Asks for the size anew, as after every change of media. */
static int host_update(BlockDriverState *bs)
{
    BDRVHostState *s = bs->opaque;
    int64_t size = 0;

    if (host_has_medium(s)) {
        size = host_size(s->fd);
    }
    if (s->kind != HOST_FIXED && (size == -ENOMEDIUM || size == -EIO)) {
        size = 0;
    }
    if (size < 0) {
        bs->total_sectors = 0;
        return size;
    }
    bs->total_sectors = size >> SECTOR_BITS;
    return 0;
}

static int host_open(BlockDriverState *bs, const char *filename)
{
    BDRVHostState *s = bs->opaque;
    int fd, ret;
    struct stat st;

    fd = open(filename, O_RDWR | HOST_OPEN_FLAGS);
    if (fd < 0) {
        fd = open(filename, O_RDONLY | HOST_OPEN_FLAGS);
        if (fd < 0)
            return -errno;
        bs->read_only = 1;
    }
    /* the opened one: the name may mean another device by now */
    if (fstat(fd, &st) < 0) {
        ret = -errno;
        goto fail;
    }
    if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) {
        ret = -EINVAL;
        goto fail;
    }
    s->fd = fd;
    s->kind = host_find_kind(fd, &st);
    if (s->kind == HOST_CDROM) {
        bs->read_only = 1;
    }
    ret = host_update(bs);
    if (ret < 0) {
        goto fail;
    }
    if (s->kind == HOST_FIXED && bs->total_sectors == 0) {
        ret = -EINVAL;
        goto fail;
    }
    ret = fcntl(fd, F_GETFL);
    if (ret < 0 || fcntl(fd, F_SETFL, ret & ~O_NONBLOCK) < 0) {
        ret = -errno;
        goto fail;
    }
    return 0;

fail:
    close(fd);
    return ret;
}

static int host_read(BlockDriverState *bs, int64_t sector_num,
                     uint8_t *buf, int nb_sectors)
{
    BDRVHostState *s = bs->opaque;

    return pread_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                      sector_num << SECTOR_BITS);
}

static int host_write(BlockDriverState *bs, int64_t sector_num,
                      const uint8_t *buf, int nb_sectors)
{
    BDRVHostState *s = bs->opaque;

    return pwrite_full(s->fd, buf, (size_t)nb_sectors << SECTOR_BITS,
                       sector_num << SECTOR_BITS);
}

static void host_close(BlockDriverState *bs)
{
    BDRVHostState *s = bs->opaque;

    close(s->fd);
}

static int host_flush(BlockDriverState *bs)
{
    BDRVHostState *s = bs->opaque;

    return file_flush(s->fd);
}

/* in bytes; the medium may have come, gone or changed since it was asked */
static int64_t host_getlength(BlockDriverState *bs)
{
    BDRVHostState *s = bs->opaque;
    int ret = s->kind == HOST_FIXED ? 0 : host_update(bs);

    return ret < 0 ? ret : bs->total_sectors << SECTOR_BITS;
}

/* Passes any request on; those that move the medium also renew the size. */
static int host_ioctl(BlockDriverState *bs, unsigned long req, void *buf)
{
    BDRVHostState *s = bs->opaque;
    int ret = ioctl(s->fd, req, buf);

    if (ret < 0) {
        return -errno;
    }
    if (s->kind != HOST_FIXED) {
        host_update(bs);
    }
    return ret;
}

BlockDriver bdrv_host_device = {
    .format_name = "host_device",
    .instance_size = sizeof(BDRVHostState),
    .bdrv_probe = host_probe,
    .bdrv_open = host_open,
    .bdrv_read = host_read,
    .bdrv_write = host_write,
    .bdrv_close = host_close,
    .bdrv_flush = host_flush,
    .bdrv_getlength = host_getlength,
    .bdrv_ioctl = host_ioctl,
    .any_file = 1,
};
