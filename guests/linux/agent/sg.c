/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE                 /* strverscmp, realpath */
#include "sg.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "scsi.h"
#include "sg_name.h"

#define SYSFS "/sys"
#define WAIT_MS 2000
#define SENSE_BYTES 64

/* Host's and driver's part of an answer (Linux: include/scsi/scsi_status.h,
 * and scsi_host.h of older kernels). */
#define HOST_TIMED_OUT 0x03
#define DRIVER_MASK 0x0f
#define DRIVER_TIMED_OUT 0x06
#define NOT_CARRIED 0xff            /* ours: the kernel took no command */

struct opened {
    struct scsi_unit unit;
    char name[NAME_BYTES];
    int fd;
};

static struct opened opened[MAX_DISKS];
static unsigned n_opened;

static void execute(struct scsi_unit *unit, struct scsi_request *request)
{
    const struct opened *sg = unit->controller;
    struct report_outcome *outcome = &request->outcome;
    uint8_t sense[SENSE_BYTES] = { 0 };
    struct sg_io_hdr io = {
        .interface_id = 'S',
        .dxfer_direction = request->flow == FLOW_NONE ? SG_DXFER_NONE
                         : request->flow == FLOW_IN ? SG_DXFER_FROM_DEV
                         : SG_DXFER_TO_DEV,
        .cmd_len = (unsigned char)request->cdb_bytes,
        .mx_sb_len = sizeof(sense),
        .dxfer_len = request->flow == FLOW_NONE ? 0 : request->bytes,
        .dxferp = request->data,
        .cmdp = request->cdb,
        .sbp = sense,
        .timeout = WAIT_MS,
    };

    if (ioctl(sg->fd, SG_IO, &io) != 0) {
        outcome->error = NOT_CARRIED;
        return;
    }
    outcome->status = io.status;
    outcome->error = (uint8_t)io.host_status;
    outcome->timed_out = io.host_status == HOST_TIMED_OUT ||
                         (io.driver_status & DRIVER_MASK) == DRIVER_TIMED_OUT;
    request->ok = io.status == 0 && io.host_status == 0 &&
                  !outcome->timed_out;
    if (!request->ok) {
        scsi_take_sense(outcome, sense, io.sb_len_wr);
    }
}

static void close_all(void)
{
    while (n_opened > 0) {
        close(opened[--n_opened].fd);
    }
}

static int compare(const void *left, const void *right)
{
    return strverscmp(((const struct opened *)left)->name,
                      ((const struct opened *)right)->name);
}

/* Opens /dev/`node` if its unit has a name here. */
static void open_node(const char *node, unsigned room)
{
    char path[PATH_MAX];
    char device[PATH_MAX];
    char name[NAME_BYTES];
    int fd;

    snprintf(path, sizeof(path), SYSFS "/class/scsi_generic/%s/device", node);
    if (realpath(path, device) == NULL ||
        !sg_name(SYSFS, device, name, sizeof(name))) {
        return;
    }
    snprintf(path, sizeof(path), "/dev/%s", node);
    fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        report_panic_about("open=", path, sizeof(path));
    }
    if (n_opened == room) {
        report_panic("disks");
    }
    memcpy(opened[n_opened].name, name, sizeof(name));
    opened[n_opened++].fd = fd;
}

/* Identifies what was opened as `disk`; false if it is none. */
static bool identify(struct opened *sg, struct disk *disk)
{
    static uint8_t inquiry[SCSI_INQUIRY_BYTES] __attribute__((aligned(4)));
    struct scsi_request request;

    memset(&sg->unit, 0, sizeof(sg->unit));
    sg->unit.execute = execute;
    sg->unit.controller = sg;
    memcpy(disk->name, sg->name, sizeof(disk->name));
    disk->bus = &sg->unit;
    scsi_make_inquiry(&request, inquiry);
    execute(&sg->unit, &request);
    if (!request.ok || !scsi_is_driven(inquiry)) {
        return false;
    }
    scsi_identify(disk, &request);
    return true;
}

unsigned sg_find(struct disk *disks, unsigned room)
{
    DIR *folder = opendir(SYSFS "/class/scsi_generic");
    struct dirent *entry;
    unsigned n = 0;

    close_all();
    if (room > MAX_DISKS) {
        room = MAX_DISKS;
    }
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, "sg", 2) == 0) {
            open_node(entry->d_name, room);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    qsort(opened, n_opened, sizeof(opened[0]), compare);
    for (unsigned i = 0; i < n_opened; i++) {
        struct disk *disk = disk_add(disks, &n, room);

        if (!identify(&opened[i], disk)) {
            n--;
        }
    }
    return n;
}
