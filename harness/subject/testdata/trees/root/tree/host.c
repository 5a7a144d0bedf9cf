/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "block_int.h"

int host_read(int fd, void *buf, int count, int64_t offset)
{
    int n = pread(fd, buf, count, offset);

    return n < 0 ? -errno : n == count ? 0 : -EIO;
}

int host_write(int fd, const void *buf, int count, int64_t offset)
{
    int n = pwrite(fd, buf, count, offset);

    return n < 0 ? -errno : n == count ? 0 : -EIO;
}
