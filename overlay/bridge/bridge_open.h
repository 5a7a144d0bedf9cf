/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: how this generation makes and opens a drive, and how it is told that
 * the drive is to be read only.  bridge_api.h tells how that is found out.
 */
#ifndef BRIDGE_OPEN_H
#define BRIDGE_OPEN_H

#include "bridge_api.h"
#include "bridge_int.h"

struct QDict;
struct Error;

int bdrv_open();
int bdrv_open2();
int bdrv_file_open();

typedef BlockDriverState *bridge_new_fn(const char *);
typedef BlockDriverState *bridge_new_flag_fn(const char *, int);
typedef BlockDriverState *bridge_new_error_fn(const char *, struct Error **);
/* the third argument is flags, or before there were any: take a snapshot */
typedef int bridge_open_fn(BlockDriverState *, const char *, int);
typedef int bridge_open_driver_fn(BlockDriverState *, const char *, int,
                                  BlockDriver *);
typedef int bridge_open_options_fn(BlockDriverState *, const char *,
                                   struct QDict *, int, BlockDriver *);
typedef int bridge_open_error_fn(BlockDriverState *, const char *,
                                 struct QDict *, int, BlockDriver *,
                                 struct Error **);
typedef int bridge_file_open_fn(BlockDriverState **, const char *, int);

/* the ways to say read only */
#define BRIDGE_RO_NONE 0
#define BRIDGE_RO_ARGUMENT 1 /* bdrv_new's second argument */
#define BRIDGE_RO_FLAG 2     /* BDRV_O_RDWR is left out */
#define BRIDGE_RO_FIELD 3    /* read_only, set before it opens and after */

#ifdef BDRV_O_RDWR
#define BRIDGE_RDWR BDRV_O_RDWR
#else
#define BRIDGE_RDWR 0
#endif
/* 0 = no word for it */
#ifdef BDRV_O_SNAPSHOT
#define BRIDGE_SNAPSHOT BDRV_O_SNAPSHOT
#elif defined(BDRV_O_RDWR)
#define BRIDGE_SNAPSHOT 0
#else
#define BRIDGE_SNAPSHOT 1
#endif

enum {
    BRIDGE_NEW_FLAG = BRIDGE_IS(bdrv_new, bridge_new_flag_fn),
    BRIDGE_NEW_ERROR = BRIDGE_IS(bdrv_new, bridge_new_error_fn),
    BRIDGE_NEW_PLAIN = BRIDGE_IS(bdrv_new, bridge_new_fn),
    BRIDGE_HAVE_OPEN = BRIDGE_DECLARES(bdrv_open, int),
    BRIDGE_HAVE_OPEN2 = BRIDGE_DECLARES(bdrv_open2, int),
    BRIDGE_HAVE_FILE_OPEN = BRIDGE_DECLARES(bdrv_file_open, int),
    BRIDGE_OPEN_PLAIN = BRIDGE_HAVE_OPEN &&
                        BRIDGE_IS(bdrv_open, bridge_open_fn),
    BRIDGE_OPEN_DRIVER = BRIDGE_HAVE_OPEN &&
                         BRIDGE_IS(bdrv_open, bridge_open_driver_fn),
    BRIDGE_OPEN_OPTIONS = BRIDGE_HAVE_OPEN &&
                          BRIDGE_IS(bdrv_open, bridge_open_options_fn),
    BRIDGE_OPEN_ERROR = BRIDGE_HAVE_OPEN &&
                        BRIDGE_IS(bdrv_open, bridge_open_error_fn),
    /* bdrv_file_open opens no format but the file itself */
    BRIDGE_OPEN_FILE = !BRIDGE_HAVE_OPEN && !BRIDGE_HAVE_OPEN2 &&
                       BRIDGE_HAVE_FILE_OPEN,
};

_Static_assert(BRIDGE_NEW_PLAIN || BRIDGE_NEW_FLAG || BRIDGE_NEW_ERROR,
               "the bridge does not know this bdrv_new");
_Static_assert(BRIDGE_HAVE_OPEN2 || BRIDGE_OPEN_PLAIN || BRIDGE_OPEN_DRIVER ||
               BRIDGE_OPEN_OPTIONS || BRIDGE_OPEN_ERROR || BRIDGE_OPEN_FILE,
               "the bridge does not know this bdrv_open");

/* bridge_profile.h may say which it is to be */
#ifndef BRIDGE_READ_ONLY
#define BRIDGE_READ_ONLY (BRIDGE_NEW_FLAG ? BRIDGE_RO_ARGUMENT : \
                          BRIDGE_RDWR ? BRIDGE_RO_FLAG : \
                          BRIDGE_HAVE_READ_ONLY_FIELD ? BRIDGE_RO_FIELD : \
                          BRIDGE_RO_NONE)
#endif

/* whether the driver can be named, or the image must be probed */
#define BRIDGE_NAMES_DRIVER (BRIDGE_HAVE_OPEN2 || BRIDGE_OPEN_DRIVER || \
                             BRIDGE_OPEN_OPTIONS || BRIDGE_OPEN_ERROR)

static inline BlockDriverState *bridge_new(const char *name, int read_only)
{
    if (BRIDGE_NEW_FLAG) {
        return BRIDGE_AS(bdrv_new, bridge_new_flag_fn)(name, read_only);
    }
    if (BRIDGE_NEW_ERROR) {
        return BRIDGE_AS(bdrv_new, bridge_new_error_fn)(name, NULL);
    }
    return BRIDGE_AS(bdrv_new, bridge_new_fn)(name);
}

/* `flags`: BRIDGE_RDWR and BRIDGE_SNAPSHOT; `*bs` is a new drive. */
static inline int bridge_open_image(BlockDriverState **bs, const char *filename,
                                    int flags, BlockDriver *drv)
{
    if (BRIDGE_HAVE_OPEN2) {
        return BRIDGE_AS(bdrv_open2, bridge_open_driver_fn)(*bs, filename,
                                                            flags, drv);
    }
    if (BRIDGE_OPEN_DRIVER) {
        return BRIDGE_AS(bdrv_open, bridge_open_driver_fn)(*bs, filename,
                                                           flags, drv);
    }
    if (BRIDGE_OPEN_OPTIONS) {
        return BRIDGE_AS(bdrv_open, bridge_open_options_fn)(*bs, filename, NULL,
                                                            flags, drv);
    }
    if (BRIDGE_OPEN_ERROR) {
        return BRIDGE_AS(bdrv_open, bridge_open_error_fn)(*bs, filename, NULL,
                                                          flags, drv, NULL);
    }
    if (BRIDGE_OPEN_FILE) {
        bdrv_delete(*bs);
        *bs = NULL;
        return BRIDGE_AS(bdrv_file_open, bridge_file_open_fn)(bs, filename,
                                                              flags);
    }
    return BRIDGE_AS(bdrv_open, bridge_open_fn)(*bs, filename, flags);
}

/* To be called before the image is opened, for a block layer that opens it
   accordingly, and again afterwards, for one that resets it when it opens. */
static inline void bridge_set_read_only(BlockDriverState *bs, int read_only)
{
#if BRIDGE_HAVE_READ_ONLY_FIELD
    if (BRIDGE_READ_ONLY == BRIDGE_RO_FIELD && read_only) {
        bs->read_only = 1;
    }
#else
    (void)bs;
    (void)read_only;
#endif
}

#endif
