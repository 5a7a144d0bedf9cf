/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioemu: memory, strings and whole transfers on file descriptors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vl.h"
#include "block_int.h"

void *qemu_malloc(size_t size)
{
    return malloc(size);
}

void *qemu_mallocz(size_t size)
{
    return calloc(1, size);
}

void qemu_free(void *ptr)
{
    free(ptr);
}

void pstrcpy(char *buf, size_t buf_size, const char *str)
{
    size_t len = strlen(str);

    if (buf_size == 0) {
        return;
    }
    if (len >= buf_size) {
        len = buf_size - 1;
    }
    memmove(buf, str, len);
    buf[len] = '\0';
}

int strstart(const char *str, const char *prefix, const char **ptr)
{
    size_t len = strlen(prefix);

    if (strncmp(str, prefix, len) != 0) {
        return 0;
    }
    if (ptr) {
        *ptr = str + len;
    }
    return 1;
}

int get_opt_word(char *buf, size_t buf_size, const char **p)
{
    const char *s = *p;
    size_t len = 0;

    while (*s != '\0') {
        if (*s == ',') {
            if (s[1] != ',') {
                break;
            }
            s++;
        }
        if (len + 1 >= buf_size) {
            return -ENAMETOOLONG;
        }
        buf[len++] = *s++;
    }
    buf[len] = '\0';
    *p = s;
    return 0;
}

/* count of bytes read, short only at the end of the file, or -errno */
static ssize_t pread_some(int fd, void *buf, size_t count, int64_t offset)
{
    size_t done = 0;
    ssize_t ret;

    while (done < count) {
        ret = pread(fd, (char *)buf + done, count - done, offset + done);
        if (ret < 0 && errno == EINTR) {
            continue;
        }
        if (ret < 0) {
            return -errno;
        }
        if (ret == 0) {
            break;
        }
        done += ret;
    }
    return done;
}

int pread_full(int fd, void *buf, size_t count, int64_t offset)
{
    ssize_t ret = pread_some(fd, buf, count, offset);

    if (ret < 0) {
        return ret;
    }
    return (size_t)ret == count ? 0 : -EIO;
}

int pread_zero(int fd, void *buf, size_t count, int64_t offset)
{
    ssize_t ret = pread_some(fd, buf, count, offset);

    if (ret < 0) {
        return ret;
    }
    memset((char *)buf + ret, 0, count - ret);
    return 0;
}

int pwrite_full(int fd, const void *buf, size_t count, int64_t offset)
{
    size_t done = 0;
    ssize_t ret;

    while (done < count) {
        ret = pwrite(fd, (const char *)buf + done, count - done,
                     offset + done);
        if (ret < 0 && errno == EINTR) {
            continue;
        }
        if (ret < 0) {
            return -errno;
        }
        if (ret == 0) {
            return -EIO;
        }
        done += ret;
    }
    return 0;
}

int64_t file_length(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (S_ISREG(st.st_mode)) {
        return st.st_size;
    }
    /* a block device has no st_size, but an end */
    st.st_size = lseek(fd, 0, SEEK_END);
    return st.st_size < 0 ? -errno : (int64_t)st.st_size;
}

int file_flush(int fd)
{
    /* EINVAL, EROFS: the kind of file has nothing to flush */
    if (fdatasync(fd) < 0 && errno != EINVAL && errno != EROFS) {
        return -errno;
    }
    return 0;
}

int path_combine(char *dest, size_t dest_size,
                 const char *base, const char *filename)
{
    const char *slash = strrchr(base, '/');
    size_t dir_len = slash ? (size_t)(slash - base) + 1 : 0;
    size_t len = strlen(filename);

    if (filename[0] == '/' || strstart(filename, "fat:", NULL)) {
        dir_len = 0;
    }
    if (dir_len >= dest_size || len >= dest_size - dir_len) {
        return -ENAMETOOLONG;
    }
    memcpy(dest, base, dir_len);
    memcpy(dest + dir_len, filename, len + 1);
    return 0;
}
