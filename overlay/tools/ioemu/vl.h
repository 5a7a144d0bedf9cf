/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: what the device model and the tools see of the block layer.
 *
 * Units: a "sector" is always 512 bytes; an "offset" is in bytes, 64 bits
 * wide.  Every function that can fail returns a non-negative result or -errno.
 * Nothing here is thread safe: the device model is single threaded.
 */
#ifndef VL_H
#define VL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef O_BINARY
#define O_BINARY 0
#endif
#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif

#define SECTOR_BITS 9
#define SECTOR_SIZE 512

/* osdep.c: memory and strings */
void *qemu_malloc(size_t size);
void *qemu_mallocz(size_t size);
void qemu_free(void *ptr);
/* copies at most buf_size - 1 bytes and always terminates */
void pstrcpy(char *buf, size_t buf_size, const char *str);
/* returns 1 and sets *ptr behind the prefix if str starts with it */
int strstart(const char *str, const char *prefix, const char **ptr);
/* reads a file name from *p up to a comma; ",," stands for one comma */
int get_opt_word(char *buf, size_t buf_size, const char **p);
/* Names `filename` as seen from the directory of `base`: absolute names and
   names with a protocol ("fat:") stay as they are.  -ENAMETOOLONG. */
int path_combine(char *dest, size_t dest_size,
                 const char *base, const char *filename);

/* block.c */
typedef struct BlockDriverState BlockDriverState;
typedef struct BlockDriver BlockDriver;

typedef struct BlockDriverInfo {
    uint32_t cluster_size;      /* bytes, 0 = the format has no clusters */
    int64_t vm_state_offset;    /* bytes, where a snapshot's state goes */
} BlockDriverInfo;

typedef struct BlockSnapshotInfo {
    char id_str[128];           /* empty in bdrv_snapshot_create: choose */
    char name[256];
    uint32_t vm_state_size;     /* bytes */
    uint32_t date_sec;          /* UTC, since 1970 */
    uint32_t date_nsec;
    uint64_t vm_clock_nsec;
} BlockSnapshotInfo;

/* flags of bdrv_create */
#define BLOCK_FLAG_ENCRYPT 1

/* type hints */
#define BDRV_TYPE_HD     0
#define BDRV_TYPE_CDROM  1
#define BDRV_TYPE_FLOPPY 2

/* the format drivers; a new one also gets its line in bdrv_init() */
extern BlockDriver bdrv_raw;
extern BlockDriver bdrv_cow;
extern BlockDriver bdrv_qcow;
extern BlockDriver bdrv_qcow2;
extern BlockDriver bdrv_vmdk;
extern BlockDriver bdrv_vpc;
extern BlockDriver bdrv_bochs;
extern BlockDriver bdrv_cloop;
extern BlockDriver bdrv_dmg;
extern BlockDriver bdrv_parallels;
extern BlockDriver bdrv_vvfat;
extern BlockDriver bdrv_host_device;

void bdrv_init(void);
BlockDriver *bdrv_find_format(const char *format_name);
void bdrv_iterate_format(void (*it)(void *opaque, const char *name),
                         void *opaque);
int bdrv_create(BlockDriver *drv,
                const char *filename, int64_t size_in_sectors,
                const char *backing_file, int flags);
BlockDriverState *bdrv_new(const char *device_name);
void bdrv_delete(BlockDriverState *bs);
int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot);
int bdrv_open2(BlockDriverState *bs, const char *filename, int snapshot,
               BlockDriver *drv);
void bdrv_close(BlockDriverState *bs);

int bdrv_read(BlockDriverState *bs, int64_t sector_num,
              uint8_t *buf, int nb_sectors);
int bdrv_write(BlockDriverState *bs, int64_t sector_num,
               const uint8_t *buf, int nb_sectors);
/* bytes; clipped to the disk; return the number of bytes done */
int bdrv_pread(BlockDriverState *bs, int64_t offset, void *buf, int count);
int bdrv_pwrite(BlockDriverState *bs, int64_t offset,
                const void *buf, int count);
int bdrv_write_compressed(BlockDriverState *bs, int64_t sector_num,
                          const uint8_t *buf, int nb_sectors);
int bdrv_flush(BlockDriverState *bs);
int bdrv_truncate(BlockDriverState *bs, int64_t size_in_bytes);
int64_t bdrv_getlength(BlockDriverState *bs);
int bdrv_is_allocated(BlockDriverState *bs, int64_t sector_num,
                      int nb_sectors, int *pnum);
int bdrv_commit(BlockDriverState *bs);
int bdrv_make_empty(BlockDriverState *bs);
int bdrv_set_key(BlockDriverState *bs, const char *key);
int bdrv_get_info(BlockDriverState *bs, BlockDriverInfo *info);
int bdrv_ioctl(BlockDriverState *bs, unsigned long req, void *buf);

int bdrv_snapshot_create(BlockDriverState *bs, BlockSnapshotInfo *info);
int bdrv_snapshot_goto(BlockDriverState *bs, const char *id_or_name);
int bdrv_snapshot_delete(BlockDriverState *bs, const char *id_or_name);
/* *list is allocated, the caller frees it; returns the number of entries */
int bdrv_snapshot_list(BlockDriverState *bs, BlockSnapshotInfo **list);

void bdrv_set_type_hint(BlockDriverState *bs, int type);
int bdrv_get_type_hint(BlockDriverState *bs);
void bdrv_set_removable(BlockDriverState *bs, int removable);
int bdrv_is_removable(BlockDriverState *bs);
void bdrv_set_locked(BlockDriverState *bs, int locked);
int bdrv_is_locked(BlockDriverState *bs);
int bdrv_is_inserted(BlockDriverState *bs);
int bdrv_is_read_only(BlockDriverState *bs);
int bdrv_is_encrypted(BlockDriverState *bs);
/* takes the medium out; -EBUSY if locked (unless forced) or not removable */
int bdrv_eject(BlockDriverState *bs, int force);
/* called whenever a medium comes or goes */
void bdrv_set_change_cb(BlockDriverState *bs,
                        void (*change_cb)(void *opaque), void *opaque);

BlockDriverState *bdrv_find(const char *name);
void bdrv_iterate(void (*it)(void *opaque, BlockDriverState *bs),
                  void *opaque);
const char *bdrv_get_device_name(BlockDriverState *bs);
const char *bdrv_get_format(BlockDriverState *bs);
const char *bdrv_get_filename(BlockDriverState *bs);
const char *bdrv_get_backing_filename(BlockDriverState *bs);

/* vl.c: the disks of the machine; an empty slot is NULL */
#define MAX_DISKS 4
#define MAX_SCSI_DISKS 7
#define MAX_FD 2
#define MAX_USB_DISKS 4

extern BlockDriverState *bs_table[MAX_DISKS + MAX_SCSI_DISKS];
extern BlockDriverState *fd_table[MAX_FD];
extern BlockDriverState *usb_table[MAX_USB_DISKS];

/* hw/pc.c: the board's own SCSI disks, in what is free of bs_table */
void pc_init(void);

/* xenstore.c: disks of Xen domains */
/* Fills bs_table with those of a domain.  Messages on stderr tell of disks that
   cannot be opened; xenstore_fd() is -1 if there is no xenstore. */
void xenstore_parse_domain_config(int domid);
/* readable when xenstore_process_event() has something to do; -1 = never */
int xenstore_fd(void);
/* Starts to watch the CD drives, after the last fork(); 0 or -errno. */
int xenstore_watch_media(void);
/* Changes media as xenstore wants it, and never waits.  The drive in bs_table
   is then a new one: pointers to the old are invalid. */
void xenstore_process_event(void *opaque);
/* whether a medium may come into the drive, a slot of bs_table */
int xenstore_is_media_drive(int slot);
void xenstore_close(void);

#endif
