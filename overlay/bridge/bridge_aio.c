/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: reads and writes for a block layer that only answers by callback.
 *
 * One request runs at a time: it is started, and then the block layer's own
 * loop is turned until the callback came.
 */
#include "bridge_api.h"

#if !BRIDGE_HAVE_SYNC_IO

typedef struct Request {
    int done;
    int ret;
} Request;

static void complete(void *opaque, int ret)
{
    Request *request = opaque;

    request->ret = ret;
    request->done = 1;
}

/* no handle means that the request was refused at once */
static int wait_for(BlockDriverAIOCB *handle, Request *request)
{
    if (!handle && !request->done) {
        return -EIO;
    }
    while (!request->done) {
        qemu_aio_wait();
    }
    return request->ret;
}

int bridge_read(BlockDriverState *bs, int64_t sector_num, uint8_t *buf,
                int nb_sectors)
{
    Request request = { 0 };

    return wait_for(bdrv_aio_read(bs, sector_num, buf, nb_sectors, complete,
                                  &request), &request);
}

int bridge_write(BlockDriverState *bs, int64_t sector_num, const uint8_t *buf,
                 int nb_sectors)
{
    Request request = { 0 };

    return wait_for(bdrv_aio_write(bs, sector_num, buf, nb_sectors, complete,
                                   &request), &request);
}

#endif
