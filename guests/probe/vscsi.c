/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vscsi.h"

#include "pci.h"
#include "scsi.h"
#include "string.h"
#include "virtio.h"

#define REQUEST_QUEUE 2             /* 0 controls, 1 tells of events */
#define CDB_BYTES 32                /* defaults of the configuration, */
#define SENSE_BYTES 96              /* valid after every reset */
#define RESPONSE_OK 0
#define SCSI_GOOD 0
#define PARTS 4                     /* a request's, at most */

struct __attribute__((packed)) request_header {
    uint8_t lun[8];
    uint64_t id;
    uint8_t task_attribute;
    uint8_t priority;
    uint8_t reserved;
    uint8_t cdb[CDB_BYTES];
};

struct __attribute__((packed)) response_header {
    uint32_t sense_bytes;
    uint32_t residual;
    uint16_t status_qualifier;
    uint8_t status;
    uint8_t response;
    uint8_t sense[SENSE_BYTES];
};

struct controller {
    uint32_t pci;
    struct virtio_device device;
    struct virtio_queue queue;
};

/* What one request needs while it is on its way. */
struct exchange {
    struct request_header header;
    struct response_header response;
};

static struct controller controllers[VSCSI_CONTROLLERS];

static bool start_controller(struct controller *controller)
{
    if (!virtio_start(&controller->device, controller->pci, 0) ||
        !virtio_start_queue(&controller->device, &controller->queue,
                            REQUEST_QUEUE)) {
        return false;
    }
    virtio_go(&controller->device);
    return true;
}

/* Puts a request into the queue; false if there is no room for it. */
static bool add(struct controller *controller, unsigned target,
                struct scsi_request *request, struct exchange *exchange)
{
    bool in = request->flow == FLOW_IN;
    uint32_t bytes = request->flow == FLOW_NONE ? 0 : request->bytes;
    struct virtio_part parts[PARTS] = {
        { &exchange->header, sizeof(exchange->header), false },
        { request->data, in ? 0 : bytes, false },
        { &exchange->response, sizeof(exchange->response), true },
        { request->data, in ? bytes : 0, true },
    };

    memset(exchange, 0, sizeof(*exchange));
    exchange->header.lun[0] = 1;    /* one level, flat addressing (5.6.6.1) */
    exchange->header.lun[1] = (uint8_t)target;
    exchange->header.lun[2] = 0x40;
    memcpy(exchange->header.cdb, request->cdb, request->cdb_bytes);
    return virtio_add(&controller->queue, parts, PARTS);
}

/* Takes the answer to a request that came back. */
static void take(struct scsi_request *request, const struct exchange *exchange)
{
    const struct response_header *response = &exchange->response;

    request->outcome.status = response->status;
    request->outcome.error = response->response;
    request->ok = response->response == RESPONSE_OK &&
                  response->status == SCSI_GOOD;
    if (!request->ok) {
        scsi_take_sense(&request->outcome, response->sense,
                        response->sense_bytes < SENSE_BYTES
                        ? response->sense_bytes : SENSE_BYTES);
    }
}

static void execute(struct scsi_unit *unit, struct scsi_request *request)
{
    static struct exchange exchange __attribute__((aligned(16)));
    struct controller *controller = unit->controller;

    if (!add(controller, unit->target, request, &exchange)) {
        report_panic("vscsi-queue");
    }
    virtio_ring(&controller->queue);
    if (virtio_wait(&controller->queue)) {
        take(request, &exchange);
        return;
    }
    request->outcome.timed_out = true;
    start_controller(controller);   /* and with it forget the request */
}

/*
 * Asks targets `first` and up what they are, as many at a time as the queue
 * takes. Returns how many it asked; 0 if the controller does not answer.
 */
static unsigned ask(struct controller *controller, unsigned first,
                    struct scsi_request *requests,
                    uint8_t inquiries[][SCSI_INQUIRY_BYTES])
{
    static struct exchange exchanges[VSCSI_TARGETS]
        __attribute__((aligned(16)));
    unsigned end = first;

    while (end < VSCSI_TARGETS) {
        scsi_make_inquiry(&requests[end], inquiries[end]);
        if (!add(controller, end, &requests[end], &exchanges[end])) {
            break;
        }
        end++;
    }
    virtio_ring(&controller->queue);
    if (end == first || !virtio_wait(&controller->queue)) {
        return 0;
    }
    for (unsigned t = first; t < end; t++) {
        take(&requests[t], &exchanges[t]);
    }
    return end - first;
}

/* Adds the units of one controller to `disks`. */
static void find_units(unsigned number, struct disk *disks, unsigned *n,
                       unsigned room)
{
    static struct scsi_unit units[VSCSI_CONTROLLERS][VSCSI_TARGETS];
    static struct scsi_request requests[VSCSI_TARGETS];
    static uint8_t inquiries[VSCSI_TARGETS][SCSI_INQUIRY_BYTES]
        __attribute__((aligned(4)));
    struct controller *controller = &controllers[number];
    unsigned asked = 0;

    while (asked < VSCSI_TARGETS) {
        unsigned more = ask(controller, asked, requests, inquiries);

        if (more == 0) {
            report_panic("vscsi-scan");
        }
        asked += more;
    }
    for (unsigned t = 0; t < VSCSI_TARGETS; t++) {
        struct scsi_unit *unit = &units[number][t];
        struct disk *disk;

        if (!requests[t].ok || !scsi_is_driven(inquiries[t])) {
            continue;
        }
        unit->execute = execute;
        unit->controller = controller;
        unit->target = t;
        disk = disk_add(disks, n, room);
        disk_set_name_of_two(disk, "vscsi", number, t);
        disk->bus = unit;
        scsi_identify(disk, &requests[t]);
    }
}

unsigned vscsi_find(struct disk *disks, unsigned room)
{
    unsigned n = 0;

    for (unsigned c = 0; c < VSCSI_CONTROLLERS; c++) {
        struct controller *controller = &controllers[c];

        controller->pci = virtio_find(VIRTIO_SCSI, c);
        if (controller->pci == PCI_NONE) {
            break;
        }
        if (!start_controller(controller)) {
            report_panic("vscsi-start");
        }
        find_units(c, disks, &n, room);
    }
    return n;
}
