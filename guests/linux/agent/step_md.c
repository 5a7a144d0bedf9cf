/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a RAID by the kernel's own interface, as mdadm does: md(4),
 * linux/raid/md_u.h. The array is told by its member's superblock.
 */
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ARRAY "/dev/md0"

static void fail(struct answer *answer, const char *what)
{
    answer->rc = -1;
    answer->error = errno;
    snprintf(answer->text, sizeof(answer->text), "%s: %s", what,
             strerror(errno));
}

void step_md_start(struct scene *scene, const char *arg, unsigned long number,
                   struct answer *answer)
{
    /* Zeros but for the version: take the rest from the superblock. */
    mdu_array_info_t array = {.major_version = 0, .minor_version = 90};
    mdu_disk_info_t member = {0};
    struct stat st;
    int fd;

    (void)arg;
    (void)number;
    mknod(ARRAY, S_IFBLK | 0600, makedev(MD_MAJOR, 0));
    fd = open(ARRAY, O_RDWR | O_CLOEXEC);
    if (fd < 0 || stat(scene->disk->device, &st) < 0) {
        fail(answer, "open");
    } else if (ioctl(fd, SET_ARRAY_INFO, &array) < 0) {
        fail(answer, "SET_ARRAY_INFO");
    } else {
        member.major = (int)major(st.st_rdev);
        member.minor = (int)minor(st.st_rdev);
        if (ioctl(fd, ADD_NEW_DISK, &member) < 0) {
            fail(answer, "ADD_NEW_DISK");
        } else if (ioctl(fd, RUN_ARRAY, NULL) < 0) {
            fail(answer, "RUN_ARRAY");
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* A write to the array, past the page cache: its header is marked first. */
void step_md_write(struct scene *scene, const char *arg, unsigned long number,
                   struct answer *answer)
{
    static char data[4096] __attribute__((aligned(4096)));
    int fd = open(ARRAY, O_RDWR | O_DIRECT | O_CLOEXEC);

    (void)arg;
    memcpy(data, scene->nonce, strlen(scene->nonce));
    answer->rc = -1;
    if (fd >= 0) {
        answer->rc = (int)pwrite(fd, data, sizeof(data), (off_t)number * 512);
    }
    if (answer->rc < 0) {
        fail(answer, "write");
    }
    if (fd >= 0) {
        close(fd);
    }
}

void step_md_stop(struct scene *scene, const char *arg, unsigned long number,
                  struct answer *answer)
{
    int fd = open(ARRAY, O_RDWR | O_CLOEXEC);

    (void)scene;
    (void)arg;
    (void)number;
    if (fd < 0 || ioctl(fd, STOP_ARRAY, NULL) < 0) {
        fail(answer, "STOP_ARRAY");
    }
    if (fd >= 0) {
        close(fd);
    }
}
